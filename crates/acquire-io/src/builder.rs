//! The settings of a client, and building it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api as api;
use http::header::{ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use reqwest::Url;
use tokio_util::task::TaskTracker;

#[cfg(feature = "test-util")]
use crate::answers::Answers;
use crate::channel::UserTypeParameter;
use crate::client::Client;
use crate::config::{self, ConfigError, Place, Setting};
use crate::connect::{Configure, Http};
use crate::key::ApiKey;
use crate::proxy;
use crate::retry::Retry;
use crate::settings::{self, Settings};

impl Client {
    /// Starts a client with your own settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

/// 8 MiB, 200 times the largest documented answer.
const RESPONSE_LIMIT: usize = 8 * 1024 * 1024;

/// Settings for a [`Client`]. Start with [`Client::builder`].
///
/// ```
/// use std::time::Duration;
/// use acquire_io::Client;
///
/// let acquire = Client::builder()
///     .account_id("acme")
///     .api_key("secret")
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// assert_eq!(acquire.base_url(), "https://acme.acquire.io");
/// # Ok::<(), acquire_io::ConfigError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    pub(crate) account_id: Option<Setting>,
    pub(crate) api_key: Option<ApiKey>,
    pub(crate) base_url: Option<Setting>,
    pub(crate) trusted_hosts: Vec<Setting>,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) retry: Retry,
    response_limit: usize,
    pub(crate) user_type_parameter: UserTypeParameter,
    user_agent: Option<String>,
    pub(crate) proxy: Option<Setting>,
    /// Each with the name of the setting that it came from.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) root_certificates: Vec<(&'static str, Vec<u8>)>,
    configure_http: Vec<Arc<Configure>>,
    /// Whether an error names a missing setting by its environment variable.
    pub(crate) is_from_environment: bool,
    #[cfg(feature = "test-util")]
    pub(crate) answers: Option<Answers>,
}

impl ClientBuilder {
    fn new() -> Self {
        Self {
            account_id: None,
            api_key: None,
            base_url: None,
            trusted_hosts: Vec::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            retry: Retry::default(),
            response_limit: RESPONSE_LIMIT,
            user_type_parameter: UserTypeParameter::default(),
            user_agent: None,
            proxy: None,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            root_certificates: Vec::new(),
            configure_http: Vec::new(),
            is_from_environment: false,
            #[cfg(feature = "test-util")]
            answers: None,
        }
    }

    /// The account: the `acme` of `https://acme.acquire.io`, one DNS label. Excludes [`base_url`](Self::base_url).
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.base_url.take_if(|url| url.is_from_environment());
        self.account_id = Some(Setting::new("account_id", account_id));
        self
    }

    /// The API key: a string, or [read for each attempt](ApiKey::read_by).
    pub fn api_key(mut self, api_key: impl Into<ApiKey>) -> Self {
        self.api_key = Some(api_key.into());
        self
    }

    /// A server on loopback to use instead of the account's, for example the sandbox: `http://127.0.0.1:8080`.
    ///
    /// Any other host is refused, because it would get the key, unless it is [trusted by name](Self::trust_host). Requests
    /// to it use no proxy, and `localhost` always means 127.0.0.1 and ::1, whatever DNS says. Excludes
    /// [`account_id`](Self::account_id) and [`proxy`](Self::proxy).
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.account_id.take_if(|id| id.is_from_environment());
        self.base_url = Some(Setting::new("base_url", base_url));
        self
    }

    /// Allows [`base_url`](Self::base_url) to name this host, over `http` or `https`: for a sandbox beside your program in
    /// Docker Compose or Kubernetes. Takes a host name or an IP address.
    ///
    /// Over `http` the API key and every message go to this host unencrypted: anyone who can read that network can read
    /// them, and whoever answers for the name, in DNS or in `/etc/hosts`, gets them. Trust a host only in your own network,
    /// and use a key of the sandbox, never one of an account. Acquire's own hosts are refused here: they are called over
    /// `https` only.
    ///
    /// ```
    /// use acquire_io::Client;
    ///
    /// let acquire = Client::builder()
    ///     .base_url("http://sandbox:8080")
    ///     .trust_host("sandbox")
    ///     .api_key("sandbox-key")
    ///     .build()?;
    /// # Ok::<(), acquire_io::ConfigError>(())
    /// ```
    pub fn trust_host(mut self, host: impl Into<String>) -> Self {
        self.trusted_hosts.push(Setting::new("trust_host", host));
        self
    }

    /// The time limit of one call: all attempts, the delays between them, and reading the answer. Default: 30 seconds.
    /// [`build`](Self::build) refuses zero; any other duration is allowed, even [`Duration::MAX`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The time limit for connecting, including TLS, within one attempt. Default: 10 seconds. [`build`](Self::build)
    /// refuses zero.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// When to send a message again automatically. Default: [`Retry::not_sent`].
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The largest body of an answer that is read, in bytes, before and after decompression. Default: 8 MiB. A longer
    /// answer to an accepted message is still `Ok`, with its body cut at the limit.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// How to spell the query parameter `x-user-type` of chat messages. Default: [`UserTypeParameter::Newest`].
    pub fn user_type_parameter(mut self, spelling: UserTypeParameter) -> Self {
        self.user_type_parameter = spelling;
        self
    }

    /// The name of your program, for the header `User-Agent`. `acquire-io/<version>` follows it.
    pub fn user_agent(mut self, program: impl Into<String>) -> Self {
        self.user_agent = Some(program.into());
        self
    }

    /// A proxy for all requests, for example `http://proxy.example:3128`. Ignores `NO_PROXY`. Its scheme is `http`, the
    /// default, or `https`; for other kinds see [`configure_http`](Self::configure_http). Excludes
    /// [`base_url`](Self::base_url), which uses no proxy.
    ///
    /// By default the proxy comes from the environment or the system: `HTTPS_PROXY`, else `ALL_PROXY`, unless `NO_PROXY`
    /// excludes the host. Each variable is also read in lower case; an empty one counts as not set.
    /// [`Client::proxy`] returns the proxy in use.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(Setting::new("proxy", url));
        self
    }

    /// Trusts these certificates, the text of a PEM file, in addition to those that the platform trusts: for example of a
    /// proxy that inspects TLS.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = pem.into();
        self.root_certificates.push(("root_certificates_pem", pem));
        self
    }

    /// Configures the HTTP client, reqwest 0.13, where this builder has no setting: a resolver, a local address,
    /// keep-alive, a client certificate, SOCKS.
    ///
    /// The closure runs first. This builder then sets what it guarantees, which a closure can't change: no redirects, no
    /// retries, no decompression and no logging of bodies by reqwest, idle connections closed after 4 seconds, checked
    /// certificates, and everything else that has a setting here. A proxy that the closure sets comes before the one of the
    /// environment, and [`Client::proxy`] doesn't know it; with [`proxy`](Self::proxy) or [`base_url`](Self::base_url) it
    /// is not used. A `timeout` or `read_timeout` that the closure sets ends an attempt like a broken connection: use
    /// [`timeout`](Self::timeout) instead.
    ///
    /// Several closures run in the order of the calls.
    ///
    /// ```
    /// use std::time::Duration;
    /// use acquire_io::Client;
    ///
    /// let acquire = Client::builder()
    ///     .account_id("acme")
    ///     .api_key("secret")
    ///     .configure_http(|http| http.tcp_keepalive(Duration::from_secs(30)))
    ///     .build()?;
    /// # Ok::<(), acquire_io::ConfigError>(())
    /// ```
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure_http.push(Arc::new(configure));
        self
    }

    /// Makes the client. Doesn't connect yet.
    ///
    /// # Errors
    /// When a setting is missing or invalid, two settings exclude each other, the environment names a proxy that can't be
    /// used, or TLS can't be set up.
    pub fn build(self) -> Result<Client, ConfigError> {
        let (base_url, place) = self.target()?;
        let Some(api_key) = &self.api_key else {
            return Err(match self.is_from_environment {
                true => ConfigError::new(
                    "ACQUIRE_API_KEY",
                    "not set; a key is made under Settings > For Developers > API Key",
                ),
                false => ConfigError::new("api_key", "not set"),
            });
        };
        let key = api_key.checked()?;
        let user_agent = user_agent(self.user_agent.as_deref())?;
        config::time_limit("timeout", self.timeout)?;
        config::time_limit("connect_timeout", self.connect_timeout)?;
        let given = self.proxy.as_ref();
        let given = given.map(|proxy| proxy::given(proxy, &base_url));
        // Checked even when it won't be used, so that a mistake is found now.
        let given = given.transpose()?;
        let proxy = match place {
            Place::Account if given.is_none() => proxy::from_environment(&base_url)?,
            Place::Account => given,
            // A proxy would get the key unencrypted.
            Place::Loopback | Place::Trusted => None,
        };
        let http = Http {
            connect_timeout: self.connect_timeout,
            configure: &self.configure_http,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            root_certificates: &self.root_certificates,
            proxy: proxy.as_ref(),
            is_proxy_given: self.proxy.is_some(),
            place,
        };
        let http = http.client(&base_url)?;
        let headers = HeaderMap::from_iter([
            (USER_AGENT, user_agent),
            // A compressed body that is cut can hide a refusal, and compression saves little.
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ]);
        Ok(Client::new(Settings {
            server: settings::server(&base_url),
            is_proxy_given: self.proxy.is_some(),
            proxy,
            api: api::Client::new_with_client(settings::without_slash(&base_url), http),
            place,
            key,
            headers,
            timeout: self.timeout,
            retry: self.retry,
            response_limit: self.response_limit,
            user_type_parameter: self.user_type_parameter,
            calls: TaskTracker::new(),
            #[cfg(feature = "test-util")]
            answers: self.answers,
        }))
    }

    /// Counts settings from methods only: a developer's environment may name a sandbox for a program that sets a proxy, and
    /// the other way round.
    fn proxy_and_base_url_are_given(&self) -> bool {
        let settings = [&self.proxy, &self.base_url];
        let mut given = settings.into_iter().flatten();
        given.clone().count() == 2 && !given.any(Setting::is_from_environment)
    }

    /// Where requests go.
    fn target(&self) -> Result<(Url, Place), ConfigError> {
        let trusted = self.trusted_hosts.iter().map(config::trusted_host);
        let trusted: Vec<_> = trusted.collect::<Result<_, _>>()?;
        let account = self.account_id.as_ref().map(config::account_url);
        let account = account.transpose()?;
        let base_url = self.base_url.as_ref();
        let base_url = base_url.map(|url| config::base_url(url, &trusted));
        match (account, base_url.transpose()?) {
            (Some(_), Some(_)) => Err(ConfigError::new(
                self.base_url.as_ref().map_or("base_url", |url| url.name),
                "is set, and so is the account ID: remove one of them",
            )),
            (None, Some(_)) if self.proxy_and_base_url_are_given() => Err(ConfigError::new(
                "proxy",
                "is not used for a base URL: remove one of them",
            )),
            (Some(url), None) => Ok((url, Place::Account)),
            (None, Some(base_url)) => Ok(base_url),
            (None, None) if self.is_from_environment => Err(ConfigError::new(
                "ACQUIRE_ACCOUNT_ID",
                "not set; it is the `acme` of https://acme.acquire.io",
            )),
            (None, None) => Err(ConfigError::new("account_id", "not set")),
        }
    }
}

fn user_agent(program: Option<&str>) -> Result<HeaderValue, ConfigError> {
    const OURS: &str = concat!("acquire-io/", env!("CARGO_PKG_VERSION"));
    let Some(program) = program else {
        return Ok(HeaderValue::from_static(OURS));
    };
    HeaderValue::from_str(&format!("{program} {OURS}"))
        .map_err(|_| ConfigError::new("user_agent", "has characters that a header can't hold"))
}

/// Prints no key.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}
