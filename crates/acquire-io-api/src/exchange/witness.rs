//! Request and answer bodies that the hooks put around the HTTP stack.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Whether the HTTP stack took anything of a request's body. Settled once: the stack takes first, or the call
/// ends first and nothing can be taken from then on.
///
/// A flag that is only read would not do. The stack runs in a task of its own: a call that has run out of time
/// may see the body untouched a moment before the stack takes it.
#[derive(Default)]
pub(super) struct Witness(AtomicU8);

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Witness {
    /// Returns whether the body may be taken.
    fn take(&self) -> bool {
        self.settle(TAKEN) == TAKEN
    }

    /// Withdraws the body, unless the stack has taken of it.
    pub(super) fn withdraw(&self) {
        self.settle(WITHDRAWN);
    }

    pub(super) fn is_taken(&self) -> bool {
        self.0.load(Ordering::Acquire) == TAKEN
    }

    fn settle(&self, state: u8) -> u8 {
        self.0
            .compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire)
            .map_or_else(|settled| settled, |_| state)
    }
}

/// Withdraws the body when the call fails, or is dropped, before an answer.
pub(super) struct Call<'a>(pub(super) &'a Witness);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

/// A request body that notes when the HTTP stack first takes from it.
///
/// The text of hyper's errors is the same for "closed without reading" and "read everything, then
/// closed". A body that was never polled separates the two.
pub(super) struct WitnessBody {
    bytes: Option<Bytes>,
    witness: Arc<Witness>,
}

impl WitnessBody {
    pub(super) fn new(bytes: Bytes, witness: Arc<Witness>) -> Self {
        Self {
            bytes: Some(bytes),
            witness,
        }
    }
}

impl Body for WitnessBody {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        if !self.witness.take() {
            return Poll::Ready(Some(Err(Withdrawn)));
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// The call ended before the HTTP stack took the body.
#[derive(Debug)]
pub(super) struct Withdrawn;

impl fmt::Display for Withdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the call ended before its body was sent")
    }
}

impl StdError for Withdrawn {}

/// The body of an answer that was cut: what was received, then the error.
pub(super) struct CutBody {
    bytes: Option<Bytes>,
    error: Option<Arc<dyn StdError + Send + Sync>>,
}

impl CutBody {
    pub(super) fn new(bytes: Bytes, error: Arc<dyn StdError + Send + Sync>) -> Self {
        Self {
            bytes: Some(bytes),
            error: Some(error),
        }
    }
}

impl Body for CutBody {
    type Data = Bytes;
    type Error = Arc<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match self.bytes.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None => self.error.take().map(Err),
        })
    }
}
