//! The documented answers, and ways to decode them.

use std::hint::black_box;

use acquire_io::types::{ChatMessageResponse, MailMessageResponse, SmsResponse};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// A documented answer.
pub struct Answer {
    /// The name of its file.
    pub name: &'static str,
    /// The body.
    pub body: &'static str,
    typed: fn(&str) -> serde_json::Result<()>,
}

/// What an answer is decoded into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    /// Nothing: the JSON is only checked. The floor.
    Nothing,
    /// The type of `acquire-io`.
    Typed,
    /// `serde_json::Value`.
    Value,
}

impl Into {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Typed, Self::Value];

    /// For the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Typed => "typed",
            Self::Value => "value",
        }
    }
}

impl Answer {
    /// Decodes it once.
    ///
    /// # Errors
    /// When it isn't what it is decoded into.
    pub fn decode(&self, into: Into) -> serde_json::Result<()> {
        match into {
            Into::Nothing => decode::<IgnoredAny>(self.body),
            Into::Typed => (self.typed)(self.body),
            Into::Value => decode::<Value>(self.body),
        }
    }
}

fn decode<T: DeserializeOwned>(body: &str) -> serde_json::Result<()> {
    black_box(T::deserialize(&mut serde_json::Deserializer::from_slice(
        black_box(body.as_bytes()),
    ))?);
    Ok(())
}

macro_rules! answers {
    ($($name:literal: $type:ty),* $(,)?) => {
        /// Every documented answer.
        pub const ANSWERS: &[Answer] = &[$(Answer {
            name: $name,
            body: include_str!(concat!("../../../openapi/examples/", $name, ".json")),
            typed: decode::<$type>,
        }),*];
    };
}
answers! {
    "sendChatMessage.response.newest": ChatMessageResponse,
    "sendChatMessage.response.2021-03-30": ChatMessageResponse,
    "sendChatMessage.response.2021-03-10": ChatMessageResponse,
    "sendMailMessage.response.newest": MailMessageResponse,
    "sendMailMessage.response.2021-04-02": MailMessageResponse,
    "sendSms.response.2021-04-02": SmsResponse,
    "sendSms.response.2021-03-19": SmsResponse,
}
