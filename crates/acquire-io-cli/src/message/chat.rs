//! A chat message, note or event.

use std::path::PathBuf;

use acquire_io::Sender;
use clap::{ArgGroup, Args};
use serde::Serialize;

use super::{Json, Options, check_json, fill};
use crate::exit::Failure;

#[derive(Args, Serialize)]
#[command(group = ArgGroup::new("content").required(true))]
pub(crate) struct Chat {
    #[arg(skip = "chat")]
    channel: &'static str,
    /// The case, a conversation with a contact
    #[arg(long, value_name = "ID")]
    case: i64,
    /// The text of a message
    #[arg(long, group = "content", allow_hyphen_values = true)]
    text: Option<String>,
    /// A file with the text of a message, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    text_file: Option<PathBuf>,
    /// A note instead of a message
    #[arg(
        long,
        group = "content",
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    note: Option<String>,
    /// A file with the note, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    note_file: Option<PathBuf>,
    /// An event instead of a message
    #[arg(
        long,
        group = "content",
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    event: Option<String>,
    /// A file with the event, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    event_file: Option<PathBuf>,
    /// Send as an agent
    #[arg(long, conflicts_with = "as_contact")]
    #[serde(skip)]
    as_agent: bool,
    /// Send as the contact, with or without its ID
    #[arg(long, value_name = "ID")]
    #[serde(skip)]
    as_contact: Option<Option<i64>>,
    #[arg(skip)]
    sender: Option<Sender>,
    /// The contact, whichever side sends
    #[arg(long, value_name = "ID", alias = "contact-id")]
    contact: Option<i64>,
    /// A language tag, for example `en`. Sent as `translateLangKey`
    #[arg(long, value_name = "LANGUAGE")]
    translate_lang_key: Option<String>,
    /// Sent as `channel`, which is `chat` in the documentation
    #[arg(long, value_name = "NAME")]
    message_channel: Option<String>,
    /// A user's ID. Sent as `mentionUsers`. Can be given several times
    #[arg(long, value_name = "ID")]
    mention: Vec<String>,
    /// Free-form data, a JSON object
    #[arg(long, value_name = "JSON")]
    meta: Option<Json>,
    /// Sent as `delay`. The documentation doesn't give its unit
    #[arg(long, value_name = "NUMBER")]
    delay: Option<i64>,
    /// More values for the request's JSON, by JSON pointer: {"/message/priority": 1}
    #[arg(long, value_name = "JSON")]
    json: Option<Json>,
}

impl Options for Chat {
    fn complete(&mut self) -> Result<(), Failure> {
        check_json("--meta", &self.meta)?;
        check_json("--json", &self.json)?;
        fill(&mut self.text, "--text-file", self.text_file.as_deref())?;
        fill(&mut self.note, "--note-file", self.note_file.as_deref())?;
        fill(&mut self.event, "--event-file", self.event_file.as_deref())?;
        match (self.as_agent, self.as_contact) {
            (true, _) => self.sender = Some(Sender::Agent),
            (false, Some(contact)) => {
                if contact.is_some() && self.contact.is_some() {
                    let problem = "--as-contact and --contact both name a contact: leave one out";
                    return Err(Failure::usage(problem));
                }
                self.sender = Some(Sender::Contact);
                self.contact = contact.or(self.contact);
            }
            (false, None) => {}
        }
        Ok(())
    }
}
