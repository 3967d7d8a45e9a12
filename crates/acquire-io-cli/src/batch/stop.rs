//! Ending a batch early: messages that are under way are waited for, and no new one is begun.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::exit::Exit;
use crate::output::say;

/// Why a batch ends early.
#[derive(Clone, Debug)]
pub(crate) enum Reason {
    Interrupted,
    /// The server answered 401.
    Unauthorized,
    TooManyUnknown(u64),
    /// The reader of the results has gone.
    OutputClosed,
    /// The results, the journal or the input can't be written or read.
    Failed(String),
}

impl Reason {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Interrupted | Self::OutputClosed => Exit::Success,
            Self::Unauthorized => Exit::Refused,
            Self::TooManyUnknown(_) => Exit::Unknown,
            Self::Failed(_) => Exit::Failure,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::Unauthorized => f.write_str(
                "the server refuses the API key (401); `acquire config check` prints where it comes from",
            ),
            Self::TooManyUnknown(count) => write!(
                f,
                "the outcome of {count} messages is unknown; `--max-unknown` changes the limit"
            ),
            Self::OutputClosed => f.write_str("nobody reads the results"),
            Self::Failed(problem) => f.write_str(problem),
        }
    }
}

#[derive(Default)]
pub(crate) struct Stop {
    /// The first one counts.
    reason: Mutex<Option<Reason>>,
    asked: Notify,
}

impl Stop {
    pub(crate) fn ask(&self, reason: Reason) {
        self.lock().get_or_insert(reason);
        self.asked.notify_one();
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.lock().is_some()
    }

    pub(crate) fn reason(&self) -> Option<Reason> {
        self.lock().clone()
    }

    /// Ends when a stop is asked for. For one waiter.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Reason>> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a stop at the first Ctrl-C or SIGTERM, and ends the process at the second.
    pub(crate) async fn on_signals(self: Arc<Self>) {
        let Ok(mut signals) = Signals::listen() else {
            // None will ever come.
            return;
        };
        signals.next().await;
        say(
            "acquire: stopping: waiting for messages that are under way; Ctrl-C again leaves them unknown",
        );
        self.ask(Reason::Interrupted);
        signals.next().await;
        std::process::exit(Exit::Unknown as i32);
    }
}

/// Ctrl-C and SIGTERM, of which none is missed between two waits.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C, the only one elsewhere.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
