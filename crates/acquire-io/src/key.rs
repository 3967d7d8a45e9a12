//! The API key: fixed, or read for each attempt.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderValue;

use crate::config::{self, ConfigError, Setting};

type BoxError = Box<dyn StdError + Send + Sync>;
type Reading = Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>>;
type Read = dyn Fn() -> Reading + Send + Sync;

/// An API key, or a way to read it. Create a key under Settings > For Developers > API Key.
///
/// Converts from a string. `Debug` prints no key.
///
/// ```
/// use acquire_io::{ApiKey, Client};
///
/// let acquire = Client::builder().account_id("acme").api_key("secret").build()?;
///
/// // A file that may be replaced, such as a Kubernetes secret.
/// let key = ApiKey::read_by(|| tokio::fs::read_to_string("/run/secrets/acquire"));
/// let acquire = Client::builder().account_id("acme").api_key(key).build()?;
/// # Ok::<(), acquire_io::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ApiKey(Kind);

#[derive(Clone)]
enum Kind {
    Given(Setting),
    Read(Arc<Read>),
}

impl ApiKey {
    /// A key that is read for each attempt, so that a rotated key is used at once, without a new client. White space around
    /// it is removed.
    ///
    /// Reading counts towards the time limit of the call. If it fails, or returns an invalid key, nothing is sent: the
    /// outcome is [`NotSent`](crate::Delivery::NotSent) with [`ErrorKind::ApiKey`](crate::ErrorKind::ApiKey), and the
    /// closure's error is the source. Cache the key in the closure if reading it is slow.
    pub fn read_by<F, R, E>(read: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self(Kind::Read(Arc::new(move || {
            let reading = read();
            Box::pin(async move { reading.await.map_err(Into::into) })
        })))
    }

    pub(crate) fn named(setting: Setting) -> Self {
        Self(Kind::Given(setting))
    }

    /// Checks a fixed key.
    pub(crate) fn checked(&self) -> Result<Key, ConfigError> {
        Ok(match &self.0 {
            Kind::Given(setting) => Key::Given(config::authorization(setting)?),
            Kind::Read(read) => Key::Read(Arc::clone(read)),
        })
    }
}

impl<T: Into<String>> From<T> for ApiKey {
    fn from(key: T) -> Self {
        Self(Kind::Given(Setting::new("api_key", key)))
    }
}

/// Prints no key.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").finish_non_exhaustive()
    }
}

/// The key as a client uses it: the value of the header `authorization`, or how to read it.
#[derive(Clone)]
pub(crate) enum Key {
    Given(HeaderValue),
    Read(Arc<Read>),
}

impl Key {
    pub(crate) fn given(&self) -> Option<&HeaderValue> {
        match self {
            Self::Given(key) => Some(key),
            Self::Read(_) => None,
        }
    }
}

/// Reads a key, and makes the value of the header.
pub(crate) async fn read(read: &Read) -> Result<HeaderValue, BoxError> {
    let value = read().await?.trim().to_owned();
    Ok(config::authorization(&Setting::new("api_key", value))?)
}

/// The key in a header, to mask it where a server repeats it.
pub(crate) fn of_header(authorization: &HeaderValue) -> Option<&str> {
    authorization.to_str().ok()?.strip_prefix("Bearer ")
}
