//! What a fault does.

use std::collections::BTreeMap;

use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::Strange;
use crate::net::Ending;

/// How far an exchange gets before a fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stage {
    /// The head of the request was read, nothing of its body.
    Head,
    /// A part of the request's body was read.
    Body,
    /// The request was read whole and treated as usual, but nothing of the answer is written.
    Received,
    /// A part of the answer's head was written.
    AnswerHead,
    /// The answer's head and a part of its body were written.
    AnswerBody,
}

/// What a fault does. In JSON, `type` names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[non_exhaustive]
pub enum Action {
    /// Waits, then goes on as usual, or with the next rule that matches.
    Delay {
        /// How long, in milliseconds.
        ms: u64,
        /// [`Stage::Head`] waits before it reads the body, [`Stage::Received`], the default, after the
        /// message was accepted or refused.
        #[serde(default = "received")]
        stage: Stage,
    },
    /// Gives this answer.
    Answer {
        /// From 200 to 999.
        status: u16,
        /// Headers, for example `retry-after`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// By default JSON, or plain text where `body` is a text.
        #[serde(default)]
        content_type: Option<String>,
        /// A text as it is, anything else as JSON. By default the documented envelope if the status is an
        /// error, else nothing.
        #[serde(default)]
        body: Option<Value>,
        /// Whether the message is accepted all the same: what the answer says is not true. By default not.
        #[serde(default)]
        accept: bool,
    },
    /// Sends the client elsewhere.
    Redirect {
        /// 301, 302, 303, 307 or 308. By default 307.
        #[serde(default = "temporary")]
        status: u16,
        /// The header `location`.
        location: String,
    },
    /// Breaks the connection. Over HTTP/2 this ends the other requests on it too.
    Break {
        /// When.
        stage: Stage,
        /// How. By default in order.
        #[serde(default)]
        how: Ending,
        /// At [`Stage::Body`]: the bytes of the request's body to read first, by default 1.
        /// At [`Stage::AnswerHead`]: the bytes to write to the socket, by default 12.
        /// At [`Stage::AnswerBody`]: the bytes of the answer's body to write, by default half.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
    },
    /// Never goes on. The connection stays open, for an hour.
    Hang {
        /// When. Not [`Stage::AnswerHead`].
        stage: Stage,
    },
    /// Accepts the message, and makes the answer strange.
    Strange(Strange),
}

fn received() -> Stage {
    Stage::Received
}

fn temporary() -> u16 {
    307
}

impl Action {
    /// When it acts.
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::Delay { stage, .. } | Self::Break { stage, .. } | Self::Hang { stage } => *stage,
            Self::Answer { .. } | Self::Redirect { .. } | Self::Strange(_) => Stage::Received,
        }
    }

    /// Its `type`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Answer { .. } => "answer",
            Self::Redirect { .. } => "redirect",
            Self::Break { .. } => "break",
            Self::Hang { .. } => "hang",
            Self::Strange(_) => "strange",
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Delay { stage, .. } if !matches!(stage, Stage::Head | Stage::Received) => {
                Err("a delay has the stage head or received".to_owned())
            }
            Self::Hang {
                stage: Stage::AnswerHead,
            } => Err("a hang has the stage head, body, received or answer-body".to_owned()),
            Self::Answer {
                status,
                headers,
                content_type,
                ..
            } => {
                StatusCode::from_u16(*status)
                    .ok()
                    .filter(|status| !status.is_informational())
                    .ok_or_else(|| format!("status {status} is not from 200 to 999"))?;
                let content_type = content_type.iter().map(|it| ("content-type", it.as_str()));
                let headers = headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                headers
                    .chain(content_type)
                    .try_for_each(|(name, value)| header(name, value).map(drop))
            }
            Self::Redirect { status, location } => {
                if ![301, 302, 303, 307, 308].contains(status) {
                    return Err(format!("status {status} is not 301, 302, 303, 307 or 308"));
                }
                header("location", location).map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// A header of an answer, unless it is one that would break the framing.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = name
        .parse()
        .map_err(|_| format!("{name:?} is not the name of a header"))?;
    if [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE].contains(&parsed) {
        return Err(format!("the server itself sets the header {name}"));
    }
    let value = value
        .parse()
        .map_err(|_| format!("header {name}: {value:?} can't be sent"))?;
    Ok((parsed, value))
}
