//! One call: what is known about it, even if its future is dropped before the end; and waiting for the calls under way.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout;
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
    under_way: Option<UnderWay>,
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
    pub(crate) fn join(&mut self, calls: &Arc<Calls>) {
        self.under_way = Some(calls.begin());
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

/// The calls of a client and its clones.
#[derive(Default)]
pub(crate) struct Calls {
    under_way: AtomicUsize,
    /// Notified when the last call ends.
    ended: Notify,
}

impl Calls {
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    /// Waits until no call is under way, or time runs out. Returns how many are left.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        let all_ended = async {
            loop {
                let mut ended = pin!(self.ended.notified());
                // Before the number is read: the last call may end in between.
                ended.as_mut().enable();
                if self.number() == 0 {
                    return;
                }
                ended.await;
            }
        };
        match timeout(limit, all_ended).await {
            Ok(()) => 0,
            Err(_) => self.number(),
        }
    }

    fn number(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }
}

/// Counts as one call until it is dropped.
pub(crate) struct UnderWay(Arc<Calls>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ended.notify_waiters();
        }
    }
}
