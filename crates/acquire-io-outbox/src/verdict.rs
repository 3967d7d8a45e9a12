//! What a worker reports of a message that it claimed.

use std::time::Duration;

use acquire_io::{Delivery, Error, NextStep, Sent};

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) kind: Kind,
    /// The answer's status.
    pub(crate) status: Option<u16>,
    /// The server's code, or a name of what failed. Bounded, without content.
    pub(crate) code: Option<String>,
    /// One line for a person, without content. Bounded.
    pub(crate) cause: Option<String>,
    /// The ID in the case, of an accepted message.
    pub(crate) message_id: Option<i64>,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

/// What a verdict is, as far as the outbox acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Accepted,
    Refused,
    /// 429.
    Throttled,
    /// 401.
    Unauthorized,
    /// The client's checks reject it.
    Invalid,
    /// Not sent: no connection, or the HTTP stack never took it.
    NotSent,
    Unknown,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Unauthorized => "unauthorized",
            Self::Invalid => "invalid",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// The longest `code` and `cause`, in bytes.
const LONGEST_CODE: usize = 100;
const LONGEST_CAUSE: usize = 500;

impl Verdict {
    /// The verdict on what [`Client::send`](acquire_io::Client::send) returned.
    pub(crate) fn of(result: &Result<Sent, Error>) -> Self {
        match result {
            Ok(sent) => Self {
                status: Some(sent.status().as_u16()),
                message_id: sent.message_id().map(|id| id.0),
                ..Self::new(Kind::Accepted)
            },
            Err(error) => Self {
                status: error.status().map(|status| status.as_u16()),
                code: code(error).map(|code| bounded(&code, LONGEST_CODE)),
                cause: Some(bounded(&cause(error), LONGEST_CAUSE)),
                retry_after: error.retry_after(),
                ..Self::new(kind(error))
            },
        }
    }

    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            status: None,
            code: None,
            cause: None,
            message_id: None,
            retry_after: None,
        }
    }
}

fn kind(error: &Error) -> Kind {
    match (
        error.delivery(),
        error.status().map(|status| status.as_u16()),
    ) {
        (Delivery::NotSent, _) if error.is_input() => Kind::Invalid,
        (Delivery::NotSent, _) => Kind::NotSent,
        (Delivery::Refused, Some(429)) => Kind::Throttled,
        (Delivery::Refused, Some(401)) => Kind::Unauthorized,
        (Delivery::Refused, _) => Kind::Refused,
        // An error is never accepted. Should it say so, a person looks.
        (Delivery::Unknown | Delivery::Accepted, _) => Kind::Unknown,
    }
}

/// A code of the server is shown as it is only when it looks like one: it could repeat content.
fn code(error: &Error) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if let Some(code) = error.code() {
        return (code.len() <= LONGEST_CODE && code.bytes().all(is_plain)).then(|| code.to_owned());
    }
    let name = match () {
        () if error.is_input() => "input",
        () if error.is_too_late() => "too_late",
        () if error.is_tls() => "tls",
        // With a status it is the server's answer: 403, 404.
        () if error.status().is_none() && error.next_step() == NextStep::FixSetup => "proxy",
        () if error.is_connect() => "connect",
        () if error.is_timeout() => "timeout",
        () if error.status().is_none() => "connection",
        () => return None,
    };
    Some(name.to_owned())
}

/// One line for a person. Without an answer it also says why: refused, unknown certificate, a proxy's answer.
fn cause(error: &Error) -> String {
    let mut line = error.reason();
    for cause in error.causes() {
        line.push_str(": ");
        line.push_str(&cause);
    }
    line
}

/// Cut at a character's end. Without control characters: it is printed as one line, and PostgreSQL refuses the null character.
pub(crate) fn bounded(text: &str, longest: usize) -> String {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace(char::is_control, " ")
}
