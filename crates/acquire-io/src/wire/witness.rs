//! A request body that is either taken by the HTTP stack or withdrawn by the call, never both.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Whether the HTTP stack took any of a request's body. Decided once: either the stack takes it first, or the call ends
/// first and the body can't be taken afterwards.
///
/// Only reading a flag would be a race. The stack runs in another task: it could take the body just after a call that ran
/// out of time has found it untouched.
#[derive(Default)]
pub(crate) struct Witness(AtomicU8);

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;
const TOO_LATE: u8 = 3;

impl Witness {
    /// Withdraws the body, unless the stack has taken any of it.
    pub(crate) fn withdraw(&self) {
        self.settle(WITHDRAWN);
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.0.load(Ordering::Acquire) == TAKEN
    }

    /// Whether the stack asked for the body after the latest time to begin.
    pub(super) fn is_too_late(&self) -> bool {
        self.0.load(Ordering::Acquire) == TOO_LATE
    }

    /// Sets the state if none is set yet. Returns the state.
    fn settle(&self, state: u8) -> u8 {
        self.0
            .compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire)
            .map_or_else(|settled| settled, |_| state)
    }
}

/// Withdraws the body when the call fails or is dropped before an answer.
pub(super) struct Withdrawal<'a>(pub(super) &'a Witness);

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

/// The latest moment to hand out a body, by both clocks: the monotonic clock stops while a machine sleeps, and the wall clock
/// may be set.
#[derive(Clone, Copy)]
pub(crate) struct Gate {
    monotonic: Instant,
    wall: Option<SystemTime>,
}

impl Gate {
    pub(crate) fn new(latest: Instant) -> Self {
        let left = latest.saturating_duration_since(now());
        Self {
            monotonic: latest,
            wall: SystemTime::now().checked_add(left),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        now() > self.monotonic || self.wall.is_some_and(|wall| SystemTime::now() > wall)
    }
}

/// Tokio's clock, which tests can pause.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// A request body that records when the HTTP stack first reads from it.
///
/// hyper reports the same error for a connection that closed before the request was written and for one that closed after.
/// Whether the body was polled tells them apart.
pub(super) struct WitnessBody {
    pub(super) body: reqwest::Body,
    pub(super) witness: Arc<Witness>,
    pub(super) gate: Option<Gate>,
}

impl Body for WitnessBody {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.gate.take().is_some_and(|gate| gate.is_closed()) {
            self.witness.settle(TOO_LATE);
        }
        if self.witness.settle(TAKEN) != TAKEN {
            return Poll::Ready(Some(Err(Box::new(Withdrawn))));
        }
        Pin::new(&mut self.body).poll_frame(cx).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The call ended before the HTTP stack took the body.
#[derive(Debug)]
struct Withdrawn;

impl fmt::Display for Withdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call ended before its body was sent")
    }
}

impl StdError for Withdrawn {}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    /// What the HTTP stack gets when it asks for the body.
    async fn frame(witness: &Arc<Witness>, gate: Option<Gate>) -> Result<Bytes, String> {
        let mut body = WitnessBody {
            body: "hi".into(),
            witness: Arc::clone(witness),
            gate,
        };
        assert_eq!(body.size_hint().exact(), Some(2));
        assert!(!body.is_end_stream());
        match poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            Some(Ok(frame)) => frame.into_data().map_err(|_| "no data".to_owned()),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("no frame".to_owned()),
        }
    }

    const WITHDRAWN_TEXT: &str = "the call ended before its body was sent";

    #[tokio::test]
    async fn a_body_is_taken_or_withdrawn() {
        let taken = Arc::<Witness>::default();
        assert!(!taken.is_taken());
        assert_eq!(frame(&taken, None).await, Ok("hi".into()));
        taken.withdraw();
        assert!(taken.is_taken() && !taken.is_too_late());

        let withdrawn = Arc::<Witness>::default();
        withdrawn.withdraw();
        assert_eq!(
            frame(&withdrawn, None).await,
            Err(WITHDRAWN_TEXT.to_owned())
        );
        assert!(!withdrawn.is_taken() && !withdrawn.is_too_late());
    }

    #[tokio::test]
    async fn a_call_that_ends_withdraws_its_body() {
        let witness = Arc::<Witness>::default();
        drop(Withdrawal(&witness));
        assert_eq!(frame(&witness, None).await, Err(WITHDRAWN_TEXT.to_owned()));
    }

    #[tokio::test]
    async fn no_body_is_handed_out_too_late() {
        let now = Instant::now();
        let hour = Duration::from_secs(3600);
        let open = Gate::new(now + hour);
        let closed = Gate::new(now);
        // The machine slept, and the monotonic clock with it.
        let slept = Gate {
            wall: SystemTime::now().checked_sub(hour),
            ..open
        };
        // By the monotonic clock alone.
        let passed = Gate {
            wall: None,
            ..closed
        };
        std::thread::sleep(Duration::from_millis(1));
        for (gate, is_closed) in [(open, false), (closed, true), (slept, true), (passed, true)] {
            assert_eq!(gate.is_closed(), is_closed);
            let witness = Arc::<Witness>::default();
            assert_eq!(frame(&witness, Some(gate)).await.is_err(), is_closed);
            assert_eq!(witness.is_too_late(), is_closed);
            assert_eq!(witness.is_taken(), !is_closed);
        }
    }
}
