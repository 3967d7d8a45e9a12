//! Mocks that expect a message of the client.

use std::sync::LazyLock;

use acquire_io::{Chat, Client, Mail, Message, Sms};
use httpmock::When;
use serde_json::Value;

use crate::operations::{SendChatMessageWhen, SendMailMessageWhen, SendSmsWhen};

macro_rules! message {
    ($($when:ident: $message:ident),*) => {$(
        impl $when {
            /// Expects the request of exactly this message: its body, its sender and its contact. Accepts both spellings
            /// of `x-user-type`. A message that [`check`](Message::check) rejects matches no request.
            pub fn message(self, message: &$message) -> Self {
                Self::new(expect(self.into_inner(), message.into()))
            }
        }
    )*};
}
message!(SendChatMessageWhen: Chat, SendMailMessageWhen: Mail, SendSmsWhen: Sms);

/// The query parameters of all operations.
const NEWEST: &str = "x-user-type";
const OLDER: &str = "-x-user-type";
const CONTACT: &str = "contactId";

fn expect(when: When, message: Message) -> When {
    /// Only makes requests, and never sends them.
    static CLIENT: LazyLock<Option<Client>> = LazyLock::new(|| {
        let client = Client::builder().base_url("http://127.0.0.1").api_key("k");
        client.build().ok()
    });
    let request = CLIENT
        .as_ref()
        .and_then(|client| client.to_http_request(message).ok());
    let body = request
        .as_ref()
        .and_then(|request| serde_json::from_slice::<Value>(request.body()).ok());
    let (Some(request), Some(body)) = (request, body) else {
        return when.is_true(|_| false);
    };
    let when = when.json_body(body);
    let query = request.uri().query().unwrap_or_default();
    // Only IDs and words, which are never percent-encoded.
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(found, value)| (found == name).then(|| value.to_owned()))
    };
    let when = match value(CONTACT) {
        Some(contact) => when.query_param(CONTACT, contact),
        None => when.query_param_missing(CONTACT),
    };
    match value(NEWEST) {
        Some(sender) => when.is_true(move |request| {
            let pairs = request.query_params();
            let mut senders = pairs
                .iter()
                .filter(|(name, _)| name == NEWEST || name == OLDER);
            senders.next().is_some_and(|(_, value)| *value == sender) && senders.next().is_none()
        }),
        None => when.query_param_missing(NEWEST).query_param_missing(OLDER),
    }
}
