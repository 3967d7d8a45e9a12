//! A message of any channel: its JSON, its checks and its request.

mod chat;
mod fields;
mod json;
mod mail;
mod rules;
mod sms;
mod texts;

use std::fmt;

use acquire_io_api as api;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

pub use chat::Chat;
pub use mail::Mail;
pub use sms::Sms;
pub use texts::{OptionalText, Texts};

use crate::channel::{Channel, UserTypeParameter};
use crate::problem::{InvalidMessage, Problems};
use crate::types::CaseId;
use fields::Fields;
use json::{Additions, Free, edit};

/// A message of any channel, as a value.
///
/// Its JSON is the same in files, in queues and in rows of `acquire batch`: an object whose `channel` is `chat`, `mail` or
/// `sms`, with the fields of [`Chat`], [`Mail`] or [`Sms`]. `acquire schema message` prints the JSON Schema. JSON of free
/// form in it (`meta`, `json`, `attachment`) is kept as text, with the order of its keys and with numbers of any size.
///
/// ```
/// use acquire_io::{CaseId, Chat, Message};
///
/// let message = Message::from_json(r#"{"channel":"chat","case":28,"note":"called back","sender":"agent"}"#)?;
/// assert_eq!(message, Chat::new(CaseId(28)).as_agent().note("called back").into());
///
/// let error = Message::from_json(r#"{"channel":"chat","case":"28","note":"Hey","txt":1}"#).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`case` is not a whole number of 64 bits; `txt` is not a field of a chat message",
/// );
/// # Ok::<(), acquire_io::InvalidMessage>(())
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(description = "A message of any channel.")
)]
#[serde(untagged)]
pub enum Message {
    /// A chat message, note or event.
    Chat(Chat),
    /// An e-mail.
    Mail(Mail),
    /// An SMS.
    Sms(Sms),
}

impl Message {
    /// Reads a message's JSON.
    ///
    /// # Errors
    /// When it isn't a JSON object, or the fields are not those of its channel: every problem at once. It doesn't check
    /// whether the message can be sent: see [`check`](Self::check).
    pub fn from_json(json: &str) -> Result<Self, InvalidMessage> {
        match Fields::read(json)? {
            (Channel::Chat, fields) => Chat::read(fields).map(Self::Chat),
            (Channel::Mail, fields) => Mail::read(fields).map(Self::Mail),
            (Channel::Sms, fields) => Sms::read(fields).map(Self::Sms),
        }
    }

    /// The channel.
    pub fn channel(&self) -> Channel {
        match self {
            Self::Chat(_) => Channel::Chat,
            Self::Mail(_) => Channel::Mail,
            Self::Sms(_) => Channel::Sms,
        }
    }

    /// The case.
    pub fn case(&self) -> CaseId {
        match self {
            Self::Chat(chat) => chat.case,
            Self::Mail(mail) => mail.case,
            Self::Sms(sms) => sms.case,
        }
    }

    /// Checks the message by the client's [rules](crate::guide::rules), as [`Client::send`](crate::Client::send) does. A
    /// message that passes is not rejected later.
    ///
    /// # Errors
    /// When it breaks a rule. The error has all problems.
    pub fn check(&self) -> Result<(), InvalidMessage> {
        self.checked().map(drop)
    }

    /// Checks the message. Returns the body of its request if `json` or `without` changes it.
    fn checked(&self) -> Result<Option<String>, InvalidMessage> {
        let mut problems = Problems::default();
        match self {
            Self::Chat(chat) => chat.check(&mut problems),
            Self::Mail(mail) => mail.check(&mut problems),
            Self::Sms(sms) => sms.check(&mut problems),
        }
        let body = self.changed_body(&mut problems);
        problems.into_result().map(|()| body)
    }

    fn changed_body(&self, problems: &mut Problems) -> Option<String> {
        let (additions, left_out) = (self.additions(), self.left_out());
        if additions.is_empty() && left_out.is_empty() {
            return None;
        }
        let body = match self {
            Self::Chat(chat) => serde_json::to_string(&chat.body()),
            Self::Mail(mail) => serde_json::to_string(&mail.body()),
            Self::Sms(sms) => serde_json::to_string(&sms.body()),
        };
        let mut body = body.ok()?;
        for pointer in left_out {
            body = edit(&body, &pointer, None).unwrap_or(body);
        }
        Some(problems.place(additions, body))
    }

    fn additions(&self) -> &Additions {
        match self {
            Self::Chat(chat) => &chat.json,
            Self::Mail(mail) => &mail.json,
            Self::Sms(sms) => &sms.json,
        }
    }

    /// The JSON pointers of what `without` leaves out.
    fn left_out(&self) -> Vec<String> {
        let (object, names) = match self {
            Self::Chat(_) => return Vec::new(),
            Self::Mail(mail) => ("/data/", &mail.without),
            Self::Sms(sms) => ("/", &sms.without),
        };
        names.iter().map(|name| format!("{object}{name}")).collect()
    }

    /// Checks the message and makes its request.
    pub(crate) fn request(
        &self,
        client: &api::Client,
        spelling: UserTypeParameter,
    ) -> Result<reqwest::Request, InvalidMessage> {
        let changed_body = self.checked()?;
        let request = match self {
            Self::Chat(chat) => chat.request(client, spelling),
            Self::Mail(mail) => mail.request(client),
            Self::Sms(sms) => sms.request(client),
        };
        let mut request = request
            .ok_or_else(|| Problems::one("message", "makes a request that can't be sent"))?;
        if let Some(body) = changed_body {
            *request.body_mut() = Some(body.into());
        }
        Ok(request)
    }

    /// Content that an error must mask if the server repeats it.
    pub(crate) fn private(&self) -> Vec<String> {
        let mut texts = match self {
            Self::Chat(chat) => chat.private(),
            Self::Mail(mail) => mail.private(),
            Self::Sms(sms) => sms.private(),
        };
        for (_, value) in self.additions().iter() {
            value.collect_texts(&mut texts);
        }
        texts
    }
}

/// Works with serde_json only: see [`Message::from_json`]. An error names fields and shows no values.
impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_json(json.get()).map_err(serde::de::Error::custom)
    }
}

/// Prints no content.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chat(chat) => chat.fmt(f),
            Self::Mail(mail) => mail.fmt(f),
            Self::Sms(sms) => sms.fmt(f),
        }
    }
}

impl From<&Self> for Message {
    fn from(message: &Self) -> Self {
        message.clone()
    }
}

/// What all channels have in common.
macro_rules! common {
    ($($channel:ident)*) => {$(
        impl $channel {
            /// Sets a value in the request's JSON, by JSON pointer (RFC 6901): a value that has no method here, for
            /// example `/message/priority` or `/data/replyTo`, or one to replace.
            ///
            /// Takes anything that serialises as JSON. A [`RawJson`](crate::RawJson) is sent byte for byte.
            #[must_use]
            pub fn json(mut self, pointer: impl Into<String>, value: impl Serialize) -> Self {
                self.json.set(pointer.into(), Free::new(&value));
                self
            }
        }

        /// Works with serde_json only. An error names fields and shows no values.
        impl<'de> Deserialize<'de> for $channel {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = Box::<RawValue>::deserialize(deserializer)?;
                Fields::read_as(Channel::$channel, json.get())
                    .and_then(Self::read)
                    .map_err(serde::de::Error::custom)
            }
        }

        /// Prints no content.
        impl fmt::Debug for $channel {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($channel))
                    .field("case", &self.case.0)
                    .finish_non_exhaustive()
            }
        }

        impl From<$channel> for Message {
            fn from(message: $channel) -> Self {
                Self::$channel(message)
            }
        }

        impl From<&$channel> for Message {
            fn from(message: &$channel) -> Self {
                Self::$channel(message.clone())
            }
        }
    )*};
}
common!(Chat Mail Sms);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_repeated_fields_are_reported_by_name() {
        let read = |json: &str| Message::from_json(json).map_err(|error| error.to_string());
        let null = r#"{"channel":"chat","case":null,"text":null,"note":"hi"}"#;
        assert_eq!(read(null), Err("`case` is required".to_owned()));
        let twice =
            r#"{"channel":"chat","case":"x","text":"a","\u0074ext":"b","json":{"/a":1,"/a":2}}"#;
        let problems = "`text` is there twice; `case` is not a whole number of 64 bits; \
                        `json` has an object with the same key twice";
        assert_eq!(read(twice), Err(problems.to_owned()));
    }
}
