//! The outcome of each message: one line for people, or one JSON object.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use acquire_io::{CaseId, Channel, Delivery, MessageId};
use acquire_io_outbox::{Row, State};
use acquire_io_sandbox::cli::inert::{self, inert};
use clap::ValueEnum;
use serde::Serialize;

use super::Info;
use crate::batch::problems::Unit;
use crate::line::Line;
use crate::output::Output;

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One line for people: the default on a terminal
    Text,
    /// One JSON object per line: the default elsewhere
    Json,
}

impl Form {
    pub(crate) fn or_default(given: Option<Self>) -> Self {
        given.unwrap_or(match io::stdout().is_terminal() {
            true => Self::Text,
            false => Self::Json,
        })
    }
}

/// The outcome of a message. Its JSON is stable.
#[derive(Serialize)]
pub(crate) struct Outcome<'a> {
    /// Or row, or item: what the numbers of the file count.
    pub(crate) line: Option<u64>,
    #[serde(skip)]
    unit: Unit,
    pub(crate) key: Option<&'a str>,
    pub(crate) channel: Option<Channel>,
    pub(crate) case: Option<i64>,
    /// None for a chat message without a contact.
    pub(crate) recipient: Option<&'a str>,
    pub(crate) delivery: State,
    /// What to do about a message that was not accepted.
    pub(crate) next_step: Option<&'static str>,
    pub(crate) status: Option<u16>,
    /// The number of requests that were tried.
    pub(crate) attempts: u32,
    /// The ID of the message in its case.
    pub(crate) id: Option<i64>,
    pub(crate) error: Option<Cause<'a>>,
}

/// Why a message was not accepted.
#[derive(Serialize)]
pub(crate) struct Cause<'a> {
    code: Option<&'a str>,
    message: Option<&'a str>,
}

impl<'a> Outcome<'a> {
    pub(crate) fn new(info: &'a Info, state: State, facts: Facts<'a>) -> Self {
        let Facts {
            status,
            code,
            cause,
            message_id,
            attempts,
        } = facts;
        let is_failure = !matches!(state, State::Accepted | State::Queued | State::Sending);
        Self {
            line: info.line,
            unit: info.unit,
            key: info.key.as_deref(),
            channel: info.channel,
            case: info.case,
            recipient: Some(&*info.recipient).filter(|recipient| !recipient.is_empty()),
            delivery: state,
            next_step: next_step(state, status, code),
            status,
            attempts,
            id: message_id.map(|id| id.0),
            error: is_failure.then_some(Cause {
                code,
                message: cause,
            }),
        }
    }

    /// The name of the message for people.
    fn label(&self) -> String {
        match (self.key, self.line) {
            (Some(key), _) => key.to_owned(),
            (None, Some(line)) => format!("{} {line}", self.unit),
            (None, None) => "a message".to_owned(),
        }
    }

    /// One line for people.
    pub(crate) fn print(&self, output: &mut Output) -> io::Result<()> {
        let (label, reason) = (self.label(), self.reason().unwrap_or_default());
        let case = CaseId(self.case.unwrap_or_default());
        match delivery(self.delivery) {
            Some(outcome) => output.outcome(&Line {
                outcome,
                label: &label,
                case,
                recipient: self.recipient,
                reason: &reason,
            }),
            None => output.line(format_args!(
                "{:<8}  {}  case {}  {}",
                self.delivery,
                inert(&label),
                case.0,
                inert(self.recipient.unwrap_or_default())
            )),
        }
    }

    fn reason(&self) -> Option<String> {
        if let Some(Cause { code, message }) = &self.error {
            return message.or(*code).map(str::to_owned);
        }
        self.id.map(|id| format!("message {id}"))
    }
}

/// What is known about the last attempt.
#[derive(Clone, Copy, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<&'a str>,
    pub(crate) cause: Option<&'a str>,
    pub(crate) message_id: Option<MessageId>,
    pub(crate) attempts: u32,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(row: &'a Row) -> Self {
        Self {
            status: row.status,
            code: row.code.as_deref(),
            cause: row.cause.as_deref(),
            message_id: row.message_id,
            attempts: row.attempts,
        }
    }
}

fn next_step(state: State, status: Option<u16>, code: Option<&str>) -> Option<&'static str> {
    match (state, status, code) {
        (State::Unknown, ..) => Some("look_first"),
        (State::Refused, Some(401 | 403 | 407), _) | (State::NotSent, _, Some("tls" | "proxy")) => {
            Some("fix_setup")
        }
        (State::Refused, ..) | (State::NotSent, _, Some("input")) => Some("fix_message"),
        (State::NotSent, ..) => Some("send_again"),
        _ => None,
    }
}

fn delivery(state: State) -> Option<Delivery> {
    match state {
        State::Accepted => Some(Delivery::Accepted),
        State::Refused => Some(Delivery::Refused),
        State::NotSent => Some(Delivery::NotSent),
        State::Unknown => Some(Delivery::Unknown),
        _ => None,
    }
}

/// Where results are written.
pub(crate) struct Results<'a> {
    output: &'a mut Output,
    form: Form,
    file: Option<File>,
}

impl<'a> Results<'a> {
    /// # Errors
    /// When the file can't be opened.
    pub(crate) fn new(
        output: &'a mut Output,
        form: Form,
        file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let open = |path: &Path| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.map_err(|error| anyhow::anyhow!("--results {}: {error}", inert::path(path)))
        };
        Ok(Self {
            output,
            form,
            file: file.map(open).transpose()?,
        })
    }

    pub(crate) fn print(&mut self, outcome: &Outcome<'_>) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            let line = inert::json(&serde_json::to_string(outcome)?);
            file.write_all(format!("{line}\n").as_bytes())?;
        }
        match self.form {
            Form::Json => self.output.json(outcome)?,
            Form::Text => outcome.print(self.output)?,
        }
        self.output.flush()
    }
}
