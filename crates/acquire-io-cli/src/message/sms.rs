//! An SMS.

use std::path::PathBuf;

use acquire_io::{CaseId, Client, ContactId, Outgoing, TimelineId};
use clap::{ArgGroup, Args};
use serde::Deserialize;
use serde_json::Value;

use super::field::{Object, Problem, fill};
use crate::exit::Failure;

#[derive(Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(group = ArgGroup::new("content").required(true))]
pub(crate) struct Sms {
    /// The case, a conversation with a contact
    #[arg(long, value_name = "ID")]
    case: i64,
    /// The contact
    #[arg(long, value_name = "ID")]
    contact: i64,
    /// The timeline
    #[arg(long, value_name = "ID")]
    timeline: i64,
    /// The account's phone number, with country and area code
    #[arg(long, value_name = "NUMBER")]
    from: String,
    /// The contact's phone number, with country and area code
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// The text
    #[arg(long, group = "content")]
    text: Option<String>,
    /// The text from a file, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    text_file: Option<PathBuf>,
    /// The title of the case
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Sent as `msgType` [default: message]
    #[arg(long, value_name = "TYPE")]
    message_type: Option<String>,
    /// Sent as `isClosed`
    #[arg(long)]
    #[serde(default)]
    closed: bool,
    /// Sent as `isMultiChannel`
    #[arg(long)]
    #[serde(default)]
    multi_channel: bool,
    /// Send as an agent
    #[arg(long, conflicts_with = "as_contact")]
    #[serde(default)]
    as_agent: bool,
    /// Send as the contact
    #[arg(long)]
    #[serde(default)]
    as_contact: bool,
    /// Further values of the request's JSON, by JSON pointer: {"/priority": 1}
    #[arg(long, value_name = "JSON")]
    json: Option<Object>,
}

impl Sms {
    /// Reads the text that stands in a file.
    pub(crate) fn read_files(&mut self) -> Result<(), Failure> {
        fill(&mut self.text, self.text_file.as_deref())
    }

    pub(super) fn outgoing(&self, client: &Client) -> Result<Outgoing<acquire_io::Sms>, Problem> {
        let Some(text) = &self.text else {
            return Err(Problem::new("text", "is required"));
        };
        let mut sms = client
            .sms(
                CaseId(self.case),
                ContactId(self.contact),
                TimelineId(self.timeline),
            )
            .from(&self.from)
            .to(&self.to)
            .text(text)
            .closed(self.closed)
            .multi_channel(self.multi_channel);
        if let Some(title) = &self.title {
            sms = sms.title(title);
        }
        if let Some(message_type) = &self.message_type {
            sms = sms.message_type(message_type);
        }
        match (self.as_agent, self.as_contact) {
            (true, true) => return Err(Problem::new("as_contact", "excludes `as_agent`")),
            (true, false) => sms = sms.as_agent(),
            (false, true) => sms = sms.as_contact(),
            (false, false) => {}
        }
        let json = self.json.iter().flat_map(|json| &json.0);
        Ok(json.fold(sms, |sms, (pointer, value)| {
            sms.json(pointer, Value::clone(value))
        }))
    }
}
