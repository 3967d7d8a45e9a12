//! A chat message, note or event.

use std::path::PathBuf;

use acquire_io::{CaseId, Client, ContactId, Outgoing};
use clap::{ArgGroup, Args};
use serde::Deserialize;
use serde_json::Value;

use super::field::{Object, Problem, fill, one_or_more};
use crate::exit::Failure;

#[derive(Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(group = ArgGroup::new("content").required(true))]
pub(crate) struct Chat {
    /// The case, a conversation with a contact
    #[arg(long, value_name = "ID")]
    case: i64,
    /// A message, visible to the contact
    #[arg(long, group = "content")]
    text: Option<String>,
    /// The message from a file, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    text_file: Option<PathBuf>,
    /// A note in place of a message
    #[arg(long, group = "content", value_name = "TEXT")]
    note: Option<String>,
    /// The note from a file, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    note_file: Option<PathBuf>,
    /// An event in place of a message
    #[arg(long, group = "content", value_name = "TEXT")]
    event: Option<String>,
    /// The event from a file, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    event_file: Option<PathBuf>,
    /// Send as an agent
    #[arg(long, conflicts_with = "as_contact")]
    #[serde(default)]
    as_agent: bool,
    /// Send as this contact
    #[arg(long, value_name = "ID", conflicts_with = "contact_id")]
    as_contact: Option<i64>,
    /// Name the contact, whichever side sends
    #[arg(long, value_name = "ID")]
    contact_id: Option<i64>,
    /// The language to translate to, for example `en`
    #[arg(long, value_name = "LANGUAGE")]
    translate_to: Option<String>,
    /// The channel to send through, `chat` in the documentation. Sent as `channel`
    #[arg(long, value_name = "NAME")]
    message_channel: Option<String>,
    /// Mention a user. Can be given several times
    #[arg(long, value_name = "ID")]
    #[serde(default, deserialize_with = "one_or_more")]
    mention: Vec<String>,
    /// Values that Acquire keeps with the message, a JSON object
    #[arg(long, value_name = "JSON")]
    meta: Option<Object>,
    /// Sent as `delay`. The documentation doesn't tell its unit
    #[arg(long, value_name = "NUMBER")]
    delay: Option<i64>,
    /// Further values of the request's JSON, by JSON pointer: {"/message/priority": 1}
    #[arg(long, value_name = "JSON")]
    json: Option<Object>,
}

impl Chat {
    /// Reads the texts that stand in files.
    pub(crate) fn read_files(&mut self) -> Result<(), Failure> {
        fill(&mut self.text, self.text_file.as_deref())?;
        fill(&mut self.note, self.note_file.as_deref())?;
        fill(&mut self.event, self.event_file.as_deref())
    }

    pub(super) fn outgoing(&self, client: &Client) -> Result<Outgoing<acquire_io::Chat>, Problem> {
        let mut chat = client.chat(CaseId(self.case));
        chat = match (&self.text, &self.note, &self.event) {
            (Some(text), None, None) => chat.text(text),
            (None, Some(note), None) => chat.note(note),
            (None, None, Some(event)) => chat.event(event),
            (None, None, None) => {
                return Err(Problem::new("text", "is required, or `note`, or `event`"));
            }
            _ => {
                return Err(Problem::new(
                    "text",
                    "excludes `note` and `event`: one message is one of them",
                ));
            }
        };
        match (self.as_agent, self.as_contact) {
            (true, Some(_)) => return Err(Problem::new("as_contact", "excludes `as_agent`")),
            (true, None) => chat = chat.as_agent(),
            (false, Some(_)) if self.contact_id.is_some() => {
                return Err(Problem::new(
                    "as_contact",
                    "excludes `contact_id`: it names the contact",
                ));
            }
            (false, Some(contact)) => chat = chat.as_contact(ContactId(contact)),
            (false, None) => {}
        }
        if let Some(contact) = self.contact_id {
            chat = chat.contact_id(ContactId(contact));
        }
        if let Some(language) = &self.translate_to {
            chat = chat.translate_to(language);
        }
        if let Some(channel) = &self.message_channel {
            chat = chat.message_channel(channel);
        }
        for user in &self.mention {
            chat = chat.mention(user);
        }
        for (key, value) in self.meta.iter().flat_map(|meta| &meta.0) {
            chat = chat.meta(key, value.clone());
        }
        if let Some(delay) = self.delay {
            chat = chat.delay(delay);
        }
        let json = self.json.iter().flat_map(|json| &json.0);
        Ok(json.fold(chat, |chat, (pointer, value)| {
            chat.json(pointer, Value::clone(value))
        }))
    }
}
