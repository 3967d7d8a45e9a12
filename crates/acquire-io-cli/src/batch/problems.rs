//! What is wrong with rows, grouped: a sentence, then the rows that it is about.

use std::collections::HashMap;
use std::fmt::Write as _;

use acquire_io_sandbox::cli::inert::inert;

use super::row::{Problem, RowError};

/// How many rows are listed of each kind.
const LISTED: usize = 10;
/// How many kinds are listed.
const KINDS: usize = 50;
/// The longest value that is shown, in characters.
const LONGEST_VALUE: usize = 40;

/// All that is wrong, by kinds, in the order in which they come.
#[derive(Default)]
pub(crate) struct Problems {
    kinds: Vec<Kind>,
    places: HashMap<String, usize>,
    rows: u64,
    /// Values are for the person at the terminal, and for no log.
    shows_values: bool,
}

struct Kind {
    sentence: String,
    rows: Vec<String>,
    count: u64,
}

impl Problems {
    pub(crate) fn new(shows_values: bool) -> Self {
        Self {
            shows_values,
            ..Self::default()
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many rows are wrong.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn add(&mut self, error: &RowError) {
        self.rows += 1;
        match &error.problem {
            Problem::Row(problem) => self.add_one(problem, error, None),
            Problem::Io(problem) => self.add_one(&problem.to_string(), error, None),
            Problem::Fields(problems) => {
                for problem in problems {
                    self.add_one(&problem.problem, error, problem.value.as_deref());
                }
            }
        }
    }

    fn add_one(&mut self, sentence: &str, error: &RowError, value: Option<&str>) {
        let place = match self.places.get(sentence) {
            Some(place) => *place,
            None => {
                self.places.insert(sentence.to_owned(), self.kinds.len());
                self.kinds.push(Kind {
                    sentence: sentence.to_owned(),
                    rows: Vec::new(),
                    count: 0,
                });
                self.kinds.len() - 1
            }
        };
        let shows_values = self.shows_values;
        let Some(kind) = self.kinds.get_mut(place) else {
            return;
        };
        kind.count += 1;
        if kind.rows.len() < LISTED {
            let mut row = error.line.to_string();
            let value = value.filter(|_| shows_values).map(shortened);
            let more: Vec<_> = error.key.clone().into_iter().chain(value).collect();
            if !more.is_empty() {
                // Writing to a text can't fail.
                let _ = write!(row, " ({})", inert(&more.join(", ")));
            }
            kind.rows.push(row);
        }
    }

    /// A line for each kind.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.kinds.iter().take(KINDS).map(Kind::line);
        let mut lines: Vec<_> = lines.collect();
        if let Some(more @ 1..) = self.kinds.len().checked_sub(KINDS) {
            lines.push(format!("and {more} more kinds of problems"));
        }
        lines
    }
}

impl Kind {
    fn line(&self) -> String {
        let lines = if self.count == 1 { "line" } else { "lines" };
        let mut line = format!("{lines} {}", self.rows.join(", "));
        if let Some(more @ 1..) = self.count.checked_sub(self.rows.len() as u64) {
            let _ = write!(line, " and {more} more");
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
    use crate::batch::row::FieldProblem;

    fn error(line: u64, key: Option<&str>, value: &str) -> RowError {
        RowError {
            line,
            key: key.map(str::to_owned),
            problem: Problem::Fields(vec![FieldProblem {
                problem: "`case` is wrong".to_owned(),
                value: Some(value.to_owned()),
            }]),
        }
    }

    #[test]
    fn one_kind_is_one_line_with_ten_rows_at_most() {
        let mut problems = Problems::new(true);
        for line in 1..=12 {
            problems.add(&error(line, None, "x"));
        }
        problems.add(&RowError::new(13, "is not CSV"));
        assert_eq!(problems.rows(), 13);
        assert_eq!(
            problems.lines(),
            [
                "lines 1 (x), 2 (x), 3 (x), 4 (x), 5 (x), 6 (x), 7 (x), 8 (x), 9 (x), 10 (x) and 2 more: `case` is wrong",
                "line 13: is not CSV",
            ]
        );
    }

    #[test]
    fn values_are_short_and_for_terminals_alone() {
        let mut problems = Problems::new(true);
        problems.add(&error(1, Some("k"), &"ä".repeat(50)));
        let shown = format!("line 1 (k, {}…): `case` is wrong", "ä".repeat(40));
        assert_eq!(problems.lines(), [shown]);
        let mut problems = Problems::new(false);
        problems.add(&error(1, Some("k"), "secret"));
        assert_eq!(problems.lines(), ["line 1 (k): `case` is wrong"]);
    }
}
