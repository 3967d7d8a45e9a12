//! One call: what is known about it, even if its future is dropped before the end.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Span;

use crate::attempt::Answer;
use crate::cause::Cause;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::message::Message;
use crate::sent::Sent;
use crate::trace;
use crate::wire::Witness;

/// Records the outcome in the call's span. A call that is dropped before its end records what its witness knows.
pub(crate) struct Call {
    /// Made with the call, so that its parent is the caller's span, whichever task awaits it.
    span: Span,
    /// None until the first poll.
    start: Option<Instant>,
    attempts: u32,
    /// Over the attempts so far: once one is unknown, the call is.
    delivery: Delivery,
    attempt: Option<Attempt>,
    is_over: bool,
    /// The last field, so that the span is closed before the call counts as ended.
    under_way: Option<TaskTrackerToken>,
}

/// An attempt under way.
struct Attempt {
    span: Span,
    start: Instant,
    witness: Arc<Witness>,
}

impl Call {
    pub(crate) fn new(message: &Message) -> Self {
        Self {
            span: trace::call(message.channel(), message.case()),
            start: None,
            attempts: 0,
            delivery: Delivery::NotSent,
            attempt: None,
            is_over: false,
            under_way: None,
        }
    }

    /// Counts the call as under way from now on.
    pub(crate) fn join(&mut self, calls: &TaskTracker) {
        self.under_way = Some(calls.token());
    }

    pub(crate) fn start(&mut self) -> Span {
        self.start = Some(Instant::now());
        self.span.clone()
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.delivery
    }

    pub(crate) fn start_attempt(&mut self, span: &Span, witness: Arc<Witness>) {
        self.attempts += 1;
        self.attempt = Some(Attempt {
            span: span.clone(),
            start: Instant::now(),
            witness,
        });
    }

    pub(crate) fn end_attempt(&mut self, outcome: &Result<Answer, Cause>) {
        if let Some(attempt) = self.attempt.take() {
            trace::elapsed(&attempt.span, attempt.start);
            trace::outcome(&attempt.span, outcome);
        }
        if let Err(cause) = outcome {
            self.add(cause.delivery());
        }
    }

    fn add(&mut self, delivery: Delivery) {
        if self.delivery != Delivery::Unknown {
            self.delivery = delivery;
        }
    }

    pub(crate) fn end(&mut self, result: &Result<Sent, Error>) {
        self.is_over = true;
        self.record_time();
        match result {
            Ok(sent) => trace::accepted(&self.span, sent),
            Err(error) => trace::failed(&self.span, error),
        }
    }

    fn record_time(&self) {
        if let Some(start) = self.start {
            trace::elapsed(&self.span, start);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if let Some(attempt) = self.attempt.take() {
            attempt.witness.withdraw();
            let delivery = match attempt.witness.is_taken() {
                true => Delivery::Unknown,
                false => Delivery::NotSent,
            };
            trace::elapsed(&attempt.span, attempt.start);
            trace::cancelled(&attempt.span, delivery);
            self.add(delivery);
        }
        self.record_time();
        trace::dropped(&self.span, self.delivery, self.attempts);
    }
}
