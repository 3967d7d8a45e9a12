//! An SMS.

use std::ops::Not;
use std::path::PathBuf;

use acquire_io::Sender;
use clap::{ArgGroup, Args};
use serde::Serialize;

use super::{Json, Options, check_json, fill};
use crate::exit::Failure;

#[derive(Args, Serialize)]
#[command(group = ArgGroup::new("content").required(true))]
pub(crate) struct Sms {
    #[arg(skip = "sms")]
    channel: &'static str,
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
    #[arg(long, group = "content", allow_hyphen_values = true)]
    text: Option<String>,
    /// A file with the text, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    text_file: Option<PathBuf>,
    /// Sent as `title`, which is the title of the case in the documentation
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    title: Option<String>,
    /// Sent as `msgType` [default: message]
    #[arg(long, value_name = "TYPE")]
    message_type: Option<String>,
    /// Sent as `isClosed`
    #[arg(long)]
    #[serde(skip_serializing_if = "Not::not")]
    closed: bool,
    /// Sent as `isMultiChannel`
    #[arg(long)]
    #[serde(skip_serializing_if = "Not::not")]
    multi_channel: bool,
    /// Send as an agent
    #[arg(long, conflicts_with = "as_contact")]
    #[serde(skip)]
    as_agent: bool,
    /// Send as the contact
    #[arg(long)]
    #[serde(skip)]
    as_contact: bool,
    #[arg(skip)]
    sender: Option<Sender>,
    /// Leave out a field that is filled in by default: `id`, `isClosed`, `isMultiChannel`, `markValue`, `message`, `msgType` or `sms`. Can
    /// be given several times
    #[arg(long, value_name = "NAME")]
    without: Vec<String>,
    /// More values for the request's JSON, by JSON pointer: {"/priority": 1}
    #[arg(long, value_name = "JSON")]
    json: Option<Json>,
}

impl Options for Sms {
    fn complete(&mut self) -> Result<(), Failure> {
        check_json("--json", &self.json)?;
        self.sender = match (self.as_agent, self.as_contact) {
            (true, _) => Some(Sender::Agent),
            (false, true) => Some(Sender::Contact),
            (false, false) => None,
        };
        fill(&mut self.text, "--text-file", self.text_file.as_deref())
    }
}
