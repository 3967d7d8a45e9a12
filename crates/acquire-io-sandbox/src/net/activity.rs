//! Whether a connection does something.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the requests of a connection are doing.
pub(super) struct Activity(Mutex<State>);

struct State {
    /// Requests that are being handled: how long that takes is the server's doing.
    handling: usize,
    /// Answers that are being written.
    answering: usize,
    /// When a request came, ended, or a part of an answer was written.
    last: Instant,
}

impl Default for Activity {
    fn default() -> Self {
        Self(Mutex::new(State {
            handling: 0,
            answering: 0,
            last: Instant::now(),
        }))
    }
}

impl Activity {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long it has been the client's turn.
    pub(super) fn idle_for(&self) -> Duration {
        let state = self.lock();
        match state.handling {
            0 => state.last.elapsed(),
            _ => Duration::ZERO,
        }
    }

    /// Whether an answer is being written.
    pub(super) fn is_answering(&self) -> bool {
        self.lock().answering > 0
    }

    /// Bytes were written. They count only for an answer: a client that is idle may well ask whether the server lives.
    pub(super) fn wrote(&self) {
        let mut state = self.lock();
        if state.answering > 0 {
            state.last = Instant::now();
        }
    }

    /// A request begins, or an answer is kept back on purpose.
    pub(super) fn handle(&self) {
        let mut state = self.lock();
        (state.handling, state.last) = (state.handling + 1, Instant::now());
    }

    /// The end of what [`handle`](Self::handle) began.
    pub(super) fn handled(&self) {
        let mut state = self.lock();
        (state.handling, state.last) = (state.handling.saturating_sub(1), Instant::now());
    }

    /// An answer begins.
    pub(super) fn answer(&self) {
        self.lock().answering += 1;
    }

    /// The end of an answer.
    pub(super) fn answered(&self) {
        let mut state = self.lock();
        (state.answering, state.last) = (state.answering.saturating_sub(1), Instant::now());
    }
}
