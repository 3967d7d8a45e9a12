//! How to open an outbox in a SQLite file.

use std::path::PathBuf;

use crate::time::Clock;

/// How to open an outbox in a SQLite file. Made by [`Outbox::sqlite_options`](crate::Outbox::sqlite_options).
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(super) path: PathBuf,
    pub(super) create: bool,
    pub(super) restored: bool,
    pub(super) clock: Clock,
}

impl Options {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            create: true,
            restored: false,
            clock: Clock::default(),
        }
    }

    /// Whether a file that doesn't exist is made. Default: true.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Opens a file that was copied while it was in use, moved, or restored from a backup: it may have
    /// messages that were sent as queued. So it sends nothing until somebody has compared it with what was sent, and called
    /// [`Outbox::release`](crate::Outbox::release).
    pub fn restored(mut self) -> Self {
        self.restored = true;
        self
    }

    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}
