//! What the sandbox received.

mod entry;
mod wait;

pub(crate) use entry::timestamp;
pub use entry::{Received, Verdict};
pub use wait::Arrivals;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// How much is kept.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

/// Everything received, in order. When it is full, the oldest is dropped.
pub(crate) struct Ledger {
    kept: Mutex<Kept>,
    limits: Limits,
    /// The number of the last entry. Whoever waits looks the entries up.
    last: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    entries: VecDeque<Arc<Received>>,
    bytes: usize,
    /// The number of the last entry before the last reset.
    reset_at: u64,
    last: u64,
    file: Option<File>,
    file_error: Option<io::Error>,
}

/// A part of the ledger.
pub(crate) struct Page {
    /// How many were received since the last reset.
    pub(crate) received: u64,
    /// How many of these are no longer kept.
    pub(crate) dropped: u64,
    pub(crate) entries: Vec<Arc<Received>>,
}

impl Ledger {
    /// With a file, each entry is also written there, one line of JSON each.
    pub(crate) fn new(limits: Limits, file: Option<&Path>) -> io::Result<Self> {
        let file = file.map(|path| File::options().create(true).append(true).open(path));
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

    /// Gives it its number, and keeps it.
    pub(crate) fn record(&self, mut entry: Received) {
        let mut kept = self.lock();
        kept.last += 1;
        entry.number = kept.last;
        if let Some(mut file) = kept.file.take() {
            let line = serde_json::to_vec(&entry).map_err(io::Error::from);
            match line.and_then(|line| file.write_all(&[&line, &b"\n"[..]].concat())) {
                Ok(()) => kept.file = Some(file),
                // Told at the end. A file with gaps would tell lies.
                Err(error) => kept.file_error = Some(error),
            }
        }
        kept.bytes += entry.size();
        kept.entries.push_back(Arc::new(entry));
        while kept.entries.len() > self.limits.entries || kept.bytes > self.limits.bytes {
            let Some(oldest) = kept.entries.pop_front() else {
                break;
            };
            kept.bytes -= oldest.size();
        }
        // While the ledger is locked, so that numbers never go back.
        self.last.send_replace(kept.last);
    }

    /// The entries after a number, up to a count.
    pub(crate) fn since(&self, number: u64, count: usize) -> Page {
        let kept = self.lock();
        let received = kept.last - kept.reset_at;
        let start = kept.entries.partition_point(|entry| entry.number <= number);
        Page {
            received,
            dropped: received - kept.entries.len() as u64,
            entries: kept.entries.range(start..).take(count).cloned().collect(),
        }
    }

    /// Forgets everything. The numbers go on.
    pub(crate) fn reset(&self) {
        let mut kept = self.lock();
        kept.entries.clear();
        kept.bytes = 0;
        kept.reset_at = kept.last;
    }

    /// The number of the last entry.
    pub(crate) fn last(&self) -> u64 {
        self.lock().last
    }

    /// Waits until so many were received since the last reset.
    pub(crate) async fn reached(&self, count: u64) {
        let mut last = self.last.subscribe();
        loop {
            if self.since(u64::MAX, 0).received >= count || last.changed().await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Why the file is not complete.
    pub(crate) fn take_file_error(&self) -> Option<io::Error> {
        self.lock().file_error.take()
    }
}
