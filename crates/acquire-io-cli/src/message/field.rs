//! What fields hold besides plain texts and numbers.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, Unexpected};
use serde_json::{Map, Value};

use crate::exit::Failure;
use crate::input::read_text;

/// A field of a message is wrong.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) field: String,
    problem: String,
}

impl Problem {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.problem)
    }
}

/// A JSON object as the value of an option.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl std::str::FromStr for Object {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        serde_json::from_str(text)
            .map(Self)
            .map_err(|error| format!("is not a JSON object like {{\"key\": 1}}: {error}"))
    }
}

/// A JSON value as the value of an option.
pub(crate) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))
}

/// One text, or a list of texts.
pub(crate) fn one_or_more<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    const EXPECTED: &str = "a text, or a list of texts";
    match Value::deserialize(value)? {
        Value::String(text) => Ok(vec![text]),
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                _ => Err(D::Error::invalid_type(
                    Unexpected::Other("another value in the list"),
                    &EXPECTED,
                )),
            })
            .collect(),
        _ => Err(D::Error::invalid_type(
            Unexpected::Other("another value"),
            &EXPECTED,
        )),
    }
}

/// Puts the text of a file in its field, if there is a file.
pub(crate) fn fill(field: &mut Option<String>, file: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = file {
        let text = read_text(path)
            .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))?;
        *field = Some(text);
    }
    Ok(())
}
