//! What is wrong with a row, and what is wrong with all of them: each problem once, with the rows that have it.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::io;

use acquire_io_sandbox::cli::inert::inert;
use serde::{Deserialize, Serialize};

/// How many rows are listed of each kind.
const LISTED: usize = 10;
/// How many kinds are listed.
const KINDS: usize = 50;
/// The longest value that is shown, in characters.
const LONGEST_VALUE: usize = 40;

/// What the number of a row counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    #[default]
    /// Lines of a text: the one on which the row starts.
    Line,
    /// Rows of a spreadsheet.
    Row,
    /// Items of a list.
    Item,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Line => "line",
            Self::Row => "row",
            Self::Item => "item",
        })
    }
}

/// A row that can't be read or sent.
#[derive(Debug)]
pub(crate) struct RowError {
    pub(crate) line: u64,
    pub(crate) key: Option<String>,
    pub(crate) problem: Problem,
}

#[derive(Debug)]
pub(crate) enum Problem {
    /// The row as a whole is wrong.
    Row(String),
    /// Some of its fields are wrong.
    Fields(Vec<FieldProblem>),
    /// It can't be read.
    Io(io::Error),
}

/// What is wrong with a field.
#[derive(Debug)]
pub(crate) struct FieldProblem {
    /// A sentence without the value.
    pub(crate) problem: String,
    /// The column, in a table.
    pub(crate) place: Option<String>,
    /// The value as it was written, unless it is one of the message's texts.
    pub(crate) value: Option<String>,
}

impl FieldProblem {
    pub(crate) fn new(
        problem: impl Into<String>,
        place: Option<&str>,
        value: Option<&str>,
    ) -> Self {
        Self {
            problem: problem.into(),
            place: place.map(str::to_owned),
            value: value.map(str::to_owned),
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: ", self.line)?;
        match &self.problem {
            Problem::Row(problem) => f.write_str(problem),
            Problem::Fields(problems) => {
                let problems = problems.iter().map(|problem| problem.problem.as_str());
                f.write_str(&problems.collect::<Vec<_>>().join("; "))
            }
            Problem::Io(error) => error.fmt(f),
        }
    }
}

impl RowError {
    pub(crate) fn new(line: u64, problem: impl Into<String>) -> Self {
        Self {
            line,
            key: None,
            problem: Problem::Row(problem.into()),
        }
    }

    pub(crate) fn io(line: u64, error: io::Error) -> Self {
        Self {
            line,
            key: None,
            problem: Problem::Io(error),
        }
    }
}

/// All problems by kind, in the order in which they come.
pub(crate) struct Problems {
    /// The file, and its sheet.
    source: String,
    unit: Unit,
    kinds: Vec<Kind>,
    /// The place in `kinds` of a sentence and a column.
    indices: HashMap<(String, Option<String>), usize>,
    rows: u64,
    /// Values are shown on a terminal, and not written to a log.
    shows_values: bool,
}

struct Kind {
    sentence: String,
    /// The column.
    place: Option<String>,
    rows: Vec<String>,
    count: u64,
}

impl Problems {
    pub(crate) fn new(source: String, unit: Unit, shows_values: bool) -> Self {
        Self {
            source,
            unit,
            kinds: Vec::new(),
            indices: HashMap::new(),
            rows: 0,
            shows_values,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The number of rows that are wrong.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn add(&mut self, error: &RowError) {
        self.rows += 1;
        match &error.problem {
            Problem::Row(problem) => self.add_one(problem, None, error, None),
            Problem::Io(problem) => self.add_one(&problem.to_string(), None, error, None),
            Problem::Fields(problems) => {
                for problem in problems {
                    let FieldProblem {
                        problem,
                        place,
                        value,
                    } = problem;
                    self.add_one(problem, place.as_deref(), error, value.as_deref());
                }
            }
        }
    }

    fn add_one(
        &mut self,
        sentence: &str,
        place: Option<&str>,
        error: &RowError,
        value: Option<&str>,
    ) {
        let kind = (sentence.to_owned(), place.map(str::to_owned));
        let index = match self.indices.get(&kind) {
            Some(index) => *index,
            None => {
                let index = self.kinds.len();
                let (sentence, place) = kind.clone();
                self.kinds.push(Kind {
                    sentence,
                    place,
                    rows: Vec::new(),
                    count: 0,
                });
                self.indices.insert(kind, index);
                index
            }
        };
        let shows_values = self.shows_values;
        let Some(kind) = self.kinds.get_mut(index) else {
            return;
        };
        kind.count += 1;
        if kind.rows.len() < LISTED {
            let mut row = error.line.to_string();
            let value = value.filter(|_| shows_values).map(shortened);
            let more: Vec<_> = error.key.clone().into_iter().chain(value).collect();
            if !more.is_empty() {
                // Writing to a string can't fail.
                let _ = write!(row, " ({})", inert(&more.join(", ")));
            }
            kind.rows.push(row);
        }
    }

    /// A line for each kind.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.kinds.iter().take(KINDS);
        let lines = lines.map(|kind| format!("{}, {}", self.source, kind.line(self.unit)));
        let mut lines: Vec<_> = lines.collect();
        if let Some(more @ 1..) = self.kinds.len().checked_sub(KINDS) {
            lines.push(format!("and {more} more kinds of problems"));
        }
        lines
    }
}

impl Kind {
    fn line(&self, unit: Unit) -> String {
        let plural = if self.count == 1 { "" } else { "s" };
        let mut line = format!("{unit}{plural} {}", self.rows.join(", "));
        if let Some(more @ 1..) = self.count.checked_sub(self.rows.len() as u64) {
            let _ = write!(line, " and {more} more");
        }
        if let Some(place) = &self.place {
            let _ = write!(line, ", {}", inert(place));
        }
        let _ = write!(line, ": {}", inert(&self.sentence));
        line
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: u64, place: Option<&str>, key: Option<&str>, value: &str) -> RowError {
        RowError {
            line,
            key: key.map(str::to_owned),
            problem: Problem::Fields(vec![FieldProblem::new(
                "`case` is wrong",
                place,
                Some(value),
            )]),
        }
    }

    #[test]
    fn one_kind_is_one_line_with_ten_rows_at_most() {
        let mut problems = Problems::new("june.csv".to_owned(), Unit::Line, true);
        for line in 1..=12 {
            problems.add(&error(line, None, None, "x"));
        }
        problems.add(&RowError::new(13, "is not CSV"));
        assert_eq!(problems.rows(), 13);
        assert_eq!(
            problems.lines(),
            [
                "june.csv, lines 1 (x), 2 (x), 3 (x), 4 (x), 5 (x), 6 (x), 7 (x), 8 (x), 9 (x), 10 (x) and 2 more: \
                 `case` is wrong",
                "june.csv, line 13: is not CSV",
            ]
        );
    }

    #[test]
    fn a_problem_of_two_columns_is_of_two_kinds() {
        let mut problems = Problems::new("june.xlsx, sheet June".to_owned(), Unit::Row, true);
        for (row, place) in [(2, "column A"), (3, "column B"), (4, "column A")] {
            problems.add(&error(row, Some(place), None, "x"));
        }
        assert_eq!(
            problems.lines(),
            [
                "june.xlsx, sheet June, rows 2 (x), 4 (x), column A: `case` is wrong",
                "june.xlsx, sheet June, row 3 (x), column B: `case` is wrong",
            ]
        );
    }

    #[test]
    fn values_are_short_and_for_terminals_alone() {
        let shown = |shows_values, value: &str| {
            let mut problems = Problems::new("june.csv".to_owned(), Unit::Line, shows_values);
            problems.add(&error(1, None, Some("k"), value));
            problems.lines().concat()
        };
        let expected = format!("june.csv, line 1 (k, {}…): `case` is wrong", "ä".repeat(40));
        assert_eq!(shown(true, &"ä".repeat(50)), expected);
        assert_eq!(
            shown(false, "secret"),
            "june.csv, line 1 (k): `case` is wrong"
        );
    }
}
