//! Following the ledger.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Ledger, Received};

/// How many entries are looked up at once.
const BATCH: usize = 64;

/// The entries of a ledger as they arrive. It holds no entries back: who is too slow misses those that the
/// ledger has dropped.
pub struct Arrivals {
    ledger: Arc<Ledger>,
    last: watch::Receiver<u64>,
    stopping: watch::Receiver<bool>,
    seen: u64,
    ready: Vec<Arc<Received>>,
}

impl Arrivals {
    pub(crate) fn new(ledger: Arc<Ledger>, stopping: watch::Receiver<bool>, seen: u64) -> Self {
        let last = ledger.subscribe();
        Self {
            ledger,
            last,
            stopping,
            seen,
            ready: Vec::new(),
        }
    }

    /// The next entry. None after the sandbox has stopped and every entry was seen.
    pub async fn next(&mut self) -> Option<Arc<Received>> {
        loop {
            if let Some(entry) = self.ready.pop() {
                self.seen = entry.number;
                return Some(entry);
            }
            self.last.mark_unchanged();
            self.ready = self.ledger.since(self.seen, BATCH).entries;
            self.ready.reverse();
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                biased;
                changed = self.last.changed() => changed.ok()?,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
    }
}
