//! One row of a batch.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::mem;
use std::sync::Arc;

use acquire_io::InvalidMessage;
use acquire_io_outbox::Entry;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

/// The longest `key` of a row, in bytes: an outbox's key has 200, and ours has a few more characters.
const LONGEST_KEY: usize = 180;

/// One message of a batch, which the client would send.
pub(crate) struct Row {
    /// Its number, from 1, in the unit of the input.
    pub(crate) line: u64,
    pub(crate) key: Option<String>,
    /// Without the key.
    pub(crate) entry: Entry,
    /// As they were read: what makes it the same row as before.
    pub(crate) fields: Fields,
    pub(crate) remarks: Remarks,
}

/// What a person may want to know of a row, besides its message.
#[derive(Default)]
pub(crate) struct Remarks {
    /// Phone numbers that were rewritten: before and after.
    pub(crate) rewritten: Vec<(String, String)>,
    /// What is likely to be a mistake.
    pub(crate) warnings: Vec<FieldProblem>,
}

/// What a row is made of.
pub(crate) struct Parts {
    pub(crate) line: u64,
    /// As they were read.
    pub(crate) source: Fields,
    /// Those of the message.
    pub(crate) message: Fields,
    pub(crate) places: Arc<Places>,
    /// What was found before.
    pub(crate) problems: Vec<FieldProblem>,
    /// Fields about which all is said.
    pub(crate) settled: Vec<&'static str>,
    pub(crate) remarks: Remarks,
}

/// Where the fields of a row come from, for the person who corrects them: `column C (Phone)`. Without a table a field is
/// its own place.
#[derive(Debug, Default)]
pub(crate) struct Places(pub(crate) HashMap<String, String>);

/// What the number of a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Lines of a text. A row starts on it.
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
    /// For its author to fix: what is wrong with the row as a whole.
    Row(String),
    /// With its fields.
    Fields(Vec<FieldProblem>),
    /// Reading failed.
    Io(io::Error),
}

/// What is wrong with a field.
#[derive(Debug)]
pub(crate) struct FieldProblem {
    /// In a sentence without the value.
    pub(crate) problem: String,
    /// Of the field, in a table.
    pub(crate) place: Option<String>,
    /// The value as it was written, where it is none of a message's texts.
    pub(crate) value: Option<String>,
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

/// The fields of a row as JSON, in their order. A name may be there more than once.
#[derive(Clone)]
pub(crate) struct Fields(pub(crate) Vec<(String, Box<RawValue>)>);

impl Fields {
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        values.next().map(|(_, value)| value.get())
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A column that `acquire outbox export` adds. It is no field of a row.
pub(crate) const ERROR_COLUMN: &str = "error";

/// Makes a row of its parts, and checks it by the rules of the client.
pub(crate) fn row(parts: Parts) -> Result<Row, RowError> {
    let Parts {
        line,
        mut source,
        message,
        places,
        mut problems,
        settled,
        remarks,
    } = parts;
    let key = key(&message);
    let rest = message.0.iter();
    let rest = rest.filter(|(name, _)| name != "key" && name != ERROR_COLUMN);
    let rest = Fields(rest.cloned().collect());
    let json = serde_json::to_string(&rest);
    let json = json.map_err(|error| RowError::new(line, error.to_string()))?;
    let entry = Entry::from_json(&json).and_then(|entry| entry.check().map(|()| entry));
    match (key, entry) {
        (Ok(key), Ok(entry)) if problems.is_empty() => {
            source.0.retain(|(name, _)| name != ERROR_COLUMN);
            Ok(Row {
                line,
                key,
                entry,
                fields: source,
                remarks,
            })
        }
        (key, entry) => {
            problems.extend(key.as_ref().err().map(|problem| FieldProblem {
                problem: (*problem).to_owned(),
                place: places.0.get("key").cloned(),
                value: None,
            }));
            if let Err(invalid) = entry {
                problems.extend(field_problems(&message, &places, &invalid, &settled));
            }
            Err(RowError {
                line,
                key: key.unwrap_or_default(),
                problem: Problem::Fields(problems),
            })
        }
    }
}

fn key(fields: &Fields) -> Result<Option<String>, &'static str> {
    let mut keys = fields.0.iter().filter(|(name, _)| name == "key");
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some((_, key)), None) => match serde_json::from_str::<String>(key.get()) {
            Ok(key) if key.len() > LONGEST_KEY => Err("`key` is longer than 180 bytes"),
            Ok(key) if key.contains('\0') => Err("`key` contains a null character"),
            Ok(key) if !key.is_empty() => Ok(Some(key)),
            _ => Err("`key` is not a text, or is empty"),
        },
        _ => Err("`key` is given twice"),
    }
}

impl Row {
    /// What is likely to be a mistake, in the form of an error.
    pub(crate) fn take_warnings(&mut self) -> Option<RowError> {
        let warnings = mem::take(&mut self.remarks.warnings);
        (!warnings.is_empty()).then(|| RowError {
            line: self.line,
            key: self.key.clone(),
            problem: Problem::Fields(warnings),
        })
    }
}

/// Fields that hold no text of a message.
const SHOWN: [&str; 12] = [
    "channel",
    "case",
    "contact",
    "timeline",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "closed",
    "not_before",
    "not_after",
];

fn field_problems(
    fields: &Fields,
    places: &Places,
    invalid: &InvalidMessage,
    settled: &[&str],
) -> Vec<FieldProblem> {
    let problems = invalid.problems().iter();
    let problems = problems.filter(|problem| !settled.contains(&problem.field()));
    let problems = problems.map(|problem| {
        let value = fields.value(problem.field());
        let value = value.filter(|_| SHOWN.contains(&problem.field()));
        FieldProblem {
            problem: problem.to_string(),
            place: places.0.get(problem.field()).cloned(),
            value: value.map(str::to_owned),
        }
    });
    problems.collect()
}
