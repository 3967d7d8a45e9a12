//! Messages made of command line options: what the three channels share.

pub(crate) mod chat;
pub(crate) mod mail;
pub(crate) mod sms;

use std::path::Path;

use acquire_io::Message;
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::exit::Failure;
use crate::input::read_text;

/// The options of a channel. They serialise as the message's JSON.
pub(crate) trait Options: Args + Serialize {
    /// Checks the options that hold JSON, and sets the fields that have no option of their name.
    fn complete(&mut self) -> Result<(), Failure>;

    fn into_message(mut self) -> Result<Message, Failure> {
        self.complete()?;
        let json = serde_json::to_string(&self)?;
        Message::from_json(&json).map_err(|invalid| Failure::usage(inert(&invalid.to_string())))
    }
}

/// JSON as it was typed. It is parsed after the options, since clap's errors print the value.
#[derive(Clone)]
pub(crate) struct Json(String);

impl Json {
    fn parse(&self) -> serde_json::Result<&RawValue> {
        serde_json::from_str(&self.0)
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.parse()
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

fn check_json<'a>(option: &str, values: impl IntoIterator<Item = &'a Json>) -> Result<(), Failure> {
    for value in values {
        value.parse().map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Failure::usage(format_args!(
                "{option} is not JSON, line {line} column {column}"
            ))
        })?;
    }
    Ok(())
}

/// Sets a field to the text of the file that an option names. Errors don't print the path: it may be a text that was meant
/// for the option without `-file`.
fn fill(field: &mut Option<String>, option: &str, file: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = file {
        let text = read_text(path).map_err(|error| {
            Failure::usage(format_args!("{option}: the file can't be read: {error}"))
        })?;
        *field = Some(text);
    }
    Ok(())
}
