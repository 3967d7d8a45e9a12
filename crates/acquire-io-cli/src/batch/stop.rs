//! Stopping a run early: no new message is started, and those under way are waited for.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::exit::Exit;
use crate::output::say;
use crate::signals::{Signal, Signals};

/// Why a run ends early.
#[derive(Clone, Debug)]
pub(crate) enum Reason {
    Interrupted,
    /// The reader of the results has closed them.
    OutputClosed,
    /// The results can't be written.
    Failed(String),
}

impl Reason {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Interrupted | Self::OutputClosed => Exit::Success,
            Self::Failed(_) => Exit::Failure,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::OutputClosed => f.write_str("nobody reads the results"),
            Self::Failed(problem) => f.write_str(problem),
        }
    }
}

/// A second SIGTERM within this time is the same one: `timeout` signals the program, and then its process group.
const SAME: Duration = Duration::from_secs(1);

pub(crate) struct Stop {
    /// The first reason, which counts.
    reason: Mutex<Option<Reason>>,
    asked: Notify,
    /// How many messages are being sent.
    under_way: AtomicUsize,
    /// Where the outbox is, and how to continue.
    afterwards: String,
}

impl Stop {
    pub(crate) fn new(afterwards: String) -> Self {
        Self {
            reason: Mutex::default(),
            asked: Notify::new(),
            under_way: AtomicUsize::new(0),
            afterwards,
        }
    }

    pub(crate) fn ask(&self, reason: Reason) {
        self.lock().get_or_insert(reason);
        self.asked.notify_one();
    }

    /// Sets how many messages are being sent.
    pub(crate) fn set_under_way(&self, count: usize) {
        self.under_way.store(count, Ordering::Relaxed);
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        self.lock().clone()
    }

    /// Waits for a stop. Only one task may wait.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Reason>> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a stop at the first signal. Ends the process at a second Ctrl-C or SIGTERM.
    pub(crate) async fn on_signals(self: Arc<Self>) {
        let Ok(mut signals) = Signals::listen() else {
            // Without signals there is nothing to wait for.
            return;
        };
        signals.next().await;
        let first = Instant::now();
        say(format_args!(
            "acquire: stopping: waiting for messages that are under way; Ctrl-C again leaves them unknown. {}",
            self.afterwards
        ));
        self.ask(Reason::Interrupted);
        loop {
            match signals.next().await {
                Signal::Interrupt => break,
                Signal::Terminate if first.elapsed() >= SAME => break,
                Signal::Terminate | Signal::HangUp => {}
            }
        }
        let (outcome, exit) = match self.under_way.load(Ordering::Relaxed) {
            0 => ("nothing was under way".to_owned(), Exit::NotSent),
            1 => (
                "1 message was under way, its outcome is unknown".to_owned(),
                Exit::Unknown,
            ),
            count => (
                format!("{count} messages were under way, their outcome is unknown"),
                Exit::Unknown,
            ),
        };
        say(format_args!(
            "acquire: stopped at once: {outcome}. {}",
            self.afterwards
        ));
        std::process::exit(exit as i32);
    }
}
