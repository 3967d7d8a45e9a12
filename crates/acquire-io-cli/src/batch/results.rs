//! What became of each message: one line for people, or one JSON object.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use acquire_io::{Channel, MessageId};
use acquire_io_outbox::{Row, State};
use acquire_io_sandbox::cli::inert::{self, inert};
use clap::ValueEnum;
use serde::Serialize;

use super::file::Info;
use super::identity::{recipient, shown_key};
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

/// What became of a message. Its JSON is stable.
#[derive(Serialize)]
pub(crate) struct Outcome<'a> {
    pub(crate) line: Option<u64>,
    pub(crate) key: Option<&'a str>,
    pub(crate) channel: Option<Channel>,
    pub(crate) case: Option<i64>,
    pub(crate) recipient: &'a str,
    pub(crate) delivery: State,
    /// What to do about a message that was not accepted.
    pub(crate) next_step: Option<&'static str>,
    pub(crate) status: Option<u16>,
    /// How many requests were tried.
    pub(crate) attempts: u32,
    /// Of the message in its case.
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
            key: info.key.as_deref(),
            channel: info.channel,
            case: info.case,
            recipient: &info.recipient,
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

    /// One line for people.
    pub(crate) fn text(&self, is_coloured: bool) -> String {
        let name = match (self.key, self.line) {
            (Some(key), _) => inert(key),
            (None, Some(line)) => format!("line {line}"),
            (None, None) => String::new(),
        };
        let case = self.case.map_or_else(String::new, |case| case.to_string());
        let state = format!("{:<9}", self.delivery.as_str().replace('_', " "));
        let mut line = match is_coloured {
            true => format!("\u{1b}[{}m{state}\u{1b}[0m", colour(self.delivery)),
            false => state,
        };
        line.push_str(&format!(" {name:<12} case {case:<7}"));
        for part in [Some(self.recipient), self.reason().as_deref()] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                line.push(' ');
                line.push_str(&inert(part));
            }
        }
        line.trim_end().to_owned()
    }

    fn reason(&self) -> Option<String> {
        if let Some(Cause { code, message }) = &self.error {
            return message.or(*code).map(str::to_owned);
        }
        self.id.map(|id| format!("message {id}"))
    }
}

/// What is known of the last attempt.
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

/// Where a message came from: the `source` of its entry.
#[derive(serde::Deserialize)]
pub(crate) struct Origin {
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u64>,
    /// The row, unless it is long.
    #[serde(default)]
    pub(crate) row: Option<super::row::Fields>,
}

impl Origin {
    pub(crate) fn of(row: &Row) -> Option<Self> {
        serde_json::from_str(row.source()?.get()).ok()
    }
}

impl Info {
    /// What an outbox knows of a message.
    pub(crate) fn of(row: &Row) -> Self {
        let message = row.message().and_then(Result::ok);
        let lane = row
            .lane
            .as_deref()
            .and_then(|lane| lane.strip_prefix("case:"));
        let case = message.as_ref().map(|message| message.case().0);
        Self {
            line: Origin::of(row).and_then(|origin| origin.line),
            key: row.key.as_deref().and_then(shown_key).map(Into::into),
            channel: message.as_ref().map(acquire_io::Message::channel),
            case: case.or_else(|| lane?.parse().ok()),
            recipient: message
                .map_or_else(String::new, |message| recipient(&message))
                .into(),
        }
    }
}

fn next_step(state: State, status: Option<u16>, code: Option<&str>) -> Option<&'static str> {
    match (state, status, code) {
        (State::Unknown, ..) => Some("look_first"),
        (State::Refused, Some(401 | 403), _) => Some("fix_setup"),
        (State::Refused, ..) | (State::NotSent, _, Some("input")) => Some("fix_message"),
        (State::NotSent, ..) => Some("send_again"),
        _ => None,
    }
}

fn colour(state: State) -> u8 {
    match state {
        State::Accepted => 32,
        State::Refused | State::NotSent => 31,
        State::Unknown => 35,
        _ => 33,
    }
}

/// Whether standard output takes colours.
fn takes_colours() -> bool {
    let given = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    io::stdout().is_terminal()
        && given("NO_COLOR").is_none()
        && given("TERM").is_none_or(|term| term != "dumb")
}

/// Where results go.
pub(crate) struct Results<'a> {
    output: &'a mut Output,
    form: Form,
    is_coloured: bool,
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
            is_coloured: takes_colours(),
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
            // Its parts are inert, and its colours are not.
            Form::Text => {
                let line = outcome.text(self.is_coloured);
                self.output.bytes(format!("{line}\n").as_bytes())?;
            }
        }
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(key: Option<&str>) -> Info {
        Info {
            line: Some(17),
            key: key.map(Into::into),
            channel: Some(Channel::Sms),
            case: Some(2069),
            recipient: "+12513188609".into(),
        }
    }

    #[test]
    fn a_line_for_people() {
        let facts = Facts {
            code: Some("timeout"),
            cause: Some("sendSms: no answer\u{1b}[2J"),
            ..Facts::default()
        };
        let unnamed = info(None);
        let outcome = Outcome::new(&unnamed, State::Unknown, facts);
        assert_eq!(
            outcome.text(false),
            "unknown   line 17      case 2069    +12513188609 sendSms: no answer\\u{1b}[2J"
        );
        let named = info(Some("order-17"));
        let facts = Facts {
            message_id: Some(MessageId(7)),
            ..Facts::default()
        };
        let outcome = Outcome::new(&named, State::Accepted, facts);
        assert_eq!(
            outcome.text(true),
            "\u{1b}[32maccepted \u{1b}[0m order-17     case 2069    +12513188609 message 7"
        );
    }
}
