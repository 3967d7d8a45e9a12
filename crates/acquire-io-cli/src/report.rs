//! The outcome of a message, for people and for programs.

use acquire_io::{Channel, Delivery, Error, NextStep, Sent, error_code};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::response::{self, embedded};

/// The outcome of a message. Its JSON is the stable output of `--output json`.
#[derive(Serialize)]
pub(crate) struct Report {
    channel: Channel,
    /// Where it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    pub(crate) delivery: Delivery,
    /// What to do about a message that was not accepted.
    next_step: Option<&'static str>,
    /// How long to wait before it is sent again, in seconds.
    retry_after: Option<u64>,
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
    pub(crate) attempts: u32,
    /// The ID of the message in its case.
    pub(crate) id: Option<i64>,
    /// Whether the answer to an accepted message is what the document says.
    decoded: bool,
    pub(crate) error: Option<ErrorReport>,
    /// The body of the answer: JSON if every parser can read it, else a text.
    response: Option<Box<RawValue>>,
    /// The ID of an accepted message, or why it was not accepted: foreign text, but no content of the message.
    #[serde(skip)]
    pub(crate) reason: String,
    /// What to do about a message that was not accepted, in words.
    #[serde(skip)]
    advice: String,
}

/// Why a message was not accepted.
#[derive(Serialize)]
pub(crate) struct ErrorReport {
    /// The server's error code.
    pub(crate) code: Option<String>,
    /// The server's message, or what else went wrong.
    message: String,
    /// What the HTTP stack and the system say, the deepest last. Empty where there was an answer.
    cause: Vec<String>,
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
    /// Adds the host, and after a 401 where the key came from.
    pub(crate) fn through(mut self, host: &str, key_source: Option<&str>) -> Self {
        self.host = Some(host.to_owned());
        if let (Some(401), Some(source)) = (self.status, key_source) {
            self.advice = format!("the API key came from {source}; {}", NextStep::FixSetup);
        }
        self
    }

    /// The lines below the outcome of a message that was not accepted: the cause, and what to do.
    pub(crate) fn explanation(&self) -> Vec<String> {
        let cause = self.error.iter().map(|error| error.cause.join(": "));
        let lines = cause.chain([self.advice.clone()]);
        lines.filter(|line| !line.is_empty()).collect()
    }

    fn accepted(sent: &Sent) -> Self {
        let (id, status) = (sent.message_id(), sent.status().as_u16());
        let decoded = match sent.channel() {
            Channel::Chat => sent.chat().map(drop),
            Channel::Mail => sent.mail().map(drop),
            Channel::Sms => sent.sms().map(drop),
        };
        let mut reason = match id {
            Some(id) => format!("message {}", id.0),
            None => "the answer has no message ID".to_owned(),
        };
        if let Err(error) = &decoded {
            reason.push_str(&format!("; {error}"));
        }
        Self {
            channel: sent.channel(),
            host: None,
            delivery: Delivery::Accepted,
            next_step: None,
            retry_after: None,
            status: Some(status),
            attempts: sent.attempts(),
            id: id.map(|id| id.0),
            decoded: decoded.is_ok(),
            error: None,
            response: embedded(sent.body()),
            reason,
            advice: String::new(),
        }
    }

    fn failed(error: &Error) -> Self {
        let reason = error.reason();
        let next_step = error.next_step();
        Self {
            channel: error.channel(),
            host: None,
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
                    .map_or_else(|| reason.clone(), response::text),
                cause: error.causes(),
            }),
            response: error.body().and_then(|body| embedded(body)),
            reason,
            advice: advice(error),
        }
    }
}

/// The next step, and how to take it.
fn advice(error: &Error) -> String {
    let next_step = error.next_step();
    let how = match next_step {
        NextStep::FixSetup => {
            "; `acquire config check` prints where the API key and the other settings come from"
        }
        NextStep::FixMessage if error.code() == Some(error_code::RECORD_NOT_FOUND) => {
            "; do the IDs belong to this account?"
        }
        NextStep::FixMessage | NextStep::SendAgain { .. } | NextStep::LookFirst => "",
    };
    format!("{next_step}{how}")
}
