//! An e-mail.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use serde::Serialize;

use super::{Json, Options, check_json, fill};
use crate::exit::Failure;

#[derive(Args, Serialize)]
#[command(group = ArgGroup::new("content").required(true))]
pub(crate) struct Mail {
    #[arg(skip = "mail")]
    channel: &'static str,
    /// The case, whose channel is mail
    #[arg(long, value_name = "ID")]
    case: i64,
    /// The contact
    #[arg(long, value_name = "ID")]
    contact: i64,
    /// The sender's address, of an inbox that is connected to the account
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// A recipient. Can be given several times
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<String>,
    /// A recipient in copy (cc). Can be given several times
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,
    /// A recipient in blind copy (bcc). Can be given several times
    #[arg(long, value_name = "ADDRESS")]
    bcc: Vec<String>,
    /// The subject. It may be empty
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    subject: String,
    /// The e-mail as HTML
    #[arg(long, group = "content", allow_hyphen_values = true)]
    html: Option<String>,
    /// A file with the HTML, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    html_file: Option<PathBuf>,
    /// The e-mail as plain text, beside the HTML
    #[arg(long, conflicts_with = "text_file", allow_hyphen_values = true)]
    text: Option<String>,
    /// A file with the plain text, `-` for standard input
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    text_file: Option<PathBuf>,
    /// An attachment, as JSON: the documentation doesn't give its form. Can be given several times
    #[arg(long, value_name = "JSON")]
    attachment: Vec<Json>,
    /// Leave out `cc`, `bcc` or `attachments`, which are empty lists otherwise. Can be given several times
    #[arg(long, value_name = "NAME")]
    without: Vec<String>,
    /// More values for the request's JSON, by JSON pointer: {"/data/replyTo": "a@example.com"}
    #[arg(long, value_name = "JSON")]
    json: Option<Json>,
}

impl Options for Mail {
    fn complete(&mut self) -> Result<(), Failure> {
        check_json("--attachment", &self.attachment)?;
        check_json("--json", &self.json)?;
        fill(&mut self.html, "--html-file", self.html_file.as_deref())?;
        fill(&mut self.text, "--text-file", self.text_file.as_deref())
    }
}
