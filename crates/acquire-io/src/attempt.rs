//! The result of one attempt: an answer or a failure.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::kind::ErrorKind;

/// An answer, as far as it was received. `Debug` prints the body's length only.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// As far as it was received, and decoded if it was compressed.
    pub(crate) body: Bytes,
    pub(crate) end: End,
}

/// How an answer's body ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// The body is complete.
    Complete,
    /// The body is longer than this limit, in bytes, and was cut there.
    TooLarge(usize),
    /// Time ran out while the body was read.
    TimedOut,
    /// Reading failed, for example because the connection was cut.
    Failed(Arc<dyn StdError + Send + Sync>),
}

impl Answer {
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.end, End::Complete)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// Why no answer came.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// Whether the HTTP stack took any of the body. If not, no part of the message reached a server, and none will: the
    /// body was withdrawn. If it did, any part may have.
    pub(crate) body_was_taken: bool,
}

#[derive(Debug)]
pub(crate) enum Reason {
    /// The HTTP stack failed.
    Http(Stack),
    /// The API key could not be read, or what was read is not a key.
    Key(Box<dyn StdError + Send + Sync>),
    /// The time limit of the call ran out.
    TimedOut,
    /// The caller stopped the call.
    Stopped,
    /// The HTTP stack asked for the body after the latest time to begin.
    TooLate,
}

/// A failure of the HTTP stack.
#[derive(Debug)]
pub(crate) struct Stack {
    /// `Connect`, `Tls`, `ProxyLogin`, `Connection` or `Timeout`.
    pub(crate) kind: ErrorKind,
    /// Whether it failed before there was a connection.
    pub(crate) is_connect: bool,
    /// None if `test_util` made the failure.
    pub(crate) error: Option<reqwest::Error>,
}

impl From<reqwest::Error> for Stack {
    fn from(error: reqwest::Error) -> Self {
        let is_connect = error.is_connect();
        Self {
            kind: if is_tls(&error) {
                ErrorKind::Tls
            } else if is_proxy_login(&error) {
                ErrorKind::ProxyLogin
            } else if error.is_timeout() {
                ErrorKind::Timeout
            } else if is_connect {
                ErrorKind::Connect
            } else {
                ErrorKind::Connection
            },
            is_connect,
            // The URL has the contact's ID.
            error: Some(error.without_url()),
        }
    }
}

impl Reason {
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Http(stack) => stack.kind,
            Self::Key(_) => ErrorKind::ApiKey,
            Self::TimedOut => ErrorKind::Timeout,
            Self::Stopped => ErrorKind::Stopped,
            Self::TooLate => ErrorKind::TooLate,
        }
    }
}

/// The error and its sources. Includes the error inside an `io::Error`, which `source` skips.
pub(crate) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error = *error;
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(carried) => Some(carried as _),
            None => error.source(),
        }
    })
}

#[cfg_attr(
    not(any(feature = "rustls", feature = "native-tls")),
    allow(unused_variables, reason = "without TLS there are no TLS errors")
)]
fn is_tls(error: &reqwest::Error) -> bool {
    #[cfg(feature = "rustls")]
    if chain(error).any(|error| error.is::<rustls::Error>()) {
        return true;
    }
    #[cfg(feature = "native-tls")]
    if chain(error).any(|error| error.is::<native_tls::Error>()) {
        return true;
    }
    false
}

/// Whether a proxy asked for a login before it opened a tunnel. The type of this error is private to hyper-util.
fn is_proxy_login(error: &reqwest::Error) -> bool {
    chain(error).any(|error| error.to_string().ends_with("proxy authorization required"))
}
