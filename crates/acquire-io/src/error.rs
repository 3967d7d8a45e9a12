//! Why a message was not accepted, and what to do next.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::attempt::{Answer, Failure, Reason, chain, is_proxy_login, is_tls};
use crate::channel::Channel;
use crate::delivery::{Delivery, NextStep};
use crate::envelope::Envelope;
use crate::excerpt;
use crate::problem::{InvalidMessage, Problem};
use crate::retry::{self, Facts};
use crate::verdict;

/// A message was not accepted. [`next_step`](Self::next_step) says what to do, [`delivery`](Self::delivery) what became
/// of the message.
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
/// step. `Display` and `Debug` hold neither the key nor content of the message: where the server's message repeats
/// content, it is masked as far as it is recognised. The server's own words are in
/// [`server_message`](Self::server_message) and [`body`](Self::body).
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

/// Why one attempt failed.
pub(crate) enum Cause {
    /// The message was rejected before the wire.
    Input(InvalidMessage),
    /// There was no answer.
    NoAnswer {
        failure: Failure,
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
    pub(crate) fn no_answer(failure: Failure) -> Self {
        let delivery = verdict::of_failure(&failure);
        Self::NoAnswer { failure, delivery }
    }

    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Self::Input(_) => Delivery::NotSent,
            Self::NoAnswer { delivery, .. } | Self::Answer { delivery, .. } => *delivery,
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
                Self::Input(_) | Self::NoAnswer { .. } => None,
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
            Self::Answer {
                answer, delivery, ..
            } if answer.status.is_success() => match delivery {
                Delivery::Refused => "refused".into(),
                _ => "unclear".into(),
            },
            Self::Answer { answer, .. } => answer.status.as_u16().to_string().into(),
            Self::NoAnswer { failure, .. } => match &failure.reason {
                Reason::TimedOut => "timeout".into(),
                Reason::Stopped => "stopped".into(),
                Reason::TooLate => "too_late".into(),
                Reason::Http(error) if error.is_timeout() => "timeout".into(),
                Reason::Http(error) if is_tls(error) => "tls".into(),
                Reason::Http(error) if error.is_connect() => "connect".into(),
                Reason::Http(_) => "connection".into(),
            },
        }
    }

    pub(crate) fn is_too_late(&self) -> bool {
        matches!(self, Self::NoAnswer { failure, .. } if matches!(failure.reason, Reason::TooLate))
    }
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

    /// What became of the message, over all attempts: never [`Accepted`](Delivery::Accepted).
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// What to do about it.
    ///
    /// | | |
    /// | --- | --- |
    /// | not sent, for an invalid message | fix the message |
    /// | not sent, for TLS, or because a proxy asks for a login | fix the set-up |
    /// | not sent otherwise | send it again |
    /// | refused with 429 | send it again, after what `Retry-After` says |
    /// | refused with 401, 403 or 407 | fix the set-up |
    /// | refused otherwise | fix the message |
    /// | unknown | look into the case first |
    pub fn next_step(&self) -> NextStep {
        match (self.0.delivery, &self.0.cause) {
            (Delivery::Unknown, _) => NextStep::LookFirst,
            (_, Cause::Input(_)) => NextStep::FixMessage,
            (_, Cause::NoAnswer { .. })
                if self
                    .http()
                    .is_some_and(|error| is_tls(error) || is_proxy_login(error)) =>
            {
                NextStep::FixSetup
            }
            (_, Cause::NoAnswer { .. }) => NextStep::SendAgain {
                after: Duration::ZERO,
            },
            (_, Cause::Answer { answer, .. }) => match answer.status {
                StatusCode::TOO_MANY_REQUESTS => NextStep::SendAgain {
                    after: self.retry_after().unwrap_or(retry::UNTOLD),
                },
                status if verdict::is_about_set_up(status) => NextStep::FixSetup,
                _ => NextStep::FixMessage,
            },
        }
    }

    /// The channel of the message.
    pub fn channel(&self) -> Channel {
        self.0.channel
    }

    /// How many requests were tried. 0 when the message was rejected before the first.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What is wrong with the message, when it was rejected before the wire: every field at once. Otherwise empty.
    pub fn problems(&self) -> &[Problem] {
        match &self.0.cause {
            Cause::Input(invalid) => invalid.problems(),
            _ => &[],
        }
    }

    /// Whether the message was rejected before the wire.
    pub fn is_input(&self) -> bool {
        matches!(self.0.cause, Cause::Input(_))
    }

    /// Whether time ran out without an answer, while connecting or later.
    pub fn is_timeout(&self) -> bool {
        match &self.0.cause {
            Cause::NoAnswer { failure, .. } => match &failure.reason {
                Reason::TimedOut => true,
                Reason::Http(error) => error.is_timeout(),
                Reason::Stopped | Reason::TooLate => false,
            },
            _ => false,
        }
    }

    /// Whether the request would have begun after [`begin_before`](crate::Outgoing::begin_before).
    pub fn is_too_late(&self) -> bool {
        self.0.cause.is_too_late()
    }

    /// Whether the call was stopped before an answer came. See [`stop_when`](crate::Outgoing::stop_when).
    pub fn is_stopped(&self) -> bool {
        let Cause::NoAnswer { failure, .. } = &self.0.cause else {
            return false;
        };
        matches!(failure.reason, Reason::Stopped)
    }

    /// Whether no connection could be made: name lookup, connecting, or TLS failed.
    pub fn is_connect(&self) -> bool {
        self.http().is_some_and(reqwest::Error::is_connect)
    }

    /// Whether TLS failed, for example because the certificate isn't trusted.
    pub fn is_tls(&self) -> bool {
        self.http().is_some_and(is_tls)
    }

    fn http(&self) -> Option<&reqwest::Error> {
        match &self.0.cause {
            Cause::NoAnswer { failure, .. } => match &failure.reason {
                Reason::Http(error) => Some(error),
                Reason::TimedOut | Reason::Stopped | Reason::TooLate => None,
            },
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

    /// The server's error code, an open set: see [`error_code`](crate::error_code).
    pub fn code(&self) -> Option<&str> {
        self.answer()?.1.code.as_deref()
    }

    /// The server's message, as it is. It may repeat content of the message.
    pub fn server_message(&self) -> Option<&str> {
        self.answer()?.1.message.as_deref()
    }

    /// The answer's body, decoded where it was encoded, as far as it was received.
    pub fn body(&self) -> Option<&Bytes> {
        self.answer().map(|(answer, _)| &answer.body)
    }

    /// Whether [`body`](Self::body) is the whole body: it is cut when it was longer than the limit, or reading failed.
    pub fn body_is_complete(&self) -> bool {
        self.answer()
            .is_some_and(|(answer, _)| answer.is_complete())
    }

    /// The ID that the server, or a proxy before it, gave the request, where there is one.
    pub fn request_id(&self) -> Option<&str> {
        request_id(self.headers()?)
    }

    /// How long the server asks to wait, by `Retry-After`: seconds, also with decimals, or a date. A value that can't
    /// be read counts as 10 seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(self.headers()?, SystemTime::now())
    }

    pub(crate) fn kind_name(&self) -> Cow<'static, str> {
        self.0.cause.kind_name()
    }

    pub(crate) fn code_to_show(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What failed on the way to an answer.
    fn failed(&self, failure: &Failure) -> &'static str {
        let not_sent = self.0.delivery == Delivery::NotSent;
        match &failure.reason {
            Reason::TooLate => "too late to begin",
            Reason::TimedOut if not_sent => "time ran out before anything was sent",
            Reason::TimedOut => "no answer came in time",
            Reason::Stopped if not_sent => "stopped before anything was sent",
            Reason::Stopped => "stopped before an answer came",
            Reason::Http(error) if is_tls(error) => "TLS failed",
            Reason::Http(error) if is_proxy_login(error) => "the proxy asks for a login",
            Reason::Http(error) => match (error.is_connect(), error.is_timeout()) {
                (true, true) => "no connection was made in time",
                (true, false) => "no connection was made",
                (false, true) if not_sent => "time ran out before anything was sent",
                (false, true) => "no answer came in time",
                (false, false) if not_sent => "the server did not take the request",
                (false, false) => "the connection failed before an answer",
            },
        }
    }

    /// What went wrong, without the outcome and the next step: the first part of `Display`.
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

    /// What the HTTP stack and the system say about a failure without an answer, the deepest last: for example
    /// `tcp connect error`, `Connection refused (os error 111)`. Otherwise empty.
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::<String>::new();
        // The first is reqwest's own, which says no more than that it failed.
        let chain = self.http().into_iter().flat_map(|error| chain(error));
        for cause in chain.skip(1) {
            let text = cause.to_string();
            // Some only repeat what they carry.
            if causes.last().is_none_or(|last| !last.contains(&text)) {
                causes.push(text);
            }
        }
        causes
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
        self.http().map(|error| error as _)
    }
}
