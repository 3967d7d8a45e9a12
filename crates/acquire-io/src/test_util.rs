//! Test your own code without a server: results of any kind, and a client whose requests a function answers. Needs the
//! feature `test-util`, meant for `[dev-dependencies]`.
//!
//! A result in one line:
//!
//! ```
//! use acquire_io::{Channel, Delivery, ErrorKind, MessageId, NextStep, test_util};
//!
//! let sent = test_util::sent(Channel::Sms, MessageId(7));
//! assert_eq!(sent.message_id(), Some(MessageId(7)));
//!
//! let error = test_util::error(Channel::Chat, ErrorKind::Timeout);
//! assert_eq!(error.delivery(), Delivery::NotSent);
//! let error = test_util::unknown(Channel::Chat, ErrorKind::Timeout);
//! assert_eq!(error.next_step(), NextStep::LookFirst);
//! ```
//!
//! A client without sockets, so that Tokio's paused clock skips all waiting:
//!
//! ```
//! use std::time::Duration;
//! use acquire_io::{CaseId, Chat, Delivery, test_util};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
//! // As in `#[tokio::test(start_paused = true)]`.
//! let acquire = test_util::client(|_| std::future::pending::<http::Response<&str>>()).build()?;
//! let chat = Chat::new(CaseId(28)).text("hi");
//! let error = acquire.send(chat).timeout(Duration::from_secs(3600)).await.unwrap_err();
//! assert!(error.is_timeout());
//! // The client can't know whether a server has received it.
//! assert_eq!(error.delivery(), Delivery::Unknown);
//! # Ok::<(), acquire_io::ConfigError>(())
//! # }).unwrap();
//! ```
//!
//! Don't pause the clock with the sandbox or a mock: while the runtime waits for a socket, a paused clock jumps to the
//! call's time limit.

use bytes::Bytes;
use http::StatusCode;

use crate::answers::Answers;
use crate::attempt::{Answer, End, Failure, Reason, Stack};
use crate::builder::ClientBuilder;
use crate::cause::Cause;
use crate::channel::Channel;
use crate::client::Client;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::kind::ErrorKind;
use crate::problem::Problems;
use crate::sent::Sent;
use crate::types::MessageId;
use crate::verdict;

/// A client whose requests this function answers, without a socket. Add your program's settings, then `build`.
///
/// The function gets the whole request, so the message may have been sent. To simulate a server that doesn't answer, return
/// a future that is never ready.
///
/// ```
/// use acquire_io::{CaseId, Chat, ErrorKind, test_util};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let acquire = test_util::client(async |request| {
///     assert_eq!(request.uri().path(), "/api/v1/crm/messenger/chat/add-message");
///     let mut busy = http::Response::new(r#"{"error":{"code":"BUSY"}}"#);
///     *busy.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
///     busy
/// });
/// let error = acquire.build()?.send(Chat::new(CaseId(28)).text("hi")).await.unwrap_err();
/// assert_eq!((error.kind(), error.code()), (ErrorKind::TooManyRequests, Some("BUSY")));
/// # Ok::<(), acquire_io::ConfigError>(())
/// # }).unwrap();
/// ```
pub fn client<F, R, B>(answer: F) -> ClientBuilder
where
    F: Fn(http::Request<Bytes>) -> R + Send + Sync + 'static,
    R: Future<Output = http::Response<B>> + Send + 'static,
    B: Into<Bytes>,
{
    let mut builder = Client::builder()
        .base_url("http://127.0.0.1")
        .api_key("test-key");
    builder.answers = Some(Answers::new(answer));
    builder
}

/// An accepted message with this ID. For any other answer, see [`answered`].
pub fn sent(channel: Channel, message: MessageId) -> Sent {
    let MessageId(id) = message;
    let body = match channel {
        Channel::Chat => format!(r#"{{"data":{{"id":{id}}}}}"#),
        Channel::Mail => format!(r#"{{"data":{{"caseMessageId":{id}}}}}"#),
        Channel::Sms => format!(r#"{{"data":{{"data":{{"caseMessageId":{id}}}}}}}"#),
    };
    let answer = answer(http::Response::new(body));
    Sent::new(channel, answer, 1)
}

/// The result of a call with this answer: status, headers and body.
///
/// ```
/// use acquire_io::{Channel, NextStep, test_util};
///
/// let busy = http::Response::builder().status(429).header("retry-after", "7").body("")?;
/// let error = test_util::answered(Channel::Chat, busy).unwrap_err();
/// assert_eq!(error.next_step().as_str(), "send_again");
///
/// let sent = test_util::answered(Channel::Chat, http::Response::new(r#"{"data":{"id":7}}"#))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the answer doesn't accept the message.
pub fn answered(channel: Channel, answer: http::Response<impl Into<Bytes>>) -> Result<Sent, Error> {
    let answer = self::answer(answer);
    match verdict::of_answer(&answer) {
        Delivery::Accepted => Ok(Sent::new(channel, answer, 1)),
        delivery => Err(failed(channel, Cause::answer(answer, delivery), delivery)),
    }
}

/// An error of this kind after which the message was not sent or was refused, if that is possible. After
/// [`ErrorKind::Server`] and [`ErrorKind::Unclear`] the outcome is always [unknown](Delivery::Unknown).
pub fn error(channel: Channel, kind: ErrorKind) -> Error {
    let cause = cause(kind, false);
    let delivery = cause.delivery();
    failed(channel, cause, delivery)
}

/// An error of this kind after which the message may have been sent. For a kind that implies that it was not, such as
/// [`ErrorKind::Connect`], an earlier attempt was unknown. [`ErrorKind::Input`] is always not sent: an invalid message is
/// never tried.
pub fn unknown(channel: Channel, kind: ErrorKind) -> Error {
    match kind {
        ErrorKind::Input => error(channel, kind),
        _ => failed(channel, cause(kind, true), Delivery::Unknown),
    }
}

fn failed(channel: Channel, cause: Cause, delivery: Delivery) -> Error {
    let attempts = match &cause {
        Cause::Input(_) => 0,
        cause if cause.delivery() == delivery => 1,
        _ => 2,
    };
    Error::new(channel, attempts, cause, delivery, &[])
}

fn cause(kind: ErrorKind, body_was_taken: bool) -> Cause {
    let reason = match kind {
        ErrorKind::Input => return Cause::Input(Problems::one("text", "is empty")),
        ErrorKind::Unauthorized => return answered_with(StatusCode::UNAUTHORIZED),
        ErrorKind::TooManyRequests => return answered_with(StatusCode::TOO_MANY_REQUESTS),
        ErrorKind::Refused => return answered_with(StatusCode::BAD_REQUEST),
        ErrorKind::Server => return answered_with(StatusCode::INTERNAL_SERVER_ERROR),
        ErrorKind::Unclear => return answered_with(StatusCode::FOUND),
        ErrorKind::Timeout => Reason::TimedOut,
        ErrorKind::Stopped => Reason::Stopped,
        ErrorKind::TooLate => Reason::TooLate,
        ErrorKind::ApiKey => Reason::Key("no key".into()),
        ErrorKind::Connect | ErrorKind::Tls | ErrorKind::ProxyLogin | ErrorKind::Connection => {
            Reason::Http(Stack {
                kind,
                is_connect: kind != ErrorKind::Connection,
                error: None,
            })
        }
    };
    let is_before_the_body = match &reason {
        Reason::Http(stack) => stack.is_connect,
        Reason::Key(_) | Reason::TooLate => true,
        Reason::TimedOut | Reason::Stopped => false,
    };
    Cause::no_answer(Failure {
        reason,
        body_was_taken: body_was_taken && !is_before_the_body,
    })
}

/// An answer with the documented form of an error.
fn answered_with(status: StatusCode) -> Cause {
    let mut response =
        http::Response::new(r#"{"error":{"code":"CODE","message":"why","data":null}}"#);
    *response.status_mut() = status;
    let answer = answer(response);
    let delivery = verdict::of_answer(&answer);
    Cause::answer(answer, delivery)
}

fn answer(response: http::Response<impl Into<Bytes>>) -> Answer {
    let (head, body) = response.into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        body: body.into(),
        end: End::Complete,
    }
}
