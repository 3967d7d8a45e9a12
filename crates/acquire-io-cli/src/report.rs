//! What became of a message, for people and for programs.

use std::fmt;

use acquire_io::{Channel, Delivery, Error, NextStep, Sent, error_code};
use acquire_io_sandbox::cli::inert::inert;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::response::{self, embedded};

/// What became of a message. Its JSON is the stable output of `--output json` and of a batch.
#[derive(Serialize)]
pub(crate) struct Report {
    channel: Channel,
    pub(crate) delivery: Delivery,
    /// What to do about a message that was not accepted.
    next_step: Option<&'static str>,
    /// Before it is sent again, in seconds.
    retry_after: Option<u64>,
    /// Of the answer, if there was one.
    pub(crate) status: Option<u16>,
    pub(crate) attempts: u32,
    /// Of the message in its case.
    pub(crate) id: Option<i64>,
    /// Whether the answer to an accepted message is what the document says.
    decoded: bool,
    pub(crate) error: Option<ErrorReport>,
    /// The answer's body: as JSON where every parser reads it, else as a text.
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

impl From<Result<Sent, Error>> for Report {
    fn from(result: Result<Sent, Error>) -> Self {
        match result {
            Ok(sent) => Self::accepted(&sent),
            Err(error) => Self::failed(&error),
        }
    }
}

impl Report {
    fn accepted(sent: &Sent) -> Self {
        let (id, status) = (sent.message_id(), sent.status().as_u16());
        let decoded = match sent.channel() {
            Channel::Chat => sent.chat().map(drop),
            Channel::Mail => sent.mail().map(drop),
            Channel::Sms => sent.sms().map(drop),
        };
        let mut line = match id {
            Some(id) => format!("accepted: message {} ({status})", id.0),
            None => format!("accepted ({status})"),
        };
        match &decoded {
            Err(error) => line.push_str(&inert(&format!("; {error}"))),
            Ok(()) if id.is_none() => line.push_str("; the answer has no message ID"),
            Ok(()) => {}
        }
        Self {
            channel: sent.channel(),
            delivery: Delivery::Accepted,
            next_step: None,
            retry_after: None,
            status: Some(status),
            attempts: sent.attempts(),
            id: id.map(|id| id.0),
            decoded: decoded.is_ok(),
            error: None,
            response: embedded(sent.body()),
            line,
        }
    }

    fn failed(error: &Error) -> Self {
        let mut line = inert(&error.to_string());
        let cause = error.last_cause().filter(|_| error.is_connect());
        let advice = advice(error).map(str::to_owned);
        for more in cause.into_iter().chain(advice) {
            line.push_str("\n  ");
            line.push_str(&inert(&more));
        }
        let next_step = error.next_step();
        Self {
            channel: error.channel(),
            delivery: error.delivery(),
            next_step: Some(next_step.as_str()),
            retry_after: match next_step {
                NextStep::SendAgain { after } if !after.is_zero() => {
                    Some(after.as_secs_f64().ceil() as u64)
                }
                _ => None,
            },
            status: error.status().map(|status| status.as_u16()),
            attempts: error.attempts(),
            id: None,
            decoded: false,
            error: Some(ErrorReport {
                code: error.code().map(response::text),
                message: error
                    .server_message()
                    .map_or_else(|| error.to_string(), response::text),
            }),
            response: error.body().and_then(|body| embedded(body)),
            line,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// How to take the next step, where the error's text doesn't say.
fn advice(error: &Error) -> Option<&'static str> {
    match error.next_step() {
        NextStep::FixSetup => {
            Some("`acquire config check` prints where the API key and the other settings come from")
        }
        NextStep::FixMessage if error.code() == Some(error_code::RECORD_NOT_FOUND) => {
            Some("do the IDs belong to this account?")
        }
        NextStep::FixMessage | NextStep::SendAgain { .. } | NextStep::LookFirst => None,
    }
}
