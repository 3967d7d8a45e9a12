//! What a fault does.

use serde::{Deserialize, Serialize};

use super::answer::{Answer, header};
use crate::answer::Strange;
use crate::net::Ending;

/// How far an exchange proceeds before a fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stage {
    /// The head of the request was read, nothing of its body.
    Head,
    /// A part of the request's body was read.
    Body,
    /// The request was read completely and processed as usual, but nothing of the answer was written.
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
    /// Waits, then continues as usual, or with the next rule that matches.
    Delay {
        /// How long, in milliseconds.
        ms: u64,
        /// [`Stage::Head`] waits before it reads the body, [`Stage::Received`], the default, after the
        /// message was accepted or refused.
        #[serde(default = "received")]
        stage: Stage,
    },
    /// Gives this answer.
    Answer(Answer),
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
        /// How. By default it is closed.
        #[serde(default)]
        how: Ending,
        /// At [`Stage::Body`]: the bytes of the request's body to read first, by default 1.
        /// At [`Stage::AnswerHead`]: the bytes to write to the socket, by default 12.
        /// At [`Stage::AnswerBody`]: the bytes of the answer's body to write, by default half.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
    },
    /// Never continues. The connection stays open for an hour.
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
            Self::Answer(_) | Self::Redirect { .. } | Self::Strange(_) => Stage::Received,
        }
    }

    /// Its `type`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Answer(_) => "answer",
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
            Self::Answer(answer) => answer.check(),
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
