//! Waking the workers of this process when a message may have become due.

use tokio::sync::watch;

/// Counts what may have made a message due: inserted, resumed, returned to the queue. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Wake(watch::Sender<u64>);

impl Wake {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    pub(crate) fn wake(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// For a worker: `changed` ends at the next wake. None is missed between two calls.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
