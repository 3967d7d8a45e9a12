//! Building a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api as api;
use http::header::{ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use reqwest::Url;

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
    /// Makes a client with settings of your own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

/// 8 MiB, two hundred times the largest documented answer.
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
    /// With the names of the settings that gave them.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub(crate) root_certificates: Vec<(&'static str, Vec<u8>)>,
    configure_http: Vec<Arc<Configure>>,
    /// Whether an error calls what is missing by the names of variables.
    pub(crate) is_of_environment: bool,
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
            is_of_environment: false,
            #[cfg(feature = "test-util")]
            answers: None,
        }
    }

    /// The account: the `acme` of `https://acme.acquire.io`, one DNS label. Excludes [`base_url`](Self::base_url).
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.base_url.take_if(|url| url.is_of_environment());
        self.account_id = Some(Setting::new("account_id", account_id));
        self
    }

    /// The API key, as a text, or [read for each attempt](ApiKey::read_by).
    pub fn api_key(mut self, api_key: impl Into<ApiKey>) -> Self {
        self.api_key = Some(api_key.into());
        self
    }

    /// A server on loopback in place of the account's, for example the sandbox: `http://127.0.0.1:8080`.
    /// Another host is refused, because it would get the key, unless it is [trusted by name](Self::trust_host). No proxy is
    /// used for it, and `localhost` means 127.0.0.1 and ::1, whatever a resolver says. Excludes
    /// [`account_id`](Self::account_id) and [`proxy`](Self::proxy).
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.account_id.take_if(|id| id.is_of_environment());
        self.base_url = Some(Setting::new("base_url", base_url));
        self
    }

    /// Lets [`base_url`](Self::base_url) name this host too, by `http` or `https`: a sandbox beside your program, in Docker
    /// Compose or Kubernetes. For an address give the address.
    ///
    /// By `http` the API key and every message go to this host unencrypted: who can read the network between can read
    /// them, and who answers for the name, in DNS or in `/etc/hosts`, gets them. Trust a host only in a network of your
    /// own, and give it a key of the sandbox, not that of an account. Hosts of Acquire can't be trusted so: they have
    /// `https`.
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

    /// Bounds one call: all attempts, the delays between them, and reading the answer. Default: 30 seconds. Zero is
    /// refused by [`build`](Self::build); any other duration is fine, [`Duration::MAX`] too.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds connecting, TLS included, within one attempt. Default: 10 seconds. Zero is refused by
    /// [`build`](Self::build).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// When to send a message again. Default: [`Retry::not_sent`].
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Bounds an answer's body, in bytes, also after decoding. Default: 8 MiB. The answer to an accepted
    /// message is `Ok` even when it is longer, with as much of the body as fits.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// The spelling of the query parameter `x-user-type` of chat messages. Default: the newest.
    pub fn user_type_parameter(mut self, spelling: UserTypeParameter) -> Self {
        self.user_type_parameter = spelling;
        self
    }

    /// Names your program in the header `User-Agent`, before `acquire-io/<version>`.
    pub fn user_agent(mut self, program: impl Into<String>) -> Self {
        self.user_agent = Some(program.into());
        self
    }

    /// A proxy for all requests, for example `http://proxy.example:3128`, whatever `NO_PROXY` says. Its scheme is
    /// `http` (also when none is given) or `https`; for another kind see [`configure_http`](Self::configure_http).
    /// Excludes [`base_url`](Self::base_url), for which no proxy is used.
    ///
    /// By default the proxy is that of the environment or the system: `HTTPS_PROXY`, else `ALL_PROXY`, unless
    /// `NO_PROXY` excludes the host. Each of these is also read in lower case, and counts as not set when it is empty.
    /// [`Client::proxy`] returns the proxy in use.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(Setting::new("proxy", url));
        self
    }

    /// Trusts the certificates of a PEM file's text beside those that the platform trusts, for example of a
    /// proxy that inspects TLS.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        let pem = pem.into();
        self.root_certificates.push(("root_certificates_pem", pem));
        self
    }

    /// Changes the HTTP client, of reqwest 0.13, for what has no setting here: a resolver, a local address, keep-alive,
    /// an identity, SOCKS.
    ///
    /// The closure runs first, what this crate promises comes last and can't be changed: no redirects, no retries, no
    /// decoding and no logging of bodies, idle connections that end after 4 seconds, certificates that are checked, and
    /// what else has a setting here. A proxy of the closure comes before that of the environment, and
    /// [`Client::proxy`] doesn't know it; with [`proxy`](Self::proxy) or [`base_url`](Self::base_url) it is not used. A
    /// `timeout` or `read_timeout` of the closure ends an attempt like a broken connection: use
    /// [`timeout`](Self::timeout).
    ///
    /// Called again, it runs after the closures before.
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

    /// Makes the client. Connects to nothing yet.
    ///
    /// # Errors
    /// When a setting is missing or breaks its rule, two exclude each other, the environment names a proxy that can't be
    /// used, or TLS can't be set up.
    pub fn build(self) -> Result<Client, ConfigError> {
        let (base_url, place) = self.target()?;
        let Some(api_key) = &self.api_key else {
            return Err(match self.is_of_environment {
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
        // Checked though it may not be used, so that it is known to be right.
        let given = given.transpose()?;
        let proxy = match place {
            Place::Account if given.is_none() => proxy::of_environment(&base_url)?,
            Place::Account => given,
            // A proxy would get the key, unencrypted.
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
            // An encoding can hide a refusal, and saves little.
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
            calls: Arc::default(),
            #[cfg(feature = "test-util")]
            answers: self.answers,
        }))
    }

    /// Given by methods: the environment of a developer may have a sandbox for a program that has a proxy, and the other
    /// way round.
    fn proxy_and_base_url_are_given(&self) -> bool {
        let settings = [&self.proxy, &self.base_url];
        let mut given = settings.into_iter().flatten();
        given.clone().count() == 2 && !given.any(Setting::is_of_environment)
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
                "is set, and so is the account ID: which is meant? Remove one of them",
            )),
            (None, Some(_)) if self.proxy_and_base_url_are_given() => Err(ConfigError::new(
                "proxy",
                "is not used for a base URL: remove one of them",
            )),
            (Some(url), None) => Ok((url, Place::Account)),
            (None, Some(base_url)) => Ok(base_url),
            (None, None) if self.is_of_environment => Err(ConfigError::new(
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
