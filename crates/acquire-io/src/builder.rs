//! Building a client.

use std::env::{self, VarError};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api as api;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use reqwest::Url;

use crate::channel::UserTypeParameter;
use crate::client::Client;
use crate::config::{self, ConfigError, Setting};
use crate::proxy::{self, Proxy};
use crate::retry::Retry;
use crate::settings::Settings;

const ACCOUNT_ID: &str = "ACQUIRE_ACCOUNT_ID";
const API_KEY: &str = "ACQUIRE_API_KEY";
const BASE_URL: &str = "ACQUIRE_BASE_URL";

impl Client {
    /// Makes a client from the environment.
    ///
    /// | variable | |
    /// | --- | --- |
    /// | `ACQUIRE_ACCOUNT_ID` | the `acme` of `https://acme.acquire.io` |
    /// | `ACQUIRE_API_KEY` | made under Settings > For Developers > API Key |
    /// | `ACQUIRE_BASE_URL` | in place of the account ID: a server on loopback, such as the sandbox |
    ///
    /// A variable that is set but empty counts as not set.
    ///
    /// # Errors
    /// When a variable is missing or breaks its rule. The error names both, and holds no value.
    pub fn from_env() -> Result<Self, ConfigError> {
        let mut builder = ClientBuilder::new();
        builder.base_url = variable(BASE_URL)?;
        builder.account_id = variable(ACCOUNT_ID)?;
        builder.api_key = variable(API_KEY)?;
        if builder.account_id.is_none() && builder.base_url.is_none() {
            return Err(ConfigError::new(
                ACCOUNT_ID,
                "not set; it is the `acme` of https://acme.acquire.io",
            ));
        }
        if builder.api_key.is_none() {
            return Err(ConfigError::new(
                API_KEY,
                "not set; a key is made under Settings > For Developers > API Key",
            ));
        }
        builder.build()
    }

    /// Makes a client with settings of your own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

fn variable(name: &'static str) -> Result<Option<Setting>, ConfigError> {
    match env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(Setting { name, value })),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::new(name, "is not UTF-8")),
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
    account_id: Option<Setting>,
    api_key: Option<Setting>,
    base_url: Option<Setting>,
    timeout: Duration,
    connect_timeout: Duration,
    retry: Retry,
    response_limit: usize,
    user_type_parameter: UserTypeParameter,
    user_agent: Option<String>,
    proxy: Option<Setting>,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    root_certificates: Vec<Vec<u8>>,
    http_client: Option<reqwest::Client>,
}

impl ClientBuilder {
    fn new() -> Self {
        Self {
            account_id: None,
            api_key: None,
            base_url: None,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            retry: Retry::default(),
            response_limit: RESPONSE_LIMIT,
            user_type_parameter: UserTypeParameter::default(),
            user_agent: None,
            proxy: None,
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            root_certificates: Vec::new(),
            http_client: None,
        }
    }

    /// The account: the `acme` of `https://acme.acquire.io`, one DNS label.
    pub fn account_id(mut self, account_id: impl Into<String>) -> Self {
        self.account_id = Some(Setting {
            name: "account_id",
            value: account_id.into(),
        });
        self
    }

    /// The API key. Made under Settings > For Developers > API Key.
    pub fn api_key(mut self, api_key: impl Into<String>) -> Self {
        self.api_key = Some(Setting {
            name: "api_key",
            value: api_key.into(),
        });
        self
    }

    /// A server on loopback in place of the account's, for example the sandbox: `http://127.0.0.1:8080`.
    /// Another host is refused, because it would get the key. Proxies are not used for it, and `localhost` means
    /// 127.0.0.1 and ::1, whatever a resolver says.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(Setting {
            name: "base_url",
            value: base_url.into(),
        });
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
    /// `http` (also when none is given) or `https`; for another kind make an [`http_client`](Self::http_client).
    ///
    /// By default the proxy is that of the environment or the system: `HTTPS_PROXY`, else `ALL_PROXY`, unless
    /// `NO_PROXY` excludes the host. Each of these is also read in lower case, and counts as not set when it is empty.
    /// [`Client::proxy`] returns the proxy in use.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(Setting {
            name: "proxy",
            value: url.into(),
        });
        self
    }

    /// Trusts the certificates of a PEM file's text beside those that the platform trusts, for example of a
    /// proxy that inspects TLS.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sends by your own `reqwest::Client`. Its settings hold in place of [`connect_timeout`],
    /// [`proxy`](Self::proxy) and `root_certificates_pem`, and you must ensure what this crate otherwise does:
    ///
    /// - redirects off (`redirect(Policy::none())`): a 307 posts the message again, and the 200 behind a 302
    ///   looks like success;
    /// - retries off (`retry(reqwest::retry::never())`), and no middleware that repeats requests;
    /// - idle connections dropped after few seconds (`pool_idle_timeout`; 4 by default here): a request that meets the
    ///   server's closing of one ends as Unknown;
    /// - its `timeout` is not used: [`ClientBuilder::timeout`](Self::timeout) bounds the whole call;
    /// - no `read_timeout` that is shorter than you want to wait for an answer: it ends an attempt as Unknown;
    /// - no invalid certificates accepted, and for loopback `no_proxy()`, or the key may go elsewhere.
    ///
    /// [`connect_timeout`]: Self::connect_timeout
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// Makes the client. Connects to nothing yet.
    ///
    /// # Errors
    /// When a setting is missing or breaks its rule, the environment names a proxy that can't be used, or TLS can't be
    /// set up.
    pub fn build(mut self) -> Result<Client, ConfigError> {
        let account_url = self
            .account_id
            .as_ref()
            .map(config::account_url)
            .transpose()?;
        let loopback_url = self
            .base_url
            .as_ref()
            .map(config::loopback_url)
            .transpose()?;
        let on_loopback = loopback_url.is_some();
        let Some(base_url) = loopback_url.or(account_url) else {
            return Err(ConfigError::new("account_id", "not set"));
        };
        let Some(api_key) = &self.api_key else {
            return Err(ConfigError::new("api_key", "not set"));
        };
        let authorization = config::authorization(api_key)?;
        let user_agent = user_agent(self.user_agent.as_deref())?;
        config::time_limit("timeout", self.timeout)?;
        let (http, proxy) = match self.http_client.take() {
            Some(client) => (client, None),
            None => {
                config::time_limit("connect_timeout", self.connect_timeout)?;
                let proxy = match &self.proxy {
                    // Checked though it is not used, so that it is known to be right.
                    Some(setting) => {
                        let proxy = proxy::given(setting, &base_url)?;
                        (!on_loopback).then_some(proxy)
                    }
                    // A proxy from the environment would get the key, unencrypted.
                    None if on_loopback => None,
                    None => proxy::of_environment(&base_url)?,
                };
                (
                    self.reqwest_client(&base_url, on_loopback, proxy.as_ref())?,
                    proxy,
                )
            }
        };
        let server = (
            base_url.host_str().unwrap_or_default().to_owned(),
            base_url.port_or_known_default().unwrap_or_default(),
        );
        let base_url = base_url.as_str().trim_end_matches('/');
        Ok(Client::new(Arc::new(Settings {
            server,
            proxy,
            api: api::Client::new_with_client(base_url, http),
            headers: HeaderMap::from_iter([
                (AUTHORIZATION, authorization),
                (USER_AGENT, user_agent),
                // An encoding can hide a refusal, and saves little.
                (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            ]),
            timeout: self.timeout,
            retry: self.retry,
            response_limit: self.response_limit,
            user_type_parameter: self.user_type_parameter,
            calls: Arc::default(),
        })))
    }

    fn reqwest_client(
        &self,
        base_url: &Url,
        on_loopback: bool,
        proxy: Option<&Proxy>,
    ) -> Result<reqwest::Client, ConfigError> {
        if base_url.scheme() == "https" && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return Err(ConfigError::new(
                "http client",
                "this build has no TLS: switch on the feature `rustls` or `native-tls` of acquire-io",
            ));
        }
        let mut http = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            // A 307 would post the message again, and the 200 behind a 302 would look like success.
            .redirect(reqwest::redirect::Policy::none())
            // It would go without a proxy where it can't read the URL of one.
            .no_proxy()
            // This crate decides on retries, and counts the attempts.
            .retry(reqwest::retry::never())
            // A request that meets the server's closing of an idle connection ends as Unknown. Common servers
            // close after 5 seconds (Node.js) and more.
            .pool_idle_timeout(Duration::from_secs(4));
        if on_loopback {
            // A resolver may map the name elsewhere.
            let loopback = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            let loopback = loopback.map(|address| SocketAddr::new(address, 0));
            http = http.resolve_to_addrs("localhost", &loopback);
        }
        if let Some(proxy) = proxy {
            http = http.proxy(proxy.to_reqwest()?);
        }
        #[cfg(feature = "rustls")]
        {
            http = http.tls_backend_rustls();
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        {
            let mut certificates = Vec::new();
            for pem in &self.root_certificates {
                let found = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
                if found.is_empty() {
                    return Err(ConfigError::new(
                        "root_certificates_pem",
                        "holds no certificate; a PEM file has lines `-----BEGIN CERTIFICATE-----`",
                    ));
                }
                certificates.extend(found);
            }
            http = http.tls_certs_merge(certificates);
        }
        http.build().map_err(|error| {
            #[cfg(any(feature = "rustls", feature = "native-tls"))]
            if !self.root_certificates.is_empty() {
                let mut without = self.clone();
                without.root_certificates.clear();
                if without.reqwest_client(base_url, on_loopback, proxy).is_ok() {
                    return ConfigError::new(
                        "root_certificates_pem",
                        "holds a certificate that can't be read",
                    );
                }
            }
            ConfigError::http(error)
        })
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
