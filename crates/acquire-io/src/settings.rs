//! The settings of a finished client: where to send, the key, the limits.

use std::fmt;
use std::time::Duration;

use acquire_io_api::{self as api, ClientInfo as _};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use reqwest::Url;
use tokio_util::task::TaskTracker;

#[cfg(feature = "test-util")]
use crate::answers::Answers;
use crate::channel::UserTypeParameter;
use crate::config::Place;
use crate::key::Key;
use crate::message::Message;
use crate::problem::InvalidMessage;
use crate::proxy::Proxy;
use crate::retry::Retry;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) api: api::Client,
    /// Host and port of the base URL, for spans.
    pub(crate) server: (String, u16),
    pub(crate) proxy: Option<Proxy>,
    pub(crate) is_proxy_given: bool,
    pub(crate) place: Place,
    pub(crate) key: Key,
    /// The headers of every request, except for the key.
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) response_limit: usize,
    pub(crate) user_type_parameter: UserTypeParameter,
    /// The calls under way, of this client and its clones.
    pub(crate) calls: TaskTracker,
    #[cfg(feature = "test-util")]
    pub(crate) answers: Option<Answers>,
}

/// Host and port of a base URL.
pub(crate) fn server(base_url: &Url) -> (String, u16) {
    (
        base_url.host_str().unwrap_or_default().to_owned(),
        base_url.port_or_known_default().unwrap_or_default(),
    )
}

/// A base URL in the form that the generated client needs.
pub(crate) fn without_slash(base_url: &Url) -> &str {
    base_url.as_str().trim_end_matches('/')
}

impl Settings {
    pub(crate) fn base_url(&self) -> &str {
        self.api.baseurl()
    }

    /// Sends a request, or lets a test answer it.
    pub(crate) fn execute(
        &self,
        request: reqwest::Request,
    ) -> impl Future<Output = reqwest::Result<reqwest::Response>> + Send + use<> {
        #[cfg(feature = "test-util")]
        return match &self.answers {
            Some(answers) => answers.answer(request),
            None => Box::pin(self.api.client().execute(request)),
        };
        #[cfg(not(feature = "test-util"))]
        self.api.client().execute(request)
    }

    /// Checks a message, and makes its request, without the headers of every request.
    pub(crate) fn request(&self, message: &Message) -> Result<reqwest::Request, InvalidMessage> {
        message.request(&self.api, self.user_type_parameter)
    }

    /// Adds the headers of every request, and the key if there is one.
    pub(crate) fn add_headers(&self, request: &mut reqwest::Request, key: Option<&HeaderValue>) {
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if let Some(key) = key {
            headers.insert(AUTHORIZATION, key.clone());
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
