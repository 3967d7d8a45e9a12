//! Canary values go through every public type, error, span and log record, and must not come out.

mod generated;
mod input;
mod sending;

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::time::Duration;

use acquire_io::{
    CaseId, Channel, Chat, Client, ContactId, DecodeError, Delivery, Error, Mail, Message,
    Outgoing, Retry, Sent, Sms, TimelineId,
};
use acquire_io_sandbox::Sandbox;
use acquire_io_tests::canary::{Recorder, leaks};
use acquire_io_tests::fault::{self, Part, Script, Server, Step, Transport};
use acquire_io_tests::{Result, documents};
use serde_json::{Value, json};

const KEY: &str = "canarykey5f2c";
const TEXT: &str = "canarytext8b1d";
const HTML: &str = "canaryhtml77e0";
const SUBJECT: &str = "canarysubject1c9a";
const TITLE: &str = "canarytitle63bb";
const FROM: &str = "canaryfrom4d2e@example.com";
const TO: &str = "canaryto90af@example.com";
const COPY: &str = "canarycopy2b7c@example.com";
const BLIND_COPY: &str = "canaryblind8e31@example.com";
const FROM_NUMBER: &str = "+15550104477";
const TO_NUMBER: &str = "+919666929552";
const META_KEY: &str = "canarymetakey3a5d";
const META_VALUE: &str = "canarymetavalue0d6f";
const MENTION: &str = "canarymention71c4";
const ADDITION: &str = "canaryaddition9e2b";
const ATTACHMENT: &str = "canaryattachment5c88";
/// In answers only.
const ANSWER: &str = "canaryanswer46da";

/// What of each value must not be found.
const CANARIES: &[&str] = &[
    KEY,
    TEXT,
    HTML,
    SUBJECT,
    TITLE,
    "canaryfrom4d2e",
    "canaryto90af",
    "canarycopy2b7c",
    "canaryblind8e31",
    "15550104477",
    "919666929552",
    META_KEY,
    META_VALUE,
    MENTION,
    ADDITION,
    ATTACHMENT,
    ANSWER,
];

/// For calls that are never answered.
const SHORT: Duration = Duration::from_millis(100);

/// Everything that was printed, by where it comes from.
#[derive(Default)]
struct Printed(Vec<(String, String)>);

impl Printed {
    fn debug(&mut self, from: &str, value: &dyn Debug) {
        self.0.push((from.to_owned(), format!("{value:?}")));
        self.0.push((from.to_owned(), format!("{value:#?}")));
    }

    fn display(&mut self, from: &str, value: &dyn Display) {
        self.0.push((from.to_owned(), format!("{value}")));
        self.0.push((from.to_owned(), format!("{value:#}")));
    }

    /// The error and its sources.
    fn error(&mut self, from: &str, error: &(dyn StdError + 'static)) {
        for (depth, error) in
            std::iter::successors(Some(error), |error| (*error).source()).enumerate()
        {
            let from = format!("{from}, source {depth}");
            self.debug(&from, &error);
            self.display(&from, &error);
        }
    }

    fn assert_clean(&self) {
        assert!(!self.0.is_empty());
        let found: BTreeSet<_> = self
            .0
            .iter()
            .filter(|(_, text)| !leaks(text, CANARIES).is_empty())
            .map(|(from, text)| format!("{text}\n    printed by: {from}"))
            .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

fn assert_nothing_traced(recorder: &Recorder) {
    let records = recorder.records();
    let all: String = records.iter().map(|record| record.text.as_str()).collect();
    if leaks(&all, CANARIES).is_empty() {
        // Most often so, and much faster than one by one.
        return;
    }
    let leaked: Vec<_> = records
        .into_iter()
        .filter(|record| !leaks(&record.text, CANARIES).is_empty())
        .map(|record| format!("{}: {}", record.target, record.text))
        .collect();
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}

fn client(base_url: &str, http2: bool) -> Result<Client> {
    let mut builder = Client::builder()
        .api_key(KEY)
        .base_url(base_url)
        .retry(Retry::never());
    if http2 {
        builder = builder.configure_http(reqwest::ClientBuilder::http2_prior_knowledge);
    }
    Ok(builder.build()?)
}

fn chat() -> Chat {
    Chat::new(CaseId(1))
        .text(TEXT)
        .mention(MENTION)
        .meta(json!({META_KEY: META_VALUE}))
}

fn mail() -> Mail {
    Mail::new(CaseId(1), ContactId(2))
        .from(FROM)
        .to(TO)
        .cc(COPY)
        .bcc(BLIND_COPY)
        .subject(SUBJECT)
        .html(HTML)
        .text(TEXT)
        .attachment(ATTACHMENT)
}

fn sms() -> Sms {
    Sms::new(CaseId(1), ContactId(2), TimelineId(3))
        .from(FROM_NUMBER)
        .to(TO_NUMBER)
        .text(TEXT)
        .title(TITLE)
}

/// With every text replaced.
fn with_texts(document: Value, text: &str) -> Value {
    match document {
        Value::String(_) => text.into(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| with_texts(item, text))
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, with_texts(value, text)))
            .collect(),
        scalar => scalar,
    }
}

fn print_sent(printed: &mut Printed, from: &str, sent: &Sent) {
    printed.debug(from, sent);
    printed.debug(from, &sent.receipt());
    match sent.channel() {
        Channel::Chat => print_decoded(printed, from, sent.chat()),
        Channel::Mail => print_decoded(printed, from, sent.mail()),
        Channel::Sms => print_decoded(printed, from, sent.sms()),
    }
    if let Ok(json) = sent.json() {
        printed.debug(from, &json);
    }
}

fn print_decoded(
    printed: &mut Printed,
    from: &str,
    decoded: std::result::Result<impl Debug, DecodeError>,
) {
    match decoded {
        Ok(decoded) => printed.debug(from, &decoded),
        Err(error) => printed.error(from, &error),
    }
}

async fn failure(outgoing: Outgoing) -> Result<Error> {
    outgoing.await.err().ok_or_else(|| "accepted".into())
}

/// What is asked for by name is there. And the detector would find it.
#[tokio::test]
async fn what_is_asked_for_by_name_is_there() -> Result {
    let body = json!({"error": {"code": "CODE", "message": format!("no {TEXT}")}}).to_string();
    let server = Server::answering(fault::Answer::json(400, body))?;
    let client = Client::builder()
        .api_key(KEY)
        .base_url(server.base_url())
        .build()?;
    let error = failure(client.send(chat())).await?;
    assert_eq!(error.delivery(), Delivery::Refused);
    let message = error.server_message().ok_or("no message")?;
    let body = String::from_utf8_lossy(error.body().ok_or("no body")?);
    let mut printed = Printed::default();
    printed.display("server_message", &message);
    printed.display("body", &body);
    for (from, text) in printed.0 {
        assert_eq!(leaks(&text, CANARIES), [TEXT], "{from}");
    }
    Ok(())
}
