//! One row of a batch.

use std::fmt;
use std::io;

use acquire_io_outbox::{Entry, InvalidEntry};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

/// The longest `key` of a row, in bytes: an outbox's key has 200, and ours has a few more characters.
const LONGEST_KEY: usize = 180;

/// One message of a batch.
pub(crate) struct Row {
    /// Where it starts in the input, from 1.
    pub(crate) line: u64,
    pub(crate) key: Option<String>,
    /// Without the key.
    pub(crate) entry: Entry,
    /// As they were read.
    pub(crate) fields: Fields,
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
    /// The value as it was written, where it is none of a message's texts.
    pub(crate) value: Option<String>,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
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
    pub(super) fn new(line: u64, problem: impl Into<String>) -> Self {
        Self {
            line,
            key: None,
            problem: Problem::Row(problem.into()),
        }
    }

    pub(super) fn io(line: u64, error: io::Error) -> Self {
        Self {
            line,
            key: None,
            problem: Problem::Io(error),
        }
    }
}

/// The fields of a row as JSON, in their order. A name may be there more than once.
pub(crate) struct Fields(pub(crate) Vec<(String, Box<RawValue>)>);

impl Fields {
    fn value(&self, name: &str) -> Option<&str> {
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

/// Makes a row of its fields: its key, and an entry of all others.
pub(super) fn row(line: u64, Fields(mut fields): Fields) -> Result<Row, RowError> {
    fields.retain(|(name, _)| name != ERROR_COLUMN);
    let fields = Fields(fields);
    let key = key(&fields);
    let rest = fields.0.iter().filter(|(name, _)| name != "key");
    let rest = Fields(rest.cloned().collect());
    let json = serde_json::to_string(&rest);
    let json = json.map_err(|error| RowError::new(line, error.to_string()))?;
    match (key, Entry::from_json(&json)) {
        (Ok(key), Ok(entry)) => Ok(Row {
            line,
            key,
            entry,
            fields,
        }),
        (key, entry) => {
            let problem = key.as_ref().err().copied();
            let mut problems: Vec<_> = problem
                .into_iter()
                .map(|problem| FieldProblem {
                    problem: problem.to_owned(),
                    value: None,
                })
                .collect();
            if let Err(invalid) = entry {
                problems.extend(field_problems(&fields, &invalid));
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
    /// What is wrong with the row by the rules of the client.
    pub(super) fn check(&self) -> Result<(), RowError> {
        let problem = match self.entry.check() {
            Ok(()) => return Ok(()),
            Err(invalid) => Problem::Fields(field_problems(&self.fields, &invalid)),
        };
        Err(RowError {
            line: self.line,
            key: self.key.clone(),
            problem,
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

fn field_problems(fields: &Fields, invalid: &InvalidEntry) -> Vec<FieldProblem> {
    let problems = invalid.problems().iter();
    let problems = problems.map(|problem| {
        let value = fields.value(problem.field());
        let value = value.filter(|_| SHOWN.contains(&problem.field()));
        FieldProblem {
            problem: problem.to_string(),
            value: value.map(str::to_owned),
        }
    });
    problems.collect()
}
