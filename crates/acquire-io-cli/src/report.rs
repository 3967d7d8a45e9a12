//! What became of a message, for people and for programs.

use std::error::Error as _;
use std::fmt;

use acquire_io::{Delivery, Error, MessageId, Sent, error_code};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::exit::Exit;

/// The verdict on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Accepted,
    Refused,
    NotSent,
    Unknown,
}

impl From<Delivery> for Verdict {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::NotSent => Self::NotSent,
            Delivery::Refused => Self::Refused,
            Delivery::Unknown => Self::Unknown,
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accepted => Self::Success,
            Verdict::Refused => Self::Refused,
            Verdict::NotSent => Self::NotSent,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::NotSent => "not sent",
            Self::Unknown => "unknown",
        })
    }
}

/// What became of a message. Its JSON is the stable output of `--output json` and of a batch.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) channel: &'static str,
    pub(crate) delivery: Verdict,
    /// Of the answer, if there was one.
    pub(crate) status: Option<u16>,
    pub(crate) attempts: u32,
    /// Of the message in its case.
    pub(crate) id: Option<i64>,
    /// Whether the answer to an accepted message is what the document says.
    pub(crate) decoded: bool,
    pub(crate) error: Option<ErrorReport>,
    /// The answer's body: as JSON where it is JSON, else as a text.
    response: Option<Box<RawValue>>,
    /// A line for people, without content of the message.
    #[serde(skip)]
    line: String,
}

/// Why a message was not accepted.
#[derive(Serialize)]
pub(crate) struct ErrorReport {
    /// The server's error code.
    pub(crate) code: Option<String>,
    /// The server's message, or what else went wrong.
    message: String,
}

impl Report {
    pub(crate) fn new<T>(
        channel: &'static str,
        result: Result<Sent<T>, Error>,
        message_id: impl FnOnce(&Sent<T>) -> Option<MessageId>,
    ) -> Self {
        match result {
            Ok(sent) => Self::accepted(channel, &sent, message_id(&sent)),
            Err(error) => Self::failed(channel, &error),
        }
    }

    fn accepted<T>(channel: &'static str, sent: &Sent<T>, id: Option<MessageId>) -> Self {
        let status = sent.status().as_u16();
        let line = match (sent.typed(), id) {
            (Ok(_), Some(id)) => format!("accepted: message {} ({status})", id.0),
            (Ok(_), None) => format!("accepted ({status}); the answer tells no message ID"),
            (Err(error), _) => format!("accepted ({status}); {error}"),
        };
        Self {
            channel,
            delivery: Verdict::Accepted,
            status: Some(status),
            attempts: sent.attempts(),
            id: id.map(|id| id.0),
            decoded: sent.typed().is_ok(),
            error: None,
            response: response(sent.body()),
            line,
        }
    }

    fn failed(channel: &'static str, error: &Error) -> Self {
        let mut line = error.to_string();
        if error.is_connect()
            && let Some(cause) = last_cause(error)
        {
            line.push_str("\n  ");
            line.push_str(&cause);
        }
        if let Some(advice) = advice(error) {
            line.push_str("\n  ");
            line.push_str(advice);
        }
        Self {
            channel,
            delivery: error.delivery().into(),
            status: error.status().map(|status| status.as_u16()),
            attempts: error.attempts(),
            id: None,
            decoded: false,
            error: Some(ErrorReport {
                code: error.code().map(str::to_owned),
                message: error
                    .server_message()
                    .map_or_else(|| error.to_string(), str::to_owned),
            }),
            response: error.body().and_then(|body| response(body)),
            line,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// Why there is no connection, for example `Connection refused`.
fn last_cause(error: &Error) -> Option<String> {
    let mut cause = error.source()?;
    while let Some(next) = cause.source() {
        cause = next;
    }
    Some(cause.to_string())
}

/// What to do about an error, where its text doesn't tell.
fn advice(error: &Error) -> Option<&'static str> {
    if error
        .status()
        .is_some_and(|status| status == http::StatusCode::UNAUTHORIZED)
    {
        return Some("`acquire config check` tells which API key was used, and from where");
    }
    match (error.code(), error.delivery()) {
        (Some(error_code::RECORD_NOT_FOUND), _) => Some("are the IDs those of this account?"),
        (_, Delivery::Unknown) => Some("look into the case before you send it again"),
        _ => None,
    }
}

/// A line break in JSON stands between its values, never within one: without them an object is one line.
fn response(body: &[u8]) -> Option<Box<RawValue>> {
    if body.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let line = text.replace(['\n', '\r'], " ");
    RawValue::from_string(line)
        .or_else(|_| serde_json::value::to_raw_value(&text))
        .ok()
}
