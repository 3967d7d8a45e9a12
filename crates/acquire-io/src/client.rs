//! The client: an account, its key, and an HTTP client.

mod builder;
mod config;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api as api;
use http::HeaderValue;

pub use builder::ClientBuilder;
pub use config::ConfigError;

use crate::channel::{Chat, Mail, Sms};
use crate::outgoing::Outgoing;
use crate::retry::Retry;
use crate::{CaseId, ContactId, TimelineId};

/// Sends messages for one Acquire account.
///
/// Cheap to clone; clones share their connections. Use one for all messages.
///
/// ```no_run
/// use acquire_io::{CaseId, Client};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let acquire = Client::from_env()?;
/// let sent = acquire.chat(CaseId(2069)).text("Hey").send().await?;
/// println!("accepted: {:?}", sent.message_id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Settings>);

struct Settings {
    base_url: String,
    /// Of the base URL, for tracing.
    server: (String, u16),
    authorization: HeaderValue,
    exchange: api::Exchange,
    timeout: Duration,
    retry: Retry,
    response_limit: usize,
    user_type_parameter: UserTypeParameter,
    http: reqwest::Client,
}

/// The spelling of the query parameter that tells which side sends a chat message.
///
/// The pages of 2021-03-30 and 2021-03-10 spell it with a leading dash, the newest page without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserTypeParameter {
    /// `x-user-type`, the newest page's spelling.
    #[default]
    Newest,
    /// `-x-user-type`, the older pages' spelling.
    Older,
}

impl Client {
    /// Makes a client from the environment.
    ///
    /// | variable | |
    /// | --- | --- |
    /// | `ACQUIRE_ACCOUNT_ID` | the `acme` of `https://acme.acquire.io` |
    /// | `ACQUIRE_API_KEY` | made under Settings > For Developers > API Key |
    /// | `ACQUIRE_BASE_URL` | in place of the account ID: a server on loopback, such as the sandbox |
    ///
    /// # Errors
    /// When a variable is missing or breaks its rule. The error names both, and holds no value.
    pub fn from_env() -> Result<Self, ConfigError> {
        config::from_env()?.build()
    }

    /// Makes a client with settings of your own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A chat message, note or event for a case. See the operation `sendChatMessage`.
    pub fn chat(&self, case: CaseId) -> Outgoing<Chat> {
        Outgoing::new(self.clone(), Chat::new(case))
    }

    /// An e-mail for a case whose channel is mail. See the operation `sendMailMessage`.
    pub fn mail(&self, case: CaseId, contact: ContactId) -> Outgoing<Mail> {
        Outgoing::new(self.clone(), Mail::new(case, contact))
    }

    /// An SMS for a case. See the operation `sendSms`.
    pub fn sms(&self, case: CaseId, contact: ContactId, timeline: TimelineId) -> Outgoing<Sms> {
        Outgoing::new(self.clone(), Sms::new(case, contact, timeline))
    }

    /// Where requests go, for example `https://acme.acquire.io`.
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    pub(crate) fn server(&self) -> (&str, u16) {
        (&self.0.server.0, self.0.server.1)
    }

    /// The API key, to mask where a server repeats it.
    pub(crate) fn api_key(&self) -> Option<&str> {
        self.0.authorization.to_str().ok()?.strip_prefix("Bearer ")
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    pub(crate) fn retry(&self) -> &Retry {
        &self.0.retry
    }

    pub(crate) fn user_type_parameter(&self) -> UserTypeParameter {
        self.0.user_type_parameter
    }

    /// A fresh exchange, to prepare the request of one attempt.
    pub(crate) fn exchange(&self) -> api::Exchange {
        self.0.exchange.fresh()
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    pub(crate) fn api(&self, exchange: api::Exchange) -> api::Client {
        api::Client::new_with_client(&self.0.base_url, self.0.http.clone(), exchange)
    }
}

/// Prints no key.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.base_url)
            .field("timeout", &self.0.timeout)
            .field("retry", &self.0.retry)
            .field("response_limit", &self.0.response_limit)
            .field("user_type_parameter", &self.0.user_type_parameter)
            .finish_non_exhaustive()
    }
}
