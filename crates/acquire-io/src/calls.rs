//! How many calls are under way, and waiting for their end.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// The calls of a client and its clones.
#[derive(Default)]
pub(crate) struct Calls {
    under_way: AtomicUsize,
    /// Notified when none is left.
    ended: Notify,
}

impl Calls {
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    /// Waits until none is under way, or time runs out. Returns how many are left.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        let all_ended = async {
            loop {
                let mut ended = pin!(self.ended.notified());
                // Before the look at the number: the last call may end in between.
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
