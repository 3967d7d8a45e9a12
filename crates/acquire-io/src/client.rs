//! The client, which sends messages.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api::{self as api, ClientInfo as _};
use bytes::Bytes;
use reqwest::Body;
use tokio::time::timeout;

use crate::config::{self, ConfigError, Place, Setting};
use crate::key::ApiKey;
use crate::message::Message;
use crate::outgoing::Outgoing;
use crate::problem::{InvalidMessage, Problems};
use crate::proxy::{self, Proxy};
use crate::settings::{self, Settings};

/// Sends messages for one Acquire account.
///
/// Cheap to clone; clones share their connections. Use one for all messages.
///
/// ```no_run
/// use acquire_io::{CaseId, Chat, Client};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let acquire = Client::from_env()?;
/// let sent = acquire.send(Chat::new(CaseId(2069)).text("Hey")).await?;
/// println!("accepted: {:?}", sent.message_id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Settings>);

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }

    /// A client for another account, with the same settings and connections: cheap enough to make one for each account, or
    /// for each message. [`drain`](Self::drain) on either waits for the calls of both.
    ///
    /// If this client has a [base URL](crate::ClientBuilder::base_url) instead of an account, the new one keeps it, and only
    /// the key differs.
    ///
    /// ```
    /// use acquire_io::Client;
    ///
    /// let acme = Client::builder().account_id("acme").api_key("secret").build()?;
    /// let other = acme.account("other", "its-secret")?;
    /// assert_eq!(other.base_url(), "https://other.acquire.io");
    /// # Ok::<(), acquire_io::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// When the account ID or the key is invalid, or when `NO_PROXY` names the host of only one of the two accounts: then
    /// make a separate client with [`ClientBuilder`](crate::ClientBuilder).
    pub fn account(
        &self,
        account_id: impl Into<String>,
        api_key: impl Into<ApiKey>,
    ) -> Result<Self, ConfigError> {
        let account_url = config::account_url(&Setting::new("account_id", account_id))?;
        let mut settings = Settings::clone(&self.0);
        settings.key = api_key.into().checked()?;
        if settings.place == Place::Account {
            if !settings.is_proxy_given {
                let url = |proxy: &Proxy| proxy.url();
                let proxy = proxy::from_environment(&account_url)?;
                if proxy.as_ref().map(url) != settings.proxy.as_ref().map(url) {
                    return Err(ConfigError::new(
                        "account_id",
                        "needs another proxy, by the environment, than the client that it shares connections with",
                    ));
                }
            }
            settings.server = settings::server(&account_url);
            let http = settings.api.client().clone();
            let base_url = settings::without_slash(&account_url);
            settings.api = api::Client::new_with_client(base_url, http);
        }
        Ok(Self::new(settings))
    }

    /// Sends a [`Chat`](crate::Chat), a [`Mail`](crate::Mail), an [`Sms`](crate::Sms) or a [`Message`], by value or by
    /// reference. Nothing is sent until the result is awaited.
    ///
    /// Returns `Ok` when Acquire accepted the message, even if the answer can't be decoded.
    ///
    /// # Errors
    /// When the message was not sent, was refused, or may or may not have been sent.
    /// [`Error::next_step`](crate::Error::next_step) says what to do.
    pub fn send(&self, message: impl Into<Message>) -> Outgoing {
        Outgoing::new(Arc::clone(&self.0), message.into())
    }

    /// Checks a message and makes its request, as [`send`](Self::send) does, without sending it.
    ///
    /// The request holds the message, and the API key in the header `authorization`, which is marked as sensitive so that
    /// `Debug` doesn't print it. A key that is [read for each attempt](ApiKey::read_by) is left out. The HTTP stack would
    /// add `host` and `content-length`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use acquire_io::{CaseId, Chat, Client};
    /// let acquire = Client::builder().account_id("acme").api_key("secret").build()?;
    /// let request = acquire.to_http_request(Chat::new(CaseId(28)).text("Hey"))?;
    /// assert_eq!(request.uri().path(), "/api/v1/crm/messenger/chat/add-message");
    /// assert_eq!(request.body(), r#"{"caseId":28,"message":{"message":"Hey","type":"message"}}"#);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the message is invalid.
    pub fn to_http_request(
        &self,
        message: impl Into<Message>,
    ) -> Result<http::Request<Bytes>, InvalidMessage> {
        let mut request = self.0.request(&message.into())?;
        self.0.add_headers(&mut request, self.0.key.given());
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let mut http = http::Request::new(Bytes::copy_from_slice(body));
        *http.method_mut() = request.method().clone();
        let uri = request.url().as_str().parse();
        *http.uri_mut() =
            uri.map_err(|_| Problems::one("message", "makes a request that can't be sent"))?;
        *http.headers_mut() = std::mem::take(request.headers_mut());
        Ok(http)
    }

    /// Waits until no call is under way, for `limit` at most. Returns how many are left: 0 when all have ended. Use it
    /// before a program exits, so that no call is cut off before its verdict.
    ///
    /// It counts the calls of this client and of all its clones, from the moment they are awaited or turned into a future:
    /// `tokio::spawn(acquire.send(chat).into_future())` counts at once, `tokio::spawn(async move { .. })` once it runs. Call
    /// it when no new calls are started. No call lasts longer than its [timeout](crate::Outgoing::timeout), so a longer
    /// limit leaves none.
    ///
    /// It waits for the calls, not for what tasks do with the results: only what a task does before its next `.await` is
    /// certain to be done.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # async fn run(acquire: acquire_io::Client) {
    /// let left = acquire.drain(acquire.timeout() + Duration::from_secs(1)).await;
    /// if left > 0 {
    ///     eprintln!("{left} messages have no verdict");
    /// }
    /// # }
    /// ```
    pub async fn drain(&self, limit: Duration) -> usize {
        let calls = &self.0.calls;
        // Only a closed tracker can be waited for. It still takes new calls.
        calls.close();
        match timeout(limit, calls.wait()).await {
            Ok(()) => 0,
            Err(_) => calls.len(),
        }
    }

    /// Where requests go, for example `https://acme.acquire.io`.
    pub fn base_url(&self) -> &str {
        self.0.base_url()
    }

    /// The proxy that requests go through. Doesn't know a proxy that a closure of
    /// [`ClientBuilder::configure_http`](crate::ClientBuilder::configure_http) sets.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.0.proxy.as_ref()
    }

    /// The time limit of one call, unless [`Outgoing::timeout`](crate::Outgoing::timeout) sets another. See
    /// [`ClientBuilder::timeout`](crate::ClientBuilder::timeout).
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }
}

/// Prints no key.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
