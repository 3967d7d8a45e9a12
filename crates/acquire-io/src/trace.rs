//! `tracing` spans of calls and attempts. They hold no message content, no key, and no query.
//!
//! The names are those of OpenTelemetry's semantic conventions for an HTTP client, where these have one.

use std::time::Instant;

use tracing::field::DisplayValue;
use tracing::{Level, Span, field};

use crate::attempt::Outcome;
use crate::client::Client;
use crate::delivery::Delivery;
use crate::error::Error;

/// The span of one call, over all its attempts.
pub(crate) fn call(operation: &'static str) -> Span {
    tracing::span!(
        Level::INFO,
        "acquire.call",
        otel.name = operation,
        acquire.operation = operation,
        acquire.delivery = field::Empty,
        acquire.attempts = field::Empty,
        acquire.elapsed_ms = field::Empty,
        error.r#type = field::Empty,
    )
}

/// As the command line spells it, in one word for logs of keys and values.
fn name(delivery: Delivery) -> DisplayValue<&'static str> {
    field::display(match delivery {
        Delivery::NotSent => "not_sent",
        Delivery::Refused => "refused",
        Delivery::Unknown => "unknown",
    })
}

const ACCEPTED: &str = "accepted";

/// Records how long a call or an attempt took, in milliseconds.
pub(crate) fn elapsed(span: &Span, start: Instant) {
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.record("acquire.elapsed_ms", elapsed);
}

pub(crate) fn accepted(span: &Span, attempts: u32) {
    span.record("acquire.delivery", field::display(ACCEPTED))
        .record("acquire.attempts", attempts);
    span.in_scope(|| tracing::debug!("accepted"));
}

pub(crate) fn failed(span: &Span, error: &Error) {
    span.record("acquire.delivery", name(error.delivery()))
        .record("acquire.attempts", error.attempts())
        .record("error.type", &*error.kind_name());
    span.in_scope(|| tracing::debug!(error.code = error.code_to_show(), "not accepted"));
}

/// The span of one attempt: one request on the wire.
pub(crate) fn attempt(
    client: &Client,
    (method, path): (&'static str, &'static str),
    attempt: u32,
) -> Span {
    let (host, port) = client.server();
    let span = tracing::span!(
        Level::DEBUG,
        "acquire.attempt",
        otel.name = method,
        otel.kind = "client",
        http.request.method = method,
        url.path = path,
        server.address = host,
        server.port = port,
        http.request.resend_count = field::Empty,
        http.response.status_code = field::Empty,
        acquire.delivery = field::Empty,
        acquire.elapsed_ms = field::Empty,
        error.r#type = field::Empty,
    );
    if attempt > 1 {
        span.record("http.request.resend_count", attempt - 1);
    }
    span
}

pub(crate) fn outcome<T>(span: &Span, outcome: &Outcome<T>) {
    match outcome {
        Outcome::Accepted(answer, _) => {
            span.record("acquire.delivery", field::display(ACCEPTED))
                .record("http.response.status_code", answer.status.as_u16());
        }
        Outcome::Failed(cause) => {
            span.record("acquire.delivery", name(cause.delivery()))
                .record("error.type", &*cause.kind_name());
            if let Some(status) = cause.status() {
                span.record("http.response.status_code", status.as_u16());
            }
        }
    }
}
