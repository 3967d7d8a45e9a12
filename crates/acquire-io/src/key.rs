//! The API key: given, or read for each attempt.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::HeaderValue;

use crate::config::{self, ConfigError, Setting};

type BoxError = Box<dyn StdError + Send + Sync>;
type Reading = Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>>;
type Read = dyn Fn() -> Reading + Send + Sync;

/// An API key, or how to read it. Keys are made under Settings > For Developers > API Key.
///
/// Made of a text. `Debug` prints no key.
///
/// ```
/// use acquire_io::{ApiKey, Client};
///
/// let acquire = Client::builder().account_id("acme").api_key("secret").build()?;
///
/// // A file that something else replaces, such as a secret of Kubernetes.
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
    /// A key that is read for each attempt, so that a rotated one is used at once, without a new client. White space
    /// around it is dropped.
    ///
    /// Reading counts within the time limit of the call. When it fails, or what it returns is no key, nothing is sent:
    /// [`NotSent`](crate::Delivery::NotSent), with [`ErrorKind::ApiKey`](crate::ErrorKind::ApiKey), and the error of the
    /// closure as the source. Keep the key in the closure for a while if reading it takes long.
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

    /// Checks a key that is given.
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

/// What a client has of a key: the value of the header `authorization`, or how to get it.
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

/// Reads a key, and makes it the value of a header.
pub(crate) async fn read(read: &Read) -> Result<HeaderValue, BoxError> {
    let value = read().await?.trim().to_owned();
    Ok(config::authorization(&Setting::new("api_key", value))?)
}

/// The key that a header holds, to mask where a server repeats it.
pub(crate) fn of_header(authorization: &HeaderValue) -> Option<&str> {
    authorization.to_str().ok()?.strip_prefix("Bearer ")
}
