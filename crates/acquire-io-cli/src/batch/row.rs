//! One row of a batch.

use std::fmt;
use std::io;

use acquire_io::Message;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

/// One message of a batch.
pub(crate) struct Row {
    /// Where it starts in the input, from 1. Its name in results and in the journal.
    pub(crate) line: u64,
    pub(crate) key: Option<String>,
    pub(crate) message: Message,
}

/// A row that can't be read.
#[derive(Debug)]
pub(crate) struct RowError {
    pub(crate) line: u64,
    pub(crate) problem: Problem,
}

#[derive(Debug)]
pub(crate) enum Problem {
    /// For its author to fix.
    Content(String),
    /// Reading failed.
    Io(io::Error),
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Content(problem) => write!(f, "line {}: {problem}", self.line),
            Problem::Io(error) => write!(f, "line {}: {error}", self.line),
        }
    }
}

impl RowError {
    pub(super) fn new(line: u64, problem: impl Into<String>) -> Self {
        Self {
            line,
            problem: Problem::Content(problem.into()),
        }
    }

    pub(super) fn io(line: u64, error: io::Error) -> Self {
        Self {
            line,
            problem: Problem::Io(error),
        }
    }
}

/// The fields of a row as JSON, in their order. A name may be there more than once.
pub(super) struct Fields(pub(super) Vec<(String, Box<RawValue>)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Makes a row of its fields: its key, and a message of all others.
pub(super) fn row(line: u64, Fields(fields): Fields) -> Result<Row, RowError> {
    let (keys, fields): (Vec<_>, _) = fields.into_iter().partition(|(name, _)| name == "key");
    let key = match keys.as_slice() {
        [] => Ok(None),
        [(_, key)] => match serde_json::from_str::<String>(key.get()) {
            Ok(key) if !key.is_empty() => Ok(Some(key)),
            _ => Err("`key` is not a text, or is empty"),
        },
        _ => Err("`key` is given twice"),
    };
    let json = serde_json::to_string(&Fields(fields));
    let json = json.map_err(|error| RowError::new(line, error.to_string()))?;
    match (key, Message::from_json(&json)) {
        (Ok(key), Ok(message)) => Ok(Row { line, key, message }),
        (Ok(_), Err(invalid)) => Err(RowError::new(line, invalid.to_string())),
        (Err(problem), Ok(_)) => Err(RowError::new(line, problem)),
        (Err(problem), Err(invalid)) => Err(RowError::new(line, format!("{problem}; {invalid}"))),
    }
}
