//! Messages made of command line options.

mod chat;
mod mail;
mod options;
mod sms;

pub(crate) use chat::Chat;
pub(crate) use mail::Mail;
pub(crate) use options::Options;
pub(crate) use sms::Sms;
