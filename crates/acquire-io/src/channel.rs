//! The channels, and the side that sends.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The channel that a message is sent through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A chat message, note or event.
    Chat,
    /// An e-mail.
    Mail,
    /// An SMS.
    Sms,
}

impl Channel {
    /// The name in a message's JSON: `chat`, `mail` or `sms`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }

    /// The `operationId` in the OpenAPI document, for example `sendSms`.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Chat => "sendChatMessage",
            Self::Mail => "sendMailMessage",
            Self::Sms => "sendSms",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The side that sends. Sent as the query parameter `x-user-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Sender {
    /// An agent: `x-user-type=user`.
    Agent,
    /// The contact: `x-user-type=contact`.
    Contact,
}

impl From<Sender> for acquire_io_api::types::UserType {
    fn from(sender: Sender) -> Self {
        match sender {
            Sender::Agent => Self::User,
            Sender::Contact => Self::Contact,
        }
    }
}

/// The spelling of the query parameter for the side that sends a chat message.
///
/// Acquire's pages of 2021-03-30 and 2021-03-10 spell it with a leading dash, the newest page without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserTypeParameter {
    /// `x-user-type`, the newest page's spelling.
    #[default]
    Newest,
    /// `-x-user-type`, the older pages' spelling.
    Older,
}
