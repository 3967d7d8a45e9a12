//! What each channel sends: the caller's facts, and the request that they make.

mod chat;
mod mail;
mod sms;

use std::future::Future;

use acquire_io_api as api;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use chat::Chat;
pub use mail::Mail;
pub use sms::Sms;

use crate::client::UserTypeParameter;
use crate::error::InputError;
use crate::types::ApiError;

/// What the generated client returns for an answer of type `T`.
pub(crate) type ApiResult<T> = Result<api::ResponseValue<T>, api::Error<ApiError>>;

/// A channel that messages are sent through: [`Chat`], [`Mail`] or [`Sms`].
///
/// Sealed: the API has these three.
pub trait Channel: sealed::Channel {}

impl<C: sealed::Channel> Channel for C {}

pub(crate) mod sealed {
    use super::*;

    pub trait Channel: Clone + Send + Sync {
        /// The `operationId` in the OpenAPI document.
        const OPERATION: &'static str;

        /// As the OpenAPI document has them. For tracing: the generated client keeps its own.
        const METHOD_AND_PATH: (&'static str, &'static str);

        type Request: Clone + Send + Sync;

        type Answer: Answer;

        /// Checks the caller's facts, and makes the request of them, once for all attempts.
        fn request(&self) -> Result<Self::Request, InputError>;

        /// What of the message must not appear in an error's text when the server repeats it.
        fn private(&self) -> Vec<String>;

        fn call(
            client: &api::Client,
            spelling: UserTypeParameter,
            request: Self::Request,
        ) -> impl Future<Output = ApiResult<Self::Answer>> + Send;
    }

    pub trait Answer: DeserializeOwned + Send + 'static {
        /// Whether there is a message in it. A 2xx without one may be a refusal.
        fn has_data(&self) -> bool;
    }
}

/// Collects the texts within a value that the caller gave as JSON, as content of the message.
pub(crate) fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(members) => {
            for (key, member) in members {
                texts.push(key.clone());
                collect_texts(member, texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

macro_rules! answers {
    ($($answer:ident),*) => {$(
        impl sealed::Answer for crate::types::$answer {
            fn has_data(&self) -> bool {
                self.data.is_some()
            }
        }
    )*};
}
answers!(ChatMessageResponse, MailMessageResponse, SmsResponse);
