//! `tracing` spans of turns and messages. They hold no content and no keys, and no lanes: a service may name these after
//! people.
//!
//! The names are those of OpenTelemetry's semantic conventions for messaging, where these have one.

use std::time::Duration;

use tracing::{Level, Span, field};

use super::report::StopReason;
use crate::error::Error;
use crate::store::{Claimed, Turn, Turned};
use crate::verdict::Verdict;

const SYSTEM: &str = "acquire_outbox";

/// The span of one transaction with the store.
pub(super) fn turn(turn: &Turn) -> Span {
    tracing::span!(
        Level::DEBUG,
        "acquire.outbox.turn",
        otel.name = "acquire.outbox.turn",
        messaging.system = SYSTEM,
        messaging.operation.name = "receive",
        messaging.operation.r#type = "receive",
        messaging.batch.message_count = field::Empty,
        acquire.account = turn.account,
        acquire.outbox.free = turn.slots,
        acquire.outbox.settled = turn.settled.len(),
        acquire.outbox.paused = field::Empty,
        error.r#type = field::Empty,
    )
}

pub(super) fn turned(span: &Span, turned: &Turned) {
    span.record("messaging.batch.message_count", turned.claimed.len());
    span.record("acquire.outbox.paused", turned.paused.is_some());
}

pub(super) fn store_failed(span: &Span, account: &str, error: &Error, retry_in: Duration) {
    span.record("error.type", "store");
    span.in_scope(|| {
        tracing::warn!(
            acquire.account = account,
            error = %error,
            retry_in = ?retry_in,
            "the outbox's store failed"
        );
    });
}

/// The span of one claimed message: the parent of the client's own.
pub(super) fn message(account: &str, claimed: &Claimed) -> Span {
    tracing::span!(
        Level::INFO,
        "acquire.outbox.message",
        otel.name = "acquire.outbox.message",
        otel.kind = "consumer",
        messaging.system = SYSTEM,
        messaging.operation.name = "process",
        messaging.operation.r#type = "process",
        messaging.message.id = claimed.id,
        acquire.account = account,
        acquire.outbox.attempt = claimed.attempt,
        acquire.outbox.outcome = field::Empty,
        error.r#type = field::Empty,
    )
}

pub(super) fn outcome(span: &Span, verdict: &Verdict) {
    span.record("acquire.outbox.outcome", verdict.kind.as_str());
    if let Some(code) = &verdict.code {
        span.record("error.type", code.as_str());
    }
}

pub(super) fn stopped(account: &str, reason: &StopReason) {
    match reason {
        StopReason::Shutdown | StopReason::Settled => {
            tracing::debug!(acquire.account = account, reason = %reason, "the worker stops");
        }
        _ => tracing::warn!(acquire.account = account, reason = %reason, "the worker stops"),
    }
}
