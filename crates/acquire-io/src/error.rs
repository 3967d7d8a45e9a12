//! Why a message was not accepted, and what to do next.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::attempt::{Answer, Failure, Reason, Stack, chain};
use crate::cause::Cause;
use crate::channel::Channel;
use crate::delivery::{Delivery, NextStep};
use crate::envelope::Envelope;
use crate::excerpt;
use crate::kind::ErrorKind;
use crate::problem::Problem;
use crate::retry;
use crate::verdict;

/// A message was not accepted. [`next_step`](Self::next_step) says what to do, [`delivery`](Self::delivery) whether the
/// message may have been sent.
///
/// ```no_run
/// # use acquire_io::{CaseId, Chat, Client, NextStep};
/// # async fn run(acquire: Client) {
/// match acquire.send(Chat::new(CaseId(2069)).text("Hey")).await {
///     Ok(sent) => println!("accepted: {:?}", sent.message_id()),
///     Err(error) => match error.next_step() {
///         NextStep::SendAgain { after } => println!("send it again in {after:?}: {error}"),
///         NextStep::FixMessage => println!("fix the message: {error}"),
///         NextStep::FixSetup => println!("fix the key or the connection: {error}"),
///         NextStep::LookFirst => println!("look into the case first: {error}"),
///     },
/// }
/// # }
/// ```
///
/// `Display` is one line for an operator: operation, status, the server's code and message, the outcome, and the next
/// step. `Display` and `Debug` show neither the key nor content of the message: content that the server repeats is masked
/// where it is recognised. [`server_message`](Self::server_message) and [`body`](Self::body) return the server's text
/// unmasked.
pub struct Error(Box<Inner>);

struct Inner {
    channel: Channel,
    attempts: u32,
    /// Of the last attempt.
    cause: Cause,
    /// Over all attempts.
    delivery: Delivery,
    /// What `Display` shows of the server's code and of the answer's body.
    code: Option<String>,
    excerpt: Option<String>,
}

impl Error {
    /// `private` is content of the message: what `Display` must mask.
    pub(crate) fn new(
        channel: Channel,
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
            channel,
            attempts,
            cause,
            delivery,
            code,
            excerpt,
        }))
    }

    /// The outcome over all attempts: never [`Accepted`](Delivery::Accepted).
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// What to do next.
    ///
    /// | | |
    /// | --- | --- |
    /// | not sent: the message is invalid | fix the message |
    /// | not sent: TLS failed, the API key can't be read, a proxy asks for a login | fix the set-up |
    /// | not sent for any other reason | send it again |
    /// | refused with 429 | send it again, after the time in `Retry-After` |
    /// | refused with 401, 403 or 407 | fix the set-up |
    /// | refused otherwise | fix the message |
    /// | unknown | look into the case first |
    pub fn next_step(&self) -> NextStep {
        match (self.0.delivery, &self.0.cause) {
            (Delivery::Unknown, _) => NextStep::LookFirst,
            (_, Cause::Input(_)) => NextStep::FixMessage,
            (_, Cause::NoAnswer { failure, .. }) => match failure.reason.kind() {
                ErrorKind::Tls | ErrorKind::ProxyLogin | ErrorKind::ApiKey => NextStep::FixSetup,
                _ => NextStep::SendAgain {
                    after: Duration::ZERO,
                },
            },
            (_, Cause::Answer { answer, .. }) => match answer.status {
                StatusCode::TOO_MANY_REQUESTS => NextStep::SendAgain {
                    after: self.retry_after().unwrap_or(retry::WITHOUT_RETRY_AFTER),
                },
                status if verdict::is_about_setup(status) => NextStep::FixSetup,
                _ => NextStep::FixMessage,
            },
        }
    }

    /// Why the last attempt failed, as a value to match on.
    pub fn kind(&self) -> ErrorKind {
        self.0.cause.kind()
    }

    /// The channel of the message.
    pub fn channel(&self) -> Channel {
        self.0.channel
    }

    /// How many requests were tried. 0 when the message was rejected before the first.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Every problem of an invalid message. Empty if the message was not invalid.
    pub fn problems(&self) -> &[Problem] {
        match &self.0.cause {
            Cause::Input(invalid) => invalid.problems(),
            _ => &[],
        }
    }

    /// Whether the message was invalid, so that no request was made.
    pub fn is_input(&self) -> bool {
        matches!(self.0.cause, Cause::Input(_))
    }

    /// Whether time ran out before an answer, while connecting or later.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether it was too late to begin, by [`begin_before`](crate::Outgoing::begin_before).
    pub fn is_too_late(&self) -> bool {
        self.0.cause.is_too_late()
    }

    /// Whether the call was stopped before an answer. See [`stop_when`](crate::Outgoing::stop_when).
    pub fn is_stopped(&self) -> bool {
        self.kind() == ErrorKind::Stopped
    }

    /// Whether no connection could be made: name lookup, connecting, or TLS failed.
    pub fn is_connect(&self) -> bool {
        self.stack().is_some_and(|stack| stack.is_connect)
    }

    /// Whether TLS failed, for example because the certificate isn't trusted.
    pub fn is_tls(&self) -> bool {
        self.kind() == ErrorKind::Tls
    }

    fn stack(&self) -> Option<&Stack> {
        match &self.0.cause {
            Cause::NoAnswer {
                failure:
                    Failure {
                        reason: Reason::Http(stack),
                        ..
                    },
                ..
            } => Some(stack),
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

    /// The answer's status. None without an answer. A refusal may have status 200.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.cause.status()
    }

    /// The answer's headers.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.answer().map(|(answer, _)| &answer.headers)
    }

    /// The server's error code, an open set: see [`error_code`](crate::error_code).
    pub fn code(&self) -> Option<&str> {
        self.answer()?.1.code.as_deref()
    }

    /// The server's message, unmasked. It may repeat content of yours.
    pub fn server_message(&self) -> Option<&str> {
        self.answer()?.1.message.as_deref()
    }

    /// The answer's body, decompressed, as far as it was received.
    pub fn body(&self) -> Option<&Bytes> {
        self.answer().map(|(answer, _)| &answer.body)
    }

    /// Whether [`body`](Self::body) is complete. It is cut if it was longer than the limit, or if reading failed.
    pub fn body_is_complete(&self) -> bool {
        self.answer()
            .is_some_and(|(answer, _)| answer.is_complete())
    }

    /// The request ID that the server or a proxy added to the answer, if any.
    pub fn request_id(&self) -> Option<&str> {
        request_id(self.headers()?)
    }

    /// How long the server asks to wait, from `Retry-After`: seconds, also with decimals, or a date. A value that can't be
    /// parsed counts as 10 seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(self.headers()?, SystemTime::now())
    }

    pub(crate) fn error_type(&self) -> Cow<'static, str> {
        self.0.cause.error_type()
    }

    pub(crate) fn code_to_show(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What failed before an answer.
    fn failed(&self, failure: &Failure) -> &'static str {
        let not_sent = self.0.delivery == Delivery::NotSent;
        match &failure.reason {
            Reason::TooLate => "too late to begin",
            Reason::TimedOut if not_sent => "time ran out before anything was sent",
            Reason::TimedOut => "no answer came in time",
            Reason::Stopped if not_sent => "stopped before anything was sent",
            Reason::Stopped => "stopped before an answer came",
            Reason::Key(_) => "the API key can't be read",
            Reason::Http(stack) => match (stack.kind, stack.is_connect) {
                (ErrorKind::Tls, _) => "TLS failed",
                (ErrorKind::ProxyLogin, _) => "the proxy asks for a login",
                (ErrorKind::Timeout, true) => "no connection was made in time",
                (_, true) => "no connection was made",
                (ErrorKind::Timeout, false) if not_sent => "time ran out before anything was sent",
                (ErrorKind::Timeout, false) => "no answer came in time",
                _ if not_sent => "the server did not take the request",
                _ => "the connection failed before an answer",
            },
        }
    }

    /// What went wrong: the first part of `Display`, without the outcome and the next step.
    ///
    /// ```
    /// # async fn run() {
    /// # use acquire_io::{CaseId, Chat, Client};
    /// # let acquire = Client::builder().account_id("acme").api_key("secret").build().unwrap();
    /// let error = acquire.send(Chat::new(CaseId(28))).await.unwrap_err();
    /// assert!(error.to_string().starts_with(&format!("{}; ", error.reason())));
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run());
    /// ```
    pub fn reason(&self) -> String {
        let mut reason = format!("{}: ", self.0.channel.operation());
        match &self.0.cause {
            Cause::Input(invalid) => reason.push_str(&invalid.to_string()),
            Cause::NoAnswer { failure, .. } => reason.push_str(self.failed(failure)),
            Cause::Answer { answer, .. } => {
                reason.push_str(answer.status.as_str());
                if let Some(phrase) = answer.status.canonical_reason() {
                    reason.push_str(&format!(" {phrase}"));
                }
                if let Some(code) = &self.0.code {
                    reason.push_str(&format!(", {code}"));
                }
                if let Some(excerpt) = &self.0.excerpt {
                    reason.push_str(&format!(": {excerpt}"));
                }
            }
        }
        if self.0.attempts > 1 {
            reason.push_str(&format!(" (after {} attempts)", self.0.attempts));
        }
        reason
    }

    /// The errors of the HTTP stack and the system below a failure without an answer, the deepest last: for example
    /// `tcp connect error`, `Connection refused (os error 111)`. Empty if an answer came.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::<String>::new();
        // The first is reqwest's own, which only says that the request failed.
        let error = self.stack().and_then(|stack| stack.error.as_ref());
        let chain = error.into_iter().flat_map(|error| chain(error));
        for cause in chain.skip(1) {
            let text = cause.to_string();
            // Some only repeat their source.
            if causes.last().is_none_or(|last| !last.contains(&text)) {
                causes.push(text);
            }
        }
        causes
    }
}

/// Looks for common names: no page documents such a header.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "request-id", "x-correlation-id"]
        .into_iter()
        .find_map(|name| headers.get(name)?.to_str().ok())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { delivery, .. } = *self.0;
        write!(f, "{}; {delivery}: {}", self.reason(), self.next_step())
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
        match &self.0.cause {
            Cause::NoAnswer { failure, .. } => match &failure.reason {
                Reason::Http(stack) => stack.error.as_ref().map(|error| error as _),
                Reason::Key(error) => Some(&**error),
                Reason::TimedOut | Reason::Stopped | Reason::TooLate => None,
            },
            Cause::Input(_) | Cause::Answer { .. } => None,
        }
    }
}
