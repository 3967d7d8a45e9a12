//! What a request is about, as a list of messages shows it.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::segments::segments;
use crate::check::Operation;

/// How much of a text is kept, in characters. The entry has the whole text.
const TEXT: usize = 1_000;
/// How many recipients are kept.
const RECIPIENTS: usize = 20;

/// The channel of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Channel {
    /// Chat: messages, notes and events.
    Chat,
    /// E-mail.
    Mail,
    /// SMS.
    Sms,
}

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Side {
    /// An agent. Also if the request names no side.
    Agent,
    /// The contact.
    Contact,
}

/// What a request is about. A request may be anything, so everything here may be missing.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// None if the path is not that of an operation.
    pub channel: Option<Channel>,
    /// The side that sends.
    pub side: Side,
    /// `message`, `note` or `event` for a chat message, or whatever the request has as its type; else `mail` or `sms`.
    pub kind: String,
    /// The case.
    pub case: Option<i64>,
    /// E-mail addresses or a phone number, the first 20.
    pub to: Vec<String>,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The first 1,000 characters of the text.
    pub text: String,
    /// Whether the text is longer.
    pub cut: bool,
    /// How many segments an SMS needs.
    pub segments: Option<usize>,
    /// Whether an e-mail has an HTML part.
    pub html: bool,
}

impl Summary {
    /// Of a request to an operation, or to no known one.
    pub(crate) fn new(operation: Option<Operation>, query: Option<&str>, body: &[u8]) -> Self {
        let mut summary = Self {
            channel: operation.map(|operation| match operation {
                Operation::SendChatMessage => Channel::Chat,
                Operation::SendMailMessage => Channel::Mail,
                Operation::SendSms => Channel::Sms,
            }),
            side: side(query.unwrap_or_default()),
            kind: String::new(),
            case: None,
            to: Vec::new(),
            subject: None,
            text: String::new(),
            cut: false,
            segments: None,
            html: false,
        };
        let fields = std::str::from_utf8(body).map_or_else(|_| Fields::default(), Fields::of);
        match summary.channel {
            Some(Channel::Chat) => {
                let message = fields.fields("message");
                summary.case = fields.number("caseId");
                summary.kind = message.text("type").unwrap_or_default().into_owned();
                summary.set_text(&message.text("message").unwrap_or_default());
            }
            Some(Channel::Mail) => {
                let mail = fields.fields("data");
                summary.case = mail.number("caseId");
                "mail".clone_into(&mut summary.kind);
                summary.to = mail.texts("to");
                summary.subject = mail.text("subject").map(|it| start(&it).0.to_owned());
                summary.set_text(&mail.text("textBody").unwrap_or_default());
                summary.html = mail.text("htmlBody").is_some_and(|html| !html.is_empty());
            }
            Some(Channel::Sms) => {
                let text = fields.text("Body").unwrap_or_default();
                summary.case = fields.number("threadId");
                "sms".clone_into(&mut summary.kind);
                summary.to = fields.texts("To");
                summary.segments = Some(segments(&text));
                summary.set_text(&text);
            }
            None => {}
        }
        summary.kind = start(&summary.kind).0.to_owned();
        summary
    }

    fn set_text(&mut self, text: &str) {
        let (start, cut) = start(text);
        (self.text, self.cut) = (start.to_owned(), cut);
    }

    /// How much memory its texts take, in bytes.
    pub(super) fn size(&self) -> usize {
        let to = self.to.iter().map(String::len).sum::<usize>();
        self.kind.len() + to + self.subject.as_ref().map_or(0, String::len) + self.text.len()
    }
}

fn side(query: &str) -> Side {
    let is_contact = form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
        matches!(&*name, "x-user-type" | "-x-user-type") && value == "contact"
    });
    if is_contact {
        Side::Contact
    } else {
        Side::Agent
    }
}

fn start(text: &str) -> (&str, bool) {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// The members of an object, unparsed since they may be large. Empty for anything but an object.
#[derive(Default)]
pub(super) struct Fields<'a>(HashMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Fields<'a> {
    pub(super) fn of(json: &'a str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }

    pub(super) fn fields(&self, name: &str) -> Self {
        self.0
            .get(name)
            .map_or_else(Self::default, |json| Self::of(json.get()))
    }

    fn number(&self, name: &str) -> Option<i64> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// A text, or a number as a text.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        text(self.0.get(name)?)
    }

    /// One text, or several.
    fn texts(&self, name: &str) -> Vec<String> {
        let Some(value) = self.0.get(name) else {
            return Vec::new();
        };
        let list: Vec<&RawValue> =
            serde_json::from_str(value.get()).unwrap_or_else(|_| vec![*value]);
        let texts = list.into_iter().take(RECIPIENTS).filter_map(text);
        texts.map(|text| start(&text).0.to_owned()).collect()
    }
}

fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let json = value.get();
    match json.as_bytes().first()? {
        b'"' => Some(match serde_json::from_str::<String>(json) {
            Ok(text) => text.into(),
            // Half of a surrogate pair.
            Err(_) => json.into(),
        }),
        b'-' | b'0'..=b'9' => Some(json.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: Operation, body: &str) -> Summary {
        Summary::new(
            Some(operation),
            Some("x-user-type=contact"),
            body.as_bytes(),
        )
    }

    #[test]
    fn each_channel_has_its_fields() {
        let chat = r#"{"caseId": 28, "message": {"type": "note", "message": "caf\u00e9"}}"#;
        let chat = of(Operation::SendChatMessage, chat);
        assert_eq!(
            (chat.case, &*chat.kind, &*chat.text),
            (Some(28), "note", "café")
        );
        assert_eq!((chat.side, chat.segments), (Side::Contact, None));

        let mail = r#"{"data": {"caseId": 90, "to": ["a@b.c", 1, {}], "subject": "s", "htmlBody": "<p>"}}"#;
        let mail = of(Operation::SendMailMessage, mail);
        assert_eq!((mail.case, mail.subject.as_deref()), (Some(90), Some("s")));
        assert_eq!(
            (mail.to, mail.html),
            (vec!["a@b.c".to_owned(), "1".to_owned()], true)
        );

        let sms = of(
            Operation::SendSms,
            r#"{"threadId": 9, "To": "+1", "Body": "hi"}"#,
        );
        assert_eq!(
            (sms.case, sms.segments, sms.to),
            (Some(9), Some(1), vec!["+1".to_owned()])
        );
    }

    #[test]
    fn what_is_strange_leaves_fields_empty() {
        for body in [
            "",
            "[]",
            "{",
            r#"{"caseId": {}, "message": 1}"#,
            r#"{"message": {"message": []}}"#,
        ] {
            let summary = of(Operation::SendChatMessage, body);
            assert_eq!((summary.case, &*summary.text), (None, ""), "{body}");
        }
        let half = of(
            Operation::SendChatMessage,
            r#"{"message": {"message": "\ud800"}}"#,
        );
        assert_eq!(half.text, r#""\ud800""#);
        let long = format!(
            r#"{{"message": {{"message": "{}"}}}}"#,
            "ä".repeat(TEXT + 1)
        );
        let long = of(Operation::SendChatMessage, &long);
        assert_eq!((long.text.chars().count(), long.cut), (TEXT, true));
    }
}
