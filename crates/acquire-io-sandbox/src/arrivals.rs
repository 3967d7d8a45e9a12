//! Following the ledger.

use std::sync::Arc;

use tokio::sync::watch;

use crate::ledger::{Ledger, Received};

/// The entries of a ledger as they arrive. It holds no entries back: who is too slow misses those that the
/// ledger has dropped.
pub struct Arrivals {
    ledger: Arc<Ledger>,
    last: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    seen: u64,
}

impl Arrivals {
    /// Those after the number `seen`.
    pub(crate) fn new(ledger: Arc<Ledger>, stopped: watch::Receiver<bool>, seen: u64) -> Self {
        let last = ledger.subscribe();
        Self {
            ledger,
            last,
            stopped,
            seen,
        }
    }

    /// The next entry. None after the sandbox has stopped and every entry was seen.
    pub async fn next(&mut self) -> Option<Arc<Received>> {
        loop {
            self.last.mark_unchanged();
            if let Some(entry) = self.ledger.after(self.seen) {
                self.seen = entry.number;
                return Some(entry);
            }
            tokio::select! {
                biased;
                changed = self.last.changed() => changed.ok()?,
                _ = self.stopped.wait_for(|stopped| *stopped) => return None,
            }
        }
    }
}
