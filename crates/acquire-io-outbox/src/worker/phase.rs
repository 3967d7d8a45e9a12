//! How a stop reaches the accounts of a worker.

use tokio::sync::watch;

/// How far a worker's end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Running,
    /// Nothing more is claimed. What is under way is waited for.
    Stopping,
    /// Nothing is waited for any more.
    Over,
}

/// The supervisor's side.
pub(super) struct Signal(watch::Sender<Phase>);

/// An account's side.
#[derive(Clone)]
pub(super) struct Watched(watch::Receiver<Phase>);

impl Signal {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Phase::Running))
    }

    pub(super) fn set(&self, phase: Phase) {
        self.0.send_replace(phase);
    }

    pub(super) fn watch(&self) -> Watched {
        Watched(self.0.subscribe())
    }
}

impl Watched {
    /// Ends when this phase has come. A supervisor that is gone waits for nothing any more.
    pub(super) async fn reached(&mut self, phase: Phase) {
        let _ = self.0.wait_for(|now| *now >= phase).await;
    }
}
