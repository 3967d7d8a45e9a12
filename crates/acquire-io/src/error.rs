//! Why a message was not accepted, and whether it may have been sent.

mod chain;
mod code;
mod envelope;
mod excerpt;
mod input;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use acquire_io_api::{Answer, AnswerEnd};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

pub(crate) use chain::chain;
pub use code::error_code;
pub(crate) use envelope::Envelope;
pub(crate) use input::InputError;

use crate::delivery::Delivery;
use crate::retry::{self, Facts};

/// A message was not accepted. [`delivery`](Self::delivery) tells whether it may have been sent, and so
/// whether it is safe to send it again.
///
/// ```no_run
/// # use acquire_io::{CaseId, Client, Delivery};
/// # async fn run(acquire: Client) {
/// match acquire.chat(CaseId(2069)).text("Hey").send().await {
///     Ok(sent) => println!("accepted: {:?}", sent.message_id()),
///     Err(error) => match error.delivery() {
///         Delivery::NotSent => println!("try again later: {error}"),
///         Delivery::Refused => println!("mend the request: {error}"),
///         Delivery::Unknown => println!("look into the case first: {error}"),
///     },
/// }
/// # }
/// ```
///
/// `Display` is one line for an operator: operation, status, the server's code and message, the verdict, and
/// whether it is safe to send again. `Display` and `Debug` hold neither the key nor content of the message:
/// where the server's message repeats content, it is masked as far as it is recognised. The server's own words are in
/// [`server_message`](Self::server_message) and [`body`](Self::body).
pub struct Error(Box<Inner>);

struct Inner {
    operation: &'static str,
    attempts: u32,
    /// Of the last attempt.
    cause: Cause,
    /// Over all attempts.
    delivery: Delivery,
    /// What `Display` shows of the server's code and of the answer's body.
    code: Option<String>,
    excerpt: Option<String>,
}

pub(crate) enum Cause {
    /// Rejected before the wire.
    Input(InputError),
    /// There was no answer.
    Transport {
        error: reqwest::Error,
        delivery: Delivery,
    },
    /// The answer does not accept the message.
    Answer {
        answer: Answer,
        envelope: Envelope,
        delivery: Delivery,
    },
}

impl Cause {
    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Self::Input(_) => Delivery::NotSent,
            Self::Transport { delivery, .. } | Self::Answer { delivery, .. } => *delivery,
        }
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Answer { answer, .. } => Some(answer.status),
            _ => None,
        }
    }

    /// What a retry policy decides on.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            delivery: self.delivery(),
            status: self.status(),
            retry_after: match self {
                Self::Input(_) | Self::Transport { .. } => None,
                Self::Answer { answer, .. } => {
                    retry::retry_after(&answer.headers, SystemTime::now())
                }
            },
        }
    }

    /// A short name, as OpenTelemetry's `error.type`.
    pub(crate) fn kind_name(&self) -> Cow<'static, str> {
        match self {
            Self::Input(_) => "input".into(),
            Self::Answer { answer, .. } if answer.status.is_success() => "refused".into(),
            Self::Answer { answer, .. } => answer.status.as_u16().to_string().into(),
            Self::Transport { error, .. } if error.is_timeout() => "timeout".into(),
            Self::Transport { error, .. } if chain::is_tls(error) => "tls".into(),
            Self::Transport { error, .. } if error.is_connect() => "connect".into(),
            Self::Transport { .. } => "connection".into(),
        }
    }
}

impl Error {
    /// `private` is content of the message: what `Display` must mask.
    pub(crate) fn new(
        operation: &'static str,
        attempts: u32,
        cause: Cause,
        delivery: Delivery,
        private: &[String],
    ) -> Self {
        let (code, excerpt) = match &cause {
            Cause::Answer {
                answer, envelope, ..
            } => (
                envelope.code_to_show(private),
                excerpt::of(answer, envelope, private),
            ),
            _ => (None, None),
        };
        Self(Box::new(Inner {
            operation,
            attempts,
            cause,
            delivery,
            code,
            excerpt,
        }))
    }

    /// Whether the message may have been sent.
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// The `operationId` in the OpenAPI document, for example `sendSms`.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// How many requests were tried. 0 when the message was rejected before the first.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The field that is missing or wrong, when the message was rejected before the wire: the name of the
    /// method, or of its parameter, that sets it.
    pub fn field(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Input(input) => Some(input.field()),
            _ => None,
        }
    }

    /// What is wrong with [`field`](Self::field), without content of the message.
    pub fn problem(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Input(input) => Some(input.problem()),
            _ => None,
        }
    }

    /// Whether the message was rejected before the wire.
    pub fn is_input(&self) -> bool {
        matches!(self.0.cause, Cause::Input(_))
    }

    /// Whether time ran out without an answer, while connecting or later.
    pub fn is_timeout(&self) -> bool {
        self.transport().is_some_and(reqwest::Error::is_timeout)
    }

    /// Whether no connection could be made: name lookup, connecting, or TLS failed.
    pub fn is_connect(&self) -> bool {
        self.transport().is_some_and(reqwest::Error::is_connect)
    }

    /// Whether TLS failed, for example because the certificate isn't trusted.
    pub fn is_tls(&self) -> bool {
        self.transport().is_some_and(chain::is_tls)
    }

    fn transport(&self) -> Option<&reqwest::Error> {
        match &self.0.cause {
            Cause::Transport { error, .. } => Some(error),
            _ => None,
        }
    }

    fn answer(&self) -> Option<(&Answer, &Envelope)> {
        match &self.0.cause {
            Cause::Answer {
                answer, envelope, ..
            } => Some((answer, envelope)),
            _ => None,
        }
    }

    /// The answer's status. None without an answer. A refusal may come with status 200.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.cause.status()
    }

    /// The answer's headers.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.answer().map(|(answer, _)| &answer.headers)
    }

    /// The server's error code, an open set: see [`error_code`].
    pub fn code(&self) -> Option<&str> {
        self.answer()?.1.code.as_deref()
    }

    /// The server's message, as it is. It may repeat content of the message.
    pub fn server_message(&self) -> Option<&str> {
        self.answer()?.1.message.as_deref()
    }

    /// The answer's body, byte for byte (after decompression), as far as it was received.
    pub fn body(&self) -> Option<&Bytes> {
        self.answer().map(|(answer, _)| &answer.body)
    }

    /// Whether [`body`](Self::body) is the whole body: it is cut when it was longer than the limit, or reading failed.
    pub fn body_is_complete(&self) -> bool {
        self.answer()
            .is_some_and(|(answer, _)| matches!(answer.end, AnswerEnd::Complete))
    }

    /// The ID that the server, or a proxy before it, gave the request, where it tells one.
    pub fn request_id(&self) -> Option<&str> {
        request_id(self.headers()?)
    }

    /// How long the server asks to wait, by `Retry-After`, in seconds or as a date.
    pub fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(self.headers()?, SystemTime::now())
    }

    pub(crate) fn kind_name(&self) -> Cow<'static, str> {
        self.0.cause.kind_name()
    }

    pub(crate) fn code_to_show(&self) -> Option<&str> {
        self.0.code.as_deref()
    }
}

/// No page documents a header for it: the common names.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "request-id", "x-correlation-id"]
        .into_iter()
        .find_map(|name| headers.get(name)?.to_str().ok())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.0.operation)?;
        match &self.0.cause {
            Cause::Input(input) => write!(f, "{input}")?,
            Cause::Transport { error, delivery } => {
                f.write_str(match (delivery, error.is_timeout(), error.is_connect()) {
                    _ if chain::is_tls(error) => "TLS failed",
                    (_, true, true) => "no connection was made in time",
                    (_, false, true) => "no connection was made",
                    (Delivery::NotSent, true, _) => "time ran out before anything was sent",
                    (Delivery::NotSent, false, _) => "the server did not take the request",
                    (_, true, _) => "no answer came in time",
                    (_, false, _) => "the connection failed before an answer",
                })?;
            }
            Cause::Answer { answer, .. } => {
                write!(f, "{}", answer.status.as_u16())?;
                if let Some(reason) = answer.status.canonical_reason() {
                    write!(f, " {reason}")?;
                }
                if let Some(code) = &self.0.code {
                    write!(f, ", {code}")?;
                }
                if let Some(excerpt) = &self.0.excerpt {
                    write!(f, ": {excerpt}")?;
                }
            }
        }
        if self.0.attempts > 1 {
            write!(f, " (after {} attempts)", self.0.attempts)?;
        }
        let delivery = self.delivery();
        // The key, or the rate: not about the message.
        let about_message = !matches!(self.status().map(|status| status.as_u16()), Some(401 | 429));
        let again = match delivery {
            Delivery::Unknown => "no",
            Delivery::NotSent if self.is_input() => "after mending it",
            Delivery::Refused if about_message => "after mending it",
            Delivery::NotSent | Delivery::Refused => "yes",
        };
        write!(f, "; {delivery}; safe to send again: {again}")
    }
}

/// The same line as `Display`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.transport().map(|error| error as _)
    }
}
