//! `tracing` spans of calls and attempts. They have no message content, no key, and no query.
//!
//! Names follow OpenTelemetry's semantic conventions for HTTP clients where there is one.

use std::time::Instant;

use tracing::{Level, Span, field};

use crate::attempt::Answer;
use crate::cause::Cause;
use crate::channel::Channel;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::sent::Sent;
use crate::types::CaseId;

/// The span of one call, over all its attempts.
pub(crate) fn call(channel: Channel, case: CaseId) -> Span {
    let operation = channel.operation();
    tracing::span!(
        Level::INFO,
        "acquire.call",
        otel.name = operation,
        acquire.operation = operation,
        acquire.case_id = case.0,
        acquire.message_id = field::Empty,
        acquire.delivery = field::Empty,
        acquire.attempts = field::Empty,
        acquire.elapsed_ms = field::Empty,
        error.r#type = field::Empty,
    )
}

/// Records how long a call or an attempt took, in milliseconds.
pub(crate) fn elapsed(span: &Span, start: Instant) {
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.record("acquire.elapsed_ms", elapsed);
}

pub(crate) fn accepted(span: &Span, sent: &Sent) {
    // Finding the ID takes longer than everything else in a span.
    if span.is_disabled() {
        return;
    }
    delivery(span, Delivery::Accepted).record("acquire.attempts", sent.attempts());
    if let Some(id) = sent.message_id() {
        span.record("acquire.message_id", id.0);
    }
    span.in_scope(|| tracing::debug!("accepted"));
}

fn delivery(span: &Span, delivery: Delivery) -> &Span {
    span.record("acquire.delivery", field::display(delivery.as_str()))
}

pub(crate) fn failed(span: &Span, error: &Error) {
    delivery(span, error.delivery())
        .record("acquire.attempts", error.attempts())
        .record("error.type", &*error.error_type());
    span.in_scope(|| tracing::debug!(error.code = error.code_to_show(), "not accepted"));
}

/// A call whose future was dropped before it was ready.
pub(crate) fn dropped(span: &Span, so_far: Delivery, attempts: u32) {
    cancelled(span, so_far);
    span.record("acquire.attempts", attempts);
    span.in_scope(|| tracing::debug!("dropped"));
}

/// A call or an attempt that was cancelled.
pub(crate) fn cancelled(span: &Span, so_far: Delivery) {
    delivery(span, so_far).record("error.type", "cancelled");
}

/// The span of one attempt: one request on the wire.
pub(crate) fn attempt(
    (host, port): &(String, u16),
    request: &reqwest::Request,
    attempt: u32,
) -> Span {
    let method = request.method().as_str();
    let span = tracing::span!(
        Level::DEBUG,
        "acquire.attempt",
        otel.name = method,
        otel.kind = "client",
        http.request.method = method,
        url.path = request.url().path(),
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

pub(crate) fn outcome(span: &Span, outcome: &Result<Answer, Cause>) {
    match outcome {
        Ok(answer) => {
            delivery(span, Delivery::Accepted)
                .record("http.response.status_code", answer.status.as_u16());
        }
        Err(cause) => {
            delivery(span, cause.delivery()).record("error.type", &*cause.error_type());
            if let Some(status) = cause.status() {
                span.record("http.response.status_code", status.as_u16());
            }
        }
    }
}
