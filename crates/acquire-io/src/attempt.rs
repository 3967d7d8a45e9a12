//! One attempt: one request on the wire, and the verdict on it.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use acquire_io_api::{Answer, Error as ApiError, Exchange};
use bytes::Bytes;
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

pub(crate) async fn run<C: Channel>(
    client: &Client,
    request: &C::Request,
    additions: &[(String, Value)],
    timeout: Duration,
) -> Outcome<C::Answer> {
    let exchange = exchange(client, additions).with_timeout(timeout);
    let api = client.api(exchange.clone());
    // Boxed: what the HTTP stack needs while it waits is large, and would be moved with each future around it.
    let result = Box::pin(C::call(&api, client.user_type_parameter(), request.clone())).await;

    let Some(answer) = exchange.take_answer() else {
        return Outcome::Failed(match result {
            Err(ApiError::CommunicationError(error)) => {
                let body_was_polled = exchange.body_was_polled();
                let delivery = if !body_was_polled || server_refused_stream(&error) {
                    Delivery::NotSent
                } else {
                    Delivery::Unknown
                };
                Cause::Transport {
                    error: error.without_url(),
                    delivery,
                }
            }
            Err(ApiError::InvalidRequest(problem)) => {
                Cause::Input(InputError::new("json", problem))
            }
            // The generated client has no other end without an answer.
            _ => Cause::Input(InputError::new("json", UNSENDABLE)),
        });
    };
    let delivery = match answer.status.as_u16() {
        200..=299 => {
            let typed = match result {
                Ok(value) => Ok(value.into_inner()),
                Err(_) => sent::decode::<C::Answer>(&answer),
            };
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

/// The request that [`run`] would send, or why there is none.
pub(crate) fn dry_run<C: Channel>(
    client: &Client,
    request: C::Request,
    additions: &[(String, Value)],
) -> Result<http::Request<Bytes>, String> {
    let exchange = exchange(client, additions).with_dry_run();
    let api = client.api(exchange.clone());
    let call = pin!(C::call(&api, client.user_type_parameter(), request));
    // It ends before there is anything to wait for.
    let ended = call.poll(&mut Context::from_waker(Waker::noop()));
    exchange.take_dry_run().ok_or_else(|| match ended {
        Poll::Ready(Err(ApiError::InvalidRequest(problem))) => problem,
        _ => UNSENDABLE.to_owned(),
    })
}

fn exchange(client: &Client, additions: &[(String, Value)]) -> Exchange {
    let mut exchange = client.exchange();
    for (pointer, value) in additions {
        exchange = exchange.with_addition(pointer, value.clone());
    }
    exchange
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
