//! One attempt: one request on the wire, and the verdict on it.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use acquire_io_api::{Answer, Error as ApiError, PreparedRequest};
use serde_json::Value;

use crate::channel::{Channel, sealed};
use crate::client::Client;
use crate::delivery::Delivery;
use crate::error::{Cause, Envelope, InputError, chain};
use crate::sent::{self, DecodeError};

const UNSENDABLE: &str = "makes a request that can't be sent";

/// Measures what is left of a call's time.
pub(crate) struct Clock {
    start: Instant,
    timeout: Duration,
}

impl Clock {
    pub(crate) fn start(timeout: Duration) -> Self {
        Self {
            start: Instant::now(),
            timeout,
        }
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.timeout.saturating_sub(self.start.elapsed())
    }
}

pub(crate) enum Outcome<T> {
    Accepted(Answer, Result<T, DecodeError>),
    Failed(Cause),
}

/// Makes the request, without sending it, or tells why there is none.
///
/// It is the generated code's, which is not asked to send: it would lose the status of an answer that doesn't decode.
pub(crate) fn prepare<C: Channel>(
    client: &Client,
    request: C::Request,
    additions: &[(String, Value)],
    timeout: Duration,
) -> Result<PreparedRequest, InputError> {
    let mut exchange = client.exchange().with_timeout(timeout);
    for (pointer, value) in additions {
        exchange = exchange.with_addition(pointer, value.clone());
    }
    let api = client.api(exchange.clone());
    let call = pin!(C::call(&api, client.user_type_parameter(), request));
    // It ends before there is anything to wait for.
    let ended = call.poll(&mut Context::from_waker(Waker::noop()));
    exchange.take_prepared().ok_or_else(|| match ended {
        Poll::Ready(Err(ApiError::InvalidRequest(problem))) => InputError::new("json", problem),
        _ => InputError::new("json", UNSENDABLE),
    })
}

pub(crate) async fn send<C: Channel>(
    client: &Client,
    request: PreparedRequest,
) -> Outcome<C::Answer> {
    let answer = match request.send(client.http()).await {
        Ok(answer) => answer,
        Err(failure) => {
            let not_sent = !failure.body_was_polled || server_refused_stream(&failure.error);
            return Outcome::Failed(Cause::Transport {
                error: failure.error,
                delivery: if not_sent {
                    Delivery::NotSent
                } else {
                    Delivery::Unknown
                },
            });
        }
    };
    let delivery = match answer.status.as_u16() {
        200..=299 => {
            let typed = sent::decode::<C::Answer>(&answer);
            let has_data = typed.as_ref().is_ok_and(sealed::Answer::has_data);
            let refused = !has_data && Envelope::is_refusal(&answer.body);
            if !refused {
                return Outcome::Accepted(answer, typed);
            }
            Delivery::Refused
        }
        400..=499 => Delivery::Refused,
        _ => Delivery::Unknown,
    };
    let envelope = Envelope::read(&answer.body);
    Outcome::Failed(Cause::Answer {
        answer,
        envelope,
        delivery,
    })
}

/// Whether the server said over HTTP/2 that it did not process the request: it refused the stream, or went
/// away and named an earlier stream as its last. h2 gives a stream the remote GOAWAY as its error only when
/// the stream's number is above that last one (RFC 9113, sections 6.8 and 8.7).
fn server_refused_stream(error: &reqwest::Error) -> bool {
    chain(error)
        .find_map(|error| error.downcast_ref::<h2::Error>())
        .is_some_and(|error| {
            let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            error.is_remote() && (refused || error.is_go_away())
        })
}
