//! The rows of a batch.

mod csv;
mod ndjson;

use std::fmt;
use std::io::{self, BufRead};

use clap::ValueEnum;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::input::Input;
use crate::message::Message;

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
    /// Its author's to mend.
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
    fn new(line: u64, problem: impl Into<String>) -> Self {
        Self {
            line,
            problem: Problem::Content(one_line(&problem.into())),
        }
    }

    fn io(line: u64, error: io::Error) -> Self {
        Self {
            line,
            problem: Problem::Io(error),
        }
    }
}

/// For a terminal: the name of an unknown field may hold anything.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// How the rows are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

/// The rows of an input, one at a time.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

pub(crate) fn rows(input: &Input, format: Format) -> io::Result<Rows> {
    Ok(read_rows(input.reader()?, format))
}

pub(crate) fn read_rows(reader: impl BufRead + Send + 'static, format: Format) -> Rows {
    match format {
        Format::Ndjson => Box::new(ndjson::Rows::new(reader)),
        Format::Csv => Box::new(csv::Rows::new(reader)),
    }
}

/// Makes a row of its fields.
fn row(line: u64, mut fields: Map<String, Value>) -> Result<Row, RowError> {
    let key = match fields.remove("key") {
        None => None,
        Some(Value::String(key)) if !key.is_empty() => Some(key),
        Some(_) => return Err(RowError::new(line, "`key` is not a text, or is empty")),
    };
    let message = match fields.remove("channel") {
        Some(Value::String(channel)) => match channel.as_str() {
            "chat" => read(fields).map(Message::Chat),
            "mail" => read(fields).map(Message::Mail),
            "sms" => read(fields).map(Message::Sms),
            _ => Err("`channel` is neither chat, mail nor sms".to_owned()),
        },
        Some(_) => Err("`channel` is no text".to_owned()),
        None => Err("`channel` is missing: it is chat, mail or sms".to_owned()),
    };
    match message {
        Ok(message) => Ok(Row { line, key, message }),
        Err(problem) => Err(RowError::new(line, problem)),
    }
}

fn read<M: DeserializeOwned>(fields: Map<String, Value>) -> Result<M, String> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let problem = in_words(&error.inner().to_string());
        match error.path().to_string().as_str() {
            "." => problem,
            path => format!("`{path}`: {problem}"),
        }
    })
}

/// serde's problem in words for people. It quotes a value of the wrong type, which may be the message.
fn in_words(problem: &str) -> String {
    let kinds = [
        ("string \"", "a text"),
        ("integer `", "a number"),
        ("floating point `", "a number"),
        ("boolean `", "true or false"),
    ];
    let quoted = kinds.iter().find_map(|(kind, name)| {
        let (what, _) = problem.split_once(": ")?;
        let value = problem[what.len()..].strip_prefix(": ")?;
        let (_, expected) = value
            .starts_with(kind)
            .then(|| value.rsplit_once(", expected "))??;
        Some(format!("{what}: {name}, expected {expected}"))
    });
    let problem = quoted.unwrap_or_else(|| problem.to_owned());
    problem.replace("expected i64", "expected a whole number")
}
