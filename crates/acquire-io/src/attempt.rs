//! What came of one attempt: an answer, or a failure.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// What was received of an answer. `Debug` prints the body's length only.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// As far as it was received, decoded where it was encoded.
    pub(crate) body: Bytes,
    pub(crate) end: End,
}

/// How an answer's body ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// The body is whole.
    Complete,
    /// The body is longer than the limit, in bytes, and holds what fits.
    TooLarge(usize),
    /// Time ran out while it was read.
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

/// No answer came.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// Whether the HTTP stack took anything of the body. When it is false, nothing of the message reached a server,
    /// or will: the body was withdrawn. When it is true, any part of it may have.
    pub(crate) body_was_taken: bool,
}

#[derive(Debug)]
pub(crate) enum Reason {
    /// The HTTP stack failed.
    Http(reqwest::Error),
    /// The time limit of the call ran out.
    TimedOut,
    /// The caller stopped the call.
    Stopped,
    /// The stack asked for the body after the time to begin.
    TooLate,
}

/// The error and its sources. Steps into `io::Error`s too, whose `source` skips the error that they carry.
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

/// Whether TLS failed.
#[cfg_attr(
    not(any(feature = "rustls", feature = "native-tls")),
    allow(unused_variables, reason = "without TLS no error is one of TLS")
)]
pub(crate) fn is_tls(error: &reqwest::Error) -> bool {
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

/// Whether a proxy asked for a login before it made a tunnel. hyper-util keeps the type of this error to itself.
pub(crate) fn is_proxy_login(error: &reqwest::Error) -> bool {
    chain(error).any(|error| error.to_string().ends_with("proxy authorization required"))
}
