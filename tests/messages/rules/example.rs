//! What an example of a rule is.

use acquire_io::{Message, RawJson};
use acquire_io_api::Client;
use serde_json::Value;

/// A rule, by the beginning of its text in the guide.
pub(crate) struct Example {
    pub(crate) rule: &'static str,
    /// The field, the message, and words of the problem.
    pub(crate) refused: Vec<(&'static str, Message, &'static str)>,
    /// A way round, and what of it is on the wire.
    pub(crate) ways: Vec<(Way, &'static str)>,
}

/// The way round a rule.
pub(crate) enum Way {
    Json(Message),
    RawJson(Message),
    Generated(fn(&Client) -> Request),
}

pub(crate) type Request = Result<reqwest::Request, Box<dyn std::error::Error>>;

impl Way {
    /// As the guide says it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::RawJson(_) => "RawJson",
            Self::Generated(_) => "the generated client",
        }
    }
}

/// A message from its JSON, which can hold what no setter makes.
pub(crate) fn stored(json: Value) -> Message {
    Message::from_json(&json.to_string()).expect("a message")
}

pub(crate) fn without(message: impl Into<Message>, field: &str) -> Message {
    let mut json = serde_json::to_value(message.into()).expect("JSON");
    json.as_object_mut()
        .expect("an object")
        .remove(field)
        .expect("the field");
    stored(json)
}

pub(crate) fn refuse(
    field: &'static str,
    message: impl Into<Message>,
    words: &'static str,
) -> (&'static str, Message, &'static str) {
    (field, message.into(), words)
}

pub(crate) fn json_way(message: impl Into<Message>, wire: &'static str) -> (Way, &'static str) {
    (Way::Json(message.into()), wire)
}

/// A value of free form whose text a client would refuse.
pub(crate) fn raw(json: &str) -> RawJson {
    serde_json::from_str(json).expect("JSON")
}
