//! The identity of a row: what makes it the same row as before, whatever its line, the order of its columns, or its format.
//!
//! It depends on what was read, not on options or templates. So a corrected template corrects what was not sent, and sends
//! nothing twice.
//!
//! The outbox has a row under a key: the row's identity, a tilde, and a tag of its case and recipient.
//!
//! - `key:order-17~1a2b3c`: the row with this `key`.
//! - `row:0123456789abcdef0123456789abcdef#2~1a2b3c`: the second of equal rows without a key.
//!
//! The tag stays when the content of a message is erased. Its 24 bits are enough to notice a second message for the same
//! case and recipient, and too few to find out a phone number.

use acquire_io::Message;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::fields::{folded, named};
use super::row::Row;
use crate::batch::read::json::Fields;

/// Identifies a row in the memory of this process.
pub(crate) type Id = [u8; 16];
/// A short hash, for comparisons whose mistakes only lead to a needless question.
pub(crate) type Hash = [u8; 8];

/// The identity of a row, before equal rows are numbered.
pub(crate) struct Name<'a> {
    key: Option<&'a str>,
    /// The hash of its key, or else of its content.
    pub(crate) id: Id,
    tag: String,
}

impl<'a> Name<'a> {
    pub(crate) fn new(row: &'a Row) -> Self {
        let key = row.key.as_deref();
        Self {
            key,
            id: match key {
                Some(key) => hash(&format!("key:{key}")),
                None => hash(&canonical(&row.fields)),
            },
            tag: tag(row.entry.message()),
        }
    }

    /// Its key in the outbox. `number` counts equal rows, from 1.
    pub(crate) fn outbox_key(&self, number: u32) -> String {
        let base = match self.key {
            Some(key) => format!("key:{key}"),
            None => base(&self.id, number),
        };
        format!("{base}~{}", self.tag)
    }

    /// The hash of its case and recipient.
    pub(crate) fn recipient(&self, lane: Option<&str>) -> Hash {
        recipient_hash(&self.tag, lane)
    }
}

/// The ID of a row without a key. `number` counts rows with the same content, from 1.
pub(crate) fn row_id(content: &Id, number: u32) -> Id {
    hash(&base(content, number))
}

fn base(content: &Id, number: u32) -> String {
    format!("row:{}#{number}", hex(content))
}

/// A key of the outbox, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parsed<'a> {
    base: &'a str,
    tag: &'a str,
}

impl<'a> Parsed<'a> {
    /// None for a message of another program.
    pub(crate) fn new(outbox_key: &'a str) -> Option<Self> {
        let (base, tag) = outbox_key.rsplit_once('~')?;
        let is_tag = tag.len() == 6 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_ours = base.starts_with("key:") || base.starts_with("row:");
        (is_tag && is_ours).then_some(Self { base, tag })
    }

    /// The row's own key.
    pub(crate) fn key(&self) -> Option<&'a str> {
        self.base.strip_prefix("key:")
    }

    pub(crate) fn id(&self) -> Id {
        hash(self.base)
    }

    pub(crate) fn recipient(&self, lane: Option<&str>) -> Hash {
        recipient_hash(self.tag, lane)
    }
}

/// The key that a person knows: a row's own, or that of another program's message.
pub(crate) fn shown_key(outbox_key: &str) -> Option<&str> {
    match Parsed::new(outbox_key) {
        Some(parsed) => parsed.key(),
        None => Some(outbox_key),
    }
}

/// All recipients of a message. Empty if it names only the case.
fn recipient(message: &Message) -> String {
    match message {
        Message::Chat(chat) => chat
            .get_contact()
            .map_or_else(String::new, |contact| format!("contact {}", contact.0)),
        Message::Mail(mail) => mail.get_to().join(", "),
        Message::Sms(sms) => sms.get_to().unwrap_or_default().to_owned(),
    }
}

fn tag(message: &Message) -> String {
    let (channel, case) = (message.channel(), message.case().0);
    let [a, b, c, ..] = hash(&format!("{channel} {case} {}", recipient(message)));
    hex(&[a, b, c])
}

fn recipient_hash(tag: &str, lane: Option<&str>) -> Hash {
    let [a, b, c, d, e, f, g, h, ..] = hash(&format!("{tag} {}", lane.unwrap_or_default()));
    [a, b, c, d, e, f, g, h]
}

fn hash(text: &str) -> Id {
    let mut id = Id::default();
    for (to, from) in id.iter_mut().zip(Sha256::digest(text)) {
        *to = from;
    }
    id
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON that is deeper is compared as it is written.
const DEEPEST: usize = 32;

/// The row as a text that is the same in every format.
fn canonical(fields: &Fields) -> String {
    let given = fields.0.iter().map(|(name, value)| {
        let name = match named(name) {
            Some(field) => field.name.to_owned(),
            None => folded(name),
        };
        (name, value.get())
    });
    let mut given: Vec<_> = given.filter(|(_, value)| *value != "null").collect();
    given.sort_unstable();
    let mut text = String::new();
    for (name, value) in given {
        text.push_str(&name);
        text.push('=');
        // CSV can't tell a text from a list of one text.
        match serde_json::from_str::<[&RawValue; 1]>(value) {
            Ok([only]) => write(&mut text, only.get(), 0),
            Err(_) => write(&mut text, value, 0),
        }
        text.push('\n');
    }
    text
}

fn write(text: &mut String, json: &str, depth: usize) {
    if depth < DEEPEST {
        if let Ok(string) = serde_json::from_str::<String>(json) {
            text.push_str(&serde_json::Value::from(string).to_string());
            return;
        }
        if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json) {
            text.push('[');
            for item in items {
                write(text, item.get(), depth + 1);
                text.push(',');
            }
            text.push(']');
            return;
        }
        if let Ok(Fields(mut members)) = serde_json::from_str(json) {
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            text.push('{');
            for (name, value) in members {
                text.push_str(&serde_json::Value::from(name).to_string());
                text.push(':');
                write(text, value.get(), depth + 1);
                text.push(',');
            }
            text.push('}');
            return;
        }
    }
    text.push_str(json.trim());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::check::row::Rows;
    use crate::batch::check::rows::{csv_rows, ndjson_rows};
    use crate::batch::read::Dialect;

    fn names(rows: Rows) -> Vec<String> {
        rows.map(|row| Name::new(&row.unwrap()).outbox_key(1))
            .collect()
    }

    #[test]
    fn a_row_is_the_same_in_every_dialect_and_order_of_columns() {
        let ndjson = r#"{"channel": "mail", "case": 575, "contact": 5, "from": "a@example.com", "to": ["b@example.com"], "subject": "s", "html": "ä", "without": ["cc", "bcc"], "attachment": [{"b": 1, "a": "x"}]}
{"attachment": [ {"a":"x","b":1} ], "without": ["cc","bcc"], "html": "\u00e4", "subject": "s", "to": "b@example.com", "from": "a@example.com", "contact": 5, "case": 575, "channel": "mail", "text": null}
"#;
        let csv = "case,channel,contact,from,to,subject,html,without,attachment,text\n\
                   575,mail,5,a@example.com,b@example.com,s,ä,cc; bcc,\"[{\"\"a\"\": \"\"x\"\", \"\"b\"\": 1}]\",\n";
        let [first, second] = names(ndjson_rows(ndjson.as_bytes())).try_into().unwrap();
        assert_eq!(second, first);
        assert_eq!(names(csv_rows(csv.as_bytes(), Dialect::default())), [first]);
    }

    #[test]
    fn another_word_makes_another_row_unless_it_has_a_key() {
        let rows = r#"{"channel": "chat", "case": 28, "text": "a"}
{"channel": "chat", "case": 28, "text": "b"}
{"channel": "chat", "case": 28, "text": "a", "key": "k"}
{"channel": "chat", "case": 28, "text": "b", "key": "k"}
"#;
        let names = names(ndjson_rows(rows.as_bytes()));
        assert_ne!(names[0], names[1]);
        assert_eq!(names[2], names[3]);
        assert!(names[2].starts_with("key:k~"), "{}", names[2]);
    }

    #[test]
    fn keys_are_read_back() {
        let parsed = Parsed::new("key:a~b~0a1b2c").unwrap();
        assert_eq!(parsed.key(), Some("a~b"));
        assert_eq!(shown_key("row:00#1~0a1b2c"), None);
        for other in ["order-17", "key:a", "key:a~0a1b2", "order~0a1b2c"] {
            assert_eq!(Parsed::new(other), None, "{other}");
            assert_eq!(shown_key(other), Some(other));
        }
    }
}
