//! Request and answer bodies that the hooks put around the HTTP stack.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A request body that notes when the HTTP stack first takes from it.
///
/// The text of hyper's errors is the same for "closed without reading" and "read everything, then
/// closed". A body that was never polled separates the two.
pub(super) struct WitnessBody {
    bytes: Option<Bytes>,
    polled: Arc<AtomicBool>,
}

impl WitnessBody {
    pub(super) fn new(bytes: Bytes, polled: Arc<AtomicBool>) -> Self {
        Self {
            bytes: Some(bytes),
            polled,
        }
    }
}

impl Body for WitnessBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.polled.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

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
