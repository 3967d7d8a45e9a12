//! An e-mail.

use std::path::PathBuf;

use acquire_io::{CaseId, Client, ContactId, Outgoing};
use clap::{ArgGroup, Args};
use serde::Deserialize;
use serde_json::Value;

use super::field::{Object, Problem, fill, json, one_or_more};
use crate::exit::Failure;

#[derive(Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(group = ArgGroup::new("content").required(true))]
pub(crate) struct Mail {
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
    #[serde(deserialize_with = "one_or_more")]
    to: Vec<String>,
    /// A recipient of a copy. Can be given several times
    #[arg(long, value_name = "ADDRESS")]
    #[serde(default, deserialize_with = "one_or_more")]
    cc: Vec<String>,
    /// A recipient of a blind copy. Can be given several times
    #[arg(long, value_name = "ADDRESS")]
    #[serde(default, deserialize_with = "one_or_more")]
    bcc: Vec<String>,
    /// The subject. It may be empty
    #[arg(long, value_name = "TEXT")]
    subject: String,
    /// The e-mail as HTML
    #[arg(long, group = "content")]
    html: Option<String>,
    /// The HTML from a file, `-` for standard input
    #[arg(long, group = "content", value_name = "FILE")]
    #[serde(skip)]
    html_file: Option<PathBuf>,
    /// The e-mail as plain text, beside the HTML
    #[arg(long, conflicts_with = "text_file")]
    text: Option<String>,
    /// The plain text from a file, `-` for standard input
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    text_file: Option<PathBuf>,
    /// An attachment, as JSON: the documentation doesn't tell its form. Can be given several times
    #[arg(long, value_name = "JSON", value_parser = json, conflicts_with = "without_attachments")]
    #[serde(default)]
    attachment: Vec<Value>,
    /// Leave `attachments` out in place of an empty list
    #[arg(long)]
    #[serde(default)]
    without_attachments: bool,
    /// Further values of the request's JSON, by JSON pointer: {"/data/replyTo": "a@example.com"}
    #[arg(long, value_name = "JSON")]
    json: Option<Object>,
}

impl Mail {
    /// Reads the texts that stand in files.
    pub(crate) fn read_files(&mut self) -> Result<(), Failure> {
        fill(&mut self.html, self.html_file.as_deref())?;
        fill(&mut self.text, self.text_file.as_deref())
    }

    pub(super) fn outgoing(&self, client: &Client) -> Result<Outgoing<acquire_io::Mail>, Problem> {
        let Some(html) = &self.html else {
            return Err(Problem::new("html", "is required"));
        };
        if self.to.is_empty() {
            return Err(Problem::new("to", "is required"));
        }
        if self.without_attachments && !self.attachment.is_empty() {
            return Err(Problem::new("without_attachments", "excludes `attachment`"));
        }
        let mut mail = client
            .mail(CaseId(self.case), ContactId(self.contact))
            .from(&self.from)
            .subject(&self.subject)
            .html(html);
        mail = self.to.iter().fold(mail, |mail, to| mail.to(to));
        mail = self.cc.iter().fold(mail, |mail, cc| mail.cc(cc));
        mail = self.bcc.iter().fold(mail, |mail, bcc| mail.bcc(bcc));
        if let Some(text) = &self.text {
            mail = mail.text(text);
        }
        if self.without_attachments {
            mail = mail.without_attachments();
        }
        for attachment in &self.attachment {
            mail = mail.attachment(attachment.clone());
        }
        let json = self.json.iter().flat_map(|json| &json.0);
        Ok(json.fold(mail, |mail, (pointer, value)| {
            mail.json(pointer, Value::clone(value))
        }))
    }
}
