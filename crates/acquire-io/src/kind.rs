//! The kinds of errors.

use std::fmt;

/// Why a message was not accepted, to match on. See [`Error::kind`](crate::Error::kind).
///
/// It doesn't say whether the message may have been sent: [`Error::delivery`](crate::Error::delivery) does.
/// [`Error::next_step`](crate::Error::next_step) says what to do.
///
/// ```no_run
/// # use acquire_io::{CaseId, Chat, Client, ErrorKind};
/// # async fn run(acquire: Client) {
/// if let Err(error) = acquire.send(Chat::new(CaseId(2069)).text("Hey")).await {
///     match error.kind() {
///         ErrorKind::Input => println!("fix {:?}", error.problems()),
///         ErrorKind::Unauthorized | ErrorKind::ApiKey => println!("look at the API key: {error}"),
///         kind => println!("{kind}: {error}"),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The message is invalid. No request was made.
    Input,
    /// The API key could not be read, or what was read is not a key. See [`ApiKey::read_by`](crate::ApiKey::read_by).
    ApiKey,
    /// No connection was made: the name lookup or connecting failed.
    Connect,
    /// TLS failed, for example because the certificate isn't trusted.
    Tls,
    /// A proxy asks for a login.
    ProxyLogin,
    /// The connection failed before an answer.
    Connection,
    /// Time ran out before an answer, while connecting or later.
    Timeout,
    /// The call was stopped before an answer. See [`Outgoing::stop_when`](crate::Outgoing::stop_when).
    Stopped,
    /// It was too late to begin. See [`Outgoing::begin_before`](crate::Outgoing::begin_before).
    TooLate,
    /// An answer with 401, 403 or 407: the key, its permissions or the proxy's login.
    Unauthorized,
    /// An answer with 429.
    TooManyRequests,
    /// Another answer that refuses the message: a 4xx, or a 2xx whose body is an error.
    Refused,
    /// An answer with 5xx.
    Server,
    /// An answer that doesn't say whether the message was sent: a 2xx that isn't Acquire's, a redirect, or 408, 460 or 499,
    /// which proxies send.
    Unclear,
}

impl ErrorKind {
    /// All kinds of this version.
    pub const ALL: &[Self] = &[
        Self::Input,
        Self::ApiKey,
        Self::Connect,
        Self::Tls,
        Self::ProxyLogin,
        Self::Connection,
        Self::Timeout,
        Self::Stopped,
        Self::TooLate,
        Self::Unauthorized,
        Self::TooManyRequests,
        Self::Refused,
        Self::Server,
        Self::Unclear,
    ];

    /// The name in logs, for example `too_many_requests`. A span's `error.type` is this name, or the status if an answer
    /// came that is no 2xx.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::ApiKey => "api_key",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::ProxyLogin => "proxy_login",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Stopped => "stopped",
            Self::TooLate => "too_late",
            Self::Unauthorized => "unauthorized",
            Self::TooManyRequests => "too_many_requests",
            Self::Refused => "refused",
            Self::Server => "server",
            Self::Unclear => "unclear",
        }
    }
}

/// The same as [`as_str`](ErrorKind::as_str).
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
