//! What the sandbox received.

mod entry;
mod file;
mod filter;
mod segments;
mod summary;

pub(crate) use entry::timestamp;
pub use entry::{Received, Verdict};
pub use filter::Filter;
pub use summary::{Channel, Side, Summary};

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;

use file::Log;

/// How much is kept.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
    /// Of the file.
    pub(crate) file: u64,
}

/// What was received, in order. When it is full, the oldest entries are dropped.
pub(crate) struct Ledger {
    kept: Mutex<Kept>,
    limits: Limits,
    /// The number of the last entry. Waiters look up the entries.
    last: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    entries: VecDeque<Arc<Received>>,
    bytes: usize,
    last: u64,
    /// What `last` was at the last reset.
    reset_at: u64,
    file: Option<Log>,
    file_error: Option<io::Error>,
}

/// A part of the ledger.
#[derive(Serialize)]
pub(crate) struct Page {
    /// How many were received since the last reset.
    received: u64,
    /// How many of these are no longer kept.
    dropped: u64,
    /// Whether more entries follow.
    more: bool,
    entries: Vec<Arc<Received>>,
}

impl Ledger {
    /// With a file, each entry is appended to it, a line of JSON each.
    pub(crate) fn new(limits: Limits, file: Option<&Path>) -> io::Result<Self> {
        let file = file.map(|path| Log::open(path, limits.file));
        Ok(Self {
            kept: Mutex::new(Kept {
                file: file.transpose()?,
                ..Kept::default()
            }),
            limits,
            last: watch::Sender::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers an entry and keeps it.
    pub(crate) fn record(&self, mut entry: Received) {
        entry.compact();
        let mut kept = self.lock();
        kept.last += 1;
        entry.number = kept.last;
        if let Some(file) = &mut kept.file
            && let Err(error) = file.append(&entry)
        {
            // Reported when the sandbox stops. Nothing more is written, so that the file has no gaps.
            kept.file = None;
            kept.file_error = Some(error);
        }
        kept.bytes += entry.size();
        kept.entries.push_back(Arc::new(entry));
        while kept.entries.len() > self.limits.entries || kept.bytes > self.limits.bytes {
            let Some(oldest) = kept.entries.pop_front() else {
                break;
            };
            kept.bytes -= oldest.size();
        }
        // While the ledger is locked, so that the number never decreases.
        self.last.send_replace(kept.last);
    }

    /// All entries that are kept.
    pub(crate) fn all(&self) -> Vec<Arc<Received>> {
        self.lock().entries.iter().cloned().collect()
    }

    /// The first entry after a number.
    pub(crate) fn after(&self, number: u64) -> Option<Arc<Received>> {
        let kept = self.lock();
        let at = kept.entries.partition_point(|entry| entry.number <= number);
        kept.entries.get(at).cloned()
    }

    /// The entry with this number.
    pub(crate) fn entry(&self, number: u64) -> Option<Arc<Received>> {
        let before = number.checked_sub(1)?;
        self.after(before).filter(|entry| entry.number == number)
    }

    /// The entries after a number, up to a count and up to a size in bytes, but at least one.
    pub(crate) fn page(&self, number: u64, count: usize, bytes: usize) -> Page {
        let kept = self.lock();
        let received = kept.last - kept.reset_at;
        let start = kept.entries.partition_point(|entry| entry.number <= number);
        let (mut entries, mut size) = (Vec::new(), 0);
        for entry in kept.entries.range(start..).take(count) {
            size += entry.size();
            if size > bytes && !entries.is_empty() {
                break;
            }
            entries.push(Arc::clone(entry));
        }
        Page {
            received,
            dropped: received - kept.entries.len() as u64,
            more: kept.entries.len() - start > entries.len(),
            entries,
        }
    }

    /// How many were received since the last reset.
    pub(crate) fn received(&self) -> u64 {
        let kept = self.lock();
        kept.last - kept.reset_at
    }

    /// The number of the last entry.
    pub(crate) fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// Wakes when there is another entry.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Removes all entries. Numbering continues.
    pub(crate) fn reset(&self) {
        let mut kept = self.lock();
        kept.entries.clear();
        kept.bytes = 0;
        kept.reset_at = kept.last;
    }

    /// Waits until this number was received since the last reset.
    pub(crate) async fn reached(&self, count: u64) {
        let mut last = self.subscribe();
        while self.received() < count {
            if last.changed().await.is_err() {
                return;
            }
        }
    }

    /// Why the file is incomplete, if it is.
    pub(crate) fn take_file_error(&self) -> Option<io::Error> {
        self.lock().file_error.take()
    }
}

/// The entries of a ledger as they arrive. A slow reader misses those that the ledger has dropped meanwhile.
pub struct Arrivals {
    ledger: Arc<Ledger>,
    last: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    seen: u64,
}

impl Arrivals {
    /// The entries after the number `seen`.
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
