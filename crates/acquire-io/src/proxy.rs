//! The proxy that requests go through.

use std::env;
use std::fmt;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Url;

use crate::config::{ConfigError, Setting};

/// The proxy that a [`Client`](crate::Client) uses.
///
/// `Debug` and [`url`](Self::url) show no user name and no password.
#[derive(Clone)]
pub struct Proxy {
    intercept: Intercept,
    source: &'static str,
}

impl Proxy {
    /// Its URL, without user name and password.
    pub fn url(&self) -> String {
        self.intercept
            .uri()
            .to_string()
            .trim_end_matches('/')
            .to_owned()
    }

    /// Where it comes from: `proxy` for [`ClientBuilder::proxy`](crate::ClientBuilder::proxy), an environment variable such
    /// as `HTTPS_PROXY`, or `the system`.
    pub fn source(&self) -> &str {
        self.source
    }

    /// Whether it is used with a user name or a password.
    pub fn has_credentials(&self) -> bool {
        self.intercept.basic_auth().is_some()
    }

    pub(crate) fn to_reqwest(&self) -> Result<reqwest::Proxy, ConfigError> {
        let proxy = reqwest::Proxy::all(self.intercept.uri().to_string())
            .map_err(|_| ConfigError::new(self.source, NO_URL))?;
        Ok(match self.intercept.basic_auth() {
            Some(authorization) => proxy.custom_http_auth(authorization.clone()),
            None => proxy,
        })
    }
}

/// Prints no user name and no password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("url", &self.url())
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

const NO_URL: &str = "is not a URL like http://proxy.example:3128";

/// The proxy of a setting.
pub(crate) fn given(setting: &Setting, target: &Url) -> Result<Proxy, ConfigError> {
    let url = checked(setting)?;
    let source = setting.name;
    let intercept = Matcher::builder().all(url).build().intercept(&uri(target));
    match intercept {
        Some(intercept) => Ok(Proxy { intercept, source }),
        None => Err(ConfigError::new(source, NO_URL)),
    }
}

/// The proxy of the environment or the system for this target, if any.
///
/// `HTTP_PROXY` doesn't matter: it is for plain HTTP, which is used without a proxy only.
pub(crate) fn from_environment(target: &Url) -> Result<Option<Proxy>, ConfigError> {
    let none = first_variable(["NO_PROXY", "no_proxy"]).map_or_else(String::new, |no| no.value);
    let any = Matcher::builder().all("http://any").no(none).build();
    if any.intercept(&uri(target)).is_none() {
        return Ok(None);
    }
    let variable = first_variable(["HTTPS_PROXY", "https_proxy"])
        .or_else(|| first_variable(["ALL_PROXY", "all_proxy"]));
    if let Some(variable) = variable {
        return given(&variable, target).map(Some);
    }
    let intercept = Matcher::from_system().intercept(&uri(target));
    Ok(intercept.map(|intercept| Proxy {
        intercept,
        source: "the system",
    }))
}

/// The first variable that is not empty.
fn first_variable(names: [&'static str; 2]) -> Option<Setting> {
    names.into_iter().find_map(|name| {
        let value = env::var_os(name)?.to_string_lossy().into_owned();
        (!value.is_empty()).then_some(Setting { name, value })
    })
}

/// The normalized URL. Checked here, since the HTTP stack silently uses no proxy if it can't parse the URL.
fn checked(setting: &Setting) -> Result<String, ConfigError> {
    let broken = |problem: &str| Err(ConfigError::new(setting.name, problem));
    let text = setting.value.as_str();
    if text.is_empty() {
        return broken("is empty");
    }
    // `Url` would drop some of these.
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return broken("holds a space, a line break or a control character");
    }
    let url = match text.contains("://") {
        true => Url::parse(text),
        false => Url::parse(&format!("http://{text}")),
    };
    let Ok(url) = url else {
        return broken(
            "is not a URL like http://proxy.example:3128; in a user name or a password, characters such as @ : / # are \
             percent-encoded",
        );
    };
    if !matches!(url.scheme(), "http" | "https") {
        return broken("has a scheme that is not supported; supported are http:// and https://");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return broken("has no host");
    }
    if url.port() == Some(0) {
        return broken("has the port 0, to which nothing can connect");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return broken("has a path, a query or a fragment; it is scheme, host and port only");
    }
    Ok(url.into())
}

fn uri(target: &Url) -> http::Uri {
    // Always valid: the host is made of an account ID, which is one DNS label.
    target.as_str().parse().unwrap_or_default()
}
