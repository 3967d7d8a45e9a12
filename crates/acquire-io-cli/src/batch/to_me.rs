//! `--to-me`: the first message of a list, sent to the person who checks it.

use acquire_io::{Channel, Message};
use acquire_io_sandbox::cli::inert::inert;
use serde_json::value::to_raw_value;

use super::check::Checked;
use super::check::phone::{self, Country, Home};
use super::read::json::Fields;
use super::report::Info;
use super::report::preview;
use crate::ask::{can_ask, confirm};
use crate::exit::{Exit, Failure};
use crate::output::{Output, say};
use crate::send::send;
use crate::settings::Connection;

/// The person's own phone number or e-mail address.
pub(super) struct Me {
    channel: Channel,
    to: String,
}

impl Me {
    pub(super) fn new(given: &str, default: Option<Country>) -> Result<Self, Failure> {
        if given.contains('@') {
            return Ok(Self {
                channel: Channel::Mail,
                to: given.trim().to_owned(),
            });
        }
        let home = Home {
            default,
            sender: None,
        };
        let phone = phone::read(given, home)
            .map_err(|problem| Failure::usage(format_args!("--to-me: the number {problem}")))?;
        Ok(Self {
            channel: Channel::Sms,
            to: phone.number,
        })
    }

    /// The first message of the channel, readdressed, and the row that it comes from.
    pub(super) fn message(&self, checked: &Checked) -> Result<(Info, Message), Failure> {
        for row in checked.read()? {
            let (_, row) = row.map_err(Failure::usage)?;
            if row.entry.message().channel() == self.channel {
                return Ok((Info::of_file(&row), self.readdressed(row.entry.message())?));
            }
        }
        let (to, what) = match self.channel {
            Channel::Mail => ("an address", "e-mail"),
            _ => ("a number", "SMS"),
        };
        Err(Failure::usage(format_args!(
            "--to-me: {to} takes the first {what} of the list, and it has none. A chat message goes to the contact of its \
             case alone: to try one, send a list of one row for a case of your own"
        )))
    }

    fn readdressed(&self, message: &Message) -> Result<Message, Failure> {
        let json = serde_json::to_string(message)?;
        let mut fields: Fields = serde_json::from_str(&json)?;
        fields
            .0
            .retain(|(name, _)| !["to", "cc", "bcc"].contains(&name.as_str()));
        fields.0.push(("to".to_owned(), to_raw_value(&self.to)?));
        let json = serde_json::to_string(&fields)?;
        let message = Message::from_json(&json);
        let message = message.and_then(|message| message.check().map(|()| message));
        message.map_err(|invalid| {
            Failure::usage(format_args!("--to-me: {}", inert(&invalid.to_string())))
        })
    }
}

/// Asks, sends, and prints the outcome. The list and its outbox don't change.
pub(super) async fn send_to_me(
    me: &Me,
    (info, message): (Info, Message),
    connection: &Connection,
    is_answered: bool,
    is_text: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    // The text is shown on a terminal, and not written to a log.
    if !is_answered && can_ask() {
        preview::message(&info, &message).iter().for_each(say);
    }
    let question = format!(
        "Send this one message to {}? It will be in case {}, like the original. Nothing else is sent.",
        inert(&me.to),
        message.case().0
    );
    if !confirm(&question, is_answered)? {
        say("nothing was sent");
        return Ok(Exit::NotSent);
    }
    send(message, connection, is_text, output).await
}
