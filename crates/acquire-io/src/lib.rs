#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod channel;
mod check;
mod client;
mod delivery;
mod error;
mod outgoing;
mod retry;
mod sent;
mod trace;

#[doc = include_str!("../docs/delivery.md")]
pub mod guarantee {}

pub mod guide;

pub use acquire_io_api::types::{CaseId, ContactId, MessageId, SmsId, TimelineId};
pub use acquire_io_api::{RawJson, Timestamp, types};
pub use channel::{Channel, Chat, Mail, Sms};
pub use client::{Client, ClientBuilder, ConfigError, UserTypeParameter};
pub use delivery::Delivery;
pub use error::{Error, error_code};
pub use outgoing::Outgoing;
pub use retry::Retry;
pub use sent::{DecodeError, Sent};
