//! What a client knows: where to send, the key, the limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api::{self as api, ClientInfo as _};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::calls::Calls;
use crate::channel::UserTypeParameter;
use crate::message::Message;
use crate::problem::InvalidMessage;
use crate::proxy::Proxy;
use crate::retry::Retry;

pub(crate) struct Settings {
    pub(crate) api: api::Client,
    /// Host and port of the base URL, for tracing.
    pub(crate) server: (String, u16),
    pub(crate) proxy: Option<Proxy>,
    /// Of every request: the key, and what the client says of itself.
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) response_limit: usize,
    pub(crate) user_type_parameter: UserTypeParameter,
    pub(crate) calls: Arc<Calls>,
}

impl Settings {
    pub(crate) fn base_url(&self) -> &str {
        self.api.baseurl()
    }

    /// The API key, to mask where a server repeats it.
    pub(crate) fn api_key(&self) -> Option<&str> {
        let authorization = self.headers.get(AUTHORIZATION)?;
        authorization.to_str().ok()?.strip_prefix("Bearer ")
    }

    /// Checks a message, and makes its request, without the headers of every request.
    pub(crate) fn request(&self, message: &Message) -> Result<reqwest::Request, InvalidMessage> {
        message.request(&self.api, self.user_type_parameter)
    }

    /// Adds the headers of every request.
    pub(crate) fn add_headers(&self, request: &mut reqwest::Request) {
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
    }
}

/// Prints no key.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("response_limit", &self.response_limit)
            .field("user_type_parameter", &self.user_type_parameter)
            .finish_non_exhaustive()
    }
}
