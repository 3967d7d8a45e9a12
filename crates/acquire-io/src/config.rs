//! The rules for settings: account ID, base URL, trusted hosts, API key, time limits.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::HeaderValue;
use reqwest::Url;

/// A setting of a [`Client`](crate::Client) is missing or invalid.
///
/// Names the setting and the rule. It shows at most one character of an account ID, and no part of any other value: a
/// key may have been put in the wrong place.
#[derive(Debug)]
pub struct ConfigError {
    setting: &'static str,
    problem: String,
    source: Option<reqwest::Error>,
}

impl ConfigError {
    pub(crate) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self {
            setting,
            problem: problem.into(),
            source: None,
        }
    }

    pub(crate) fn http(source: reqwest::Error) -> Self {
        let problem = "the HTTP client can't be made".to_owned();
        Self {
            setting: "http client",
            problem,
            source: Some(source),
        }
    }

    /// The setting: an environment variable, or a method of [`ClientBuilder`](crate::ClientBuilder).
    pub fn setting(&self) -> &str {
        self.setting
    }

    /// What is wrong with the setting, without its name.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

impl StdError for ConfigError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// A value, and its name in errors.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

impl Setting {
    pub(crate) fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
        }
    }

    /// Whether it comes from an environment variable.
    pub(crate) fn is_from_environment(&self) -> bool {
        self.name.starts_with("ACQUIRE_")
    }
}

/// The base URL of an account. The account ID must be one DNS label, so that no value can send the key to another host.
pub(crate) fn account_url(account_id: &Setting) -> Result<Url, ConfigError> {
    const RULE: &str = "an account ID is one DNS label: 1 to 63 letters, digits and hyphens, no hyphen at \
                        either end; it is the `acme` of https://acme.acquire.io";
    let broken = |problem: String| {
        Err(ConfigError::new(
            account_id.name,
            format!("{problem}; {RULE}"),
        ))
    };
    let id = account_id.value.as_str();
    if id.is_empty() {
        return broken("is empty".to_owned());
    }
    if let Some((place, found)) = id
        .char_indices()
        .find(|(_, c)| !c.is_ascii_alphanumeric() && *c != '-')
    {
        return broken(format!("has {found:?} at byte {place}"));
    }
    if id.len() > 63 {
        return broken(format!("is {} characters long", id.len()));
    }
    if id.starts_with('-') || id.ends_with('-') {
        return broken("has a hyphen at an end".to_owned());
    }
    Url::parse(&format!("https://{id}.acquire.io"))
        .or_else(|_| broken("makes no host name".to_owned()))
}

/// Where requests go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// To the account's host.
    Account,
    /// To a base URL on loopback.
    Loopback,
    /// To a base URL whose host is trusted by name.
    Trusted,
}

/// A base URL instead of an account: on loopback, or of a trusted host. Any other host would get the key.
pub(crate) fn base_url(
    base_url: &Setting,
    trusted: &[String],
) -> Result<(Url, Place), ConfigError> {
    let broken = |problem: &str| Err(ConfigError::new(base_url.name, problem));
    let Ok(url) = Url::parse(&base_url.value) else {
        return broken("is not a URL like http://127.0.0.1:8080");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return broken("has a scheme other than http or https");
    }
    let is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_trusted = || {
        let host = url.host_str();
        host.is_some_and(|host| trusted.iter().any(|name| name == host))
    };
    let place = match is_loopback {
        true => Place::Loopback,
        false if is_trusted() => Place::Trusted,
        false => {
            return broken(
                "is not on loopback (127.0.0.0/8, [::1] or localhost); for an account of Acquire set the \
                 account ID instead; for a sandbox in a network of your own set trust_host too",
            );
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        return broken("holds a user name or a password");
    }
    if url.port() == Some(0) {
        return broken("has the port 0, to which nothing can connect");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return broken("has a path, a query or a fragment; it is scheme, host and port only");
    }
    Ok((url, place))
}

/// The host in the form that `Url` gives it.
pub(crate) fn trusted_host(host: &Setting) -> Result<String, ConfigError> {
    let broken = |problem: &str| Err(ConfigError::new(host.name, problem));
    let name = host.value.as_str();
    let url = Url::parse(&format!("http://{name}"));
    let is_host = url.as_ref().is_ok_and(|url| {
        // `Url` would take what follows one of these for another part of the URL.
        let more = ['/', '?', '#', '@', '\\'];
        !name.contains(more) && url.port().is_none() && !name.ends_with(":80")
    });
    let host = url.ok().and_then(|url| url.host_str().map(str::to_owned));
    match host {
        Some(host) if is_host => {
            let of_acquire = host == "acquire.io" || host.ends_with(".acquire.io");
            if of_acquire || host.ends_with('.') {
                return broken(
                    "can't be trusted by name: for an account of Acquire set the account ID",
                );
            }
            Ok(host)
        }
        _ => broken("is not a host's name, such as `sandbox`: no scheme, no port, no path"),
    }
}

/// The value of the `Authorization` header, marked as sensitive.
pub(crate) fn authorization(api_key: &Setting) -> Result<HeaderValue, ConfigError> {
    let key = api_key.value.as_str();
    let broken = |problem: &str| Err(ConfigError::new(api_key.name, problem));
    if key.is_empty() {
        return broken("is empty");
    }
    if key.len() > LONGEST_KEY {
        return broken("is longer than 4096 bytes, which no key is; is it the wrong file?");
    }
    let scheme = key.split_ascii_whitespace().next().unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        return broken("begins with `Bearer`: give the key alone");
    }
    if key.contains(['"', '\'', '`']) {
        return broken("holds a quotation mark: give the key without quotation marks");
    }
    let value = if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        HeaderValue::from_str(&format!("Bearer {key}")).ok()
    } else {
        None
    };
    let Some(mut value) = value else {
        return broken(
            "holds a space, a line break or another character that a key never has; is there a line \
             break at its end?",
        );
    };
    value.set_sensitive(true);
    Ok(value)
}

/// The longest key, in bytes. Servers commonly refuse headers of 8 KiB.
const LONGEST_KEY: usize = 4096;

/// Refuses zero, which could send a message and not wait for the answer.
pub(crate) fn time_limit(name: &'static str, limit: Duration) -> Result<(), ConfigError> {
    match limit.is_zero() {
        true => Err(ConfigError::new(name, ZERO)),
        false => Ok(()),
    }
}

/// What is wrong with a time limit of zero.
pub(crate) const ZERO: &str =
    "is zero, which leaves no time to send; give a longer one, such as 30 seconds";
