//! A message as options and rows describe it.
//!
//! The structs are both: options of the command line, and rows of a batch. Their fields have the names of
//! the methods of [`acquire_io::Outgoing`].

mod chat;
mod field;
mod mail;
mod sms;

use acquire_io::{Channel, Client, Error, Outgoing};
use bytes::Bytes;

pub(crate) use chat::Chat;
pub(crate) use field::Problem;
pub(crate) use mail::Mail;
pub(crate) use sms::Sms;

use crate::report::Report;

/// A message of any channel.
pub(crate) enum Message {
    Chat(Chat),
    Mail(Mail),
    Sms(Sms),
}

impl Message {
    /// The channel, as rows and reports name it.
    pub(crate) fn channel(&self) -> &'static str {
        match self {
            Self::Chat(_) => "chat",
            Self::Mail(_) => "mail",
            Self::Sms(_) => "sms",
        }
    }

    /// The request that would be sent.
    pub(crate) fn to_http_request(&self, client: &Client) -> Result<http::Request<Bytes>, Problem> {
        match self {
            Self::Chat(chat) => request(chat.outgoing(client)?),
            Self::Mail(mail) => request(mail.outgoing(client)?),
            Self::Sms(sms) => request(sms.outgoing(client)?),
        }
    }

    /// Sends it, and tells what became of it.
    pub(crate) async fn send(&self, client: &Client) -> Result<Report, Problem> {
        let channel = self.channel();
        Ok(match self {
            Self::Chat(chat) => {
                let result = chat.outgoing(client)?.send().await;
                Report::new(channel, result, |sent| sent.message_id())
            }
            Self::Mail(mail) => {
                let result = mail.outgoing(client)?.send().await;
                Report::new(channel, result, |sent| sent.message_id())
            }
            Self::Sms(sms) => {
                let result = sms.outgoing(client)?.send().await;
                Report::new(channel, result, |sent| sent.message_id())
            }
        })
    }
}

fn request<C: Channel>(outgoing: Outgoing<C>) -> Result<http::Request<Bytes>, Problem> {
    outgoing.to_http_request().map_err(|error: Error| {
        Problem::new(
            error.field().unwrap_or_default(),
            error.problem().unwrap_or_default(),
        )
    })
}
