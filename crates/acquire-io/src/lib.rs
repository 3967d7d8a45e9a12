#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "test-util")]
mod answers;
mod attempt;
mod builder;
mod call;
mod cause;
mod channel;
mod client;
mod config;
mod connect;
mod delivery;
mod envelope;
mod environment;
mod error;
mod excerpt;
mod ids;
mod key;
mod kind;
mod message;
mod outgoing;
mod problem;
mod proxy;
mod retry;
mod sent;
mod settings;
#[cfg(feature = "test-util")]
pub mod test_util;
mod trace;
mod verdict;
mod wire;

#[doc = include_str!("../docs/delivery.md")]
pub mod guarantee {}

/// The guide: a page for each subject.
pub mod guide {
    #[doc = include_str!("../docs/messages.md")]
    pub mod messages {}

    #[doc = include_str!("../docs/rules.md")]
    pub mod rules {}

    #[doc = include_str!("../docs/channels.md")]
    pub mod channels {}

    #[doc = include_str!("../docs/retry.md")]
    pub mod retry {}

    #[doc = include_str!("../docs/testing.md")]
    pub mod testing {}

    #[doc = include_str!("../docs/logging.md")]
    pub mod logging {}

    #[doc = include_str!("../docs/service.md")]
    pub mod service {}

    #[doc = include_str!("../docs/connection.md")]
    pub mod connection {}

    #[doc = include_str!("../docs/semver.md")]
    pub mod semver {}

    #[doc = include_str!("../docs/json.md")]
    pub mod json {}
}

pub use acquire_io_api::types::{CaseId, ContactId, MessageId, SmsId, TimelineId};
pub use acquire_io_api::{RawJson, Timestamp, types};
pub use builder::ClientBuilder;
pub use channel::{Channel, Sender, UserTypeParameter};
pub use client::Client;
pub use config::ConfigError;
pub use delivery::{Delivery, NextStep, ParseDeliveryError};
pub use envelope::error_code;
pub use error::Error;
pub use key::ApiKey;
pub use kind::ErrorKind;
pub use message::{Chat, Mail, Message, OptionalText, Sms, Texts};
pub use outgoing::Outgoing;
pub use problem::{InvalidMessage, Problem, Problems};
pub use proxy::Proxy;
pub use retry::Retry;
pub use sent::{DecodeError, Receipt, Sent};
