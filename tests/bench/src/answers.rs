//! The documented answers, and ways to decode them.

use std::hint::black_box;

use acquire_io::Channel;
use acquire_io::types::{ChatMessageResponse, MailMessageResponse, SmsResponse};
use anyhow::Context as _;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// A documented answer.
pub struct Answer {
    /// The name of its file in `openapi/examples`, without `.json`.
    pub name: &'static str,
    /// The body.
    pub body: &'static [u8],
    typed: fn(&[u8]) -> anyhow::Result<()>,
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
    /// The one with this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> anyhow::Result<&'static Self> {
        let answer = ANSWERS.iter().find(|answer| answer.name == name);
        answer.context("no such answer")
    }

    /// Decodes it once.
    ///
    /// # Errors
    /// When it isn't what it is decoded into.
    pub fn decode(&self, into: Into) -> anyhow::Result<()> {
        match into {
            Into::Nothing => bytes::<IgnoredAny>(self.body),
            Into::Typed => (self.typed)(self.body),
            Into::Value => bytes::<Value>(self.body),
        }
    }
}

fn bytes<T: DeserializeOwned>(body: &[u8]) -> anyhow::Result<()> {
    black_box(serde_json::from_slice::<T>(black_box(body))?);
    Ok(())
}

/// As `acquire-io` decodes.
fn text<T: DeserializeOwned>(body: &[u8]) -> anyhow::Result<()> {
    let text = std::str::from_utf8(black_box(body))?;
    black_box(serde_json::from_str::<T>(text)?);
    Ok(())
}

/// What the server answers to each channel.
pub const OF_CHANNEL: [(Channel, &str); 3] = [
    (Channel::Chat, "sendChatMessage.response.newest"),
    (Channel::Mail, "sendMailMessage.response.newest"),
    (Channel::Sms, "sendSms.response.2021-04-02"),
];

macro_rules! answers {
    ($($name:literal: $type:ty),* $(,)?) => {
        /// Every documented answer.
        pub const ANSWERS: &[Answer] = &[$(Answer {
            name: $name,
            body: include_bytes!(concat!("../../../openapi/examples/", $name, ".json")),
            typed: text::<$type>,
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
