//! What a client may take of the server.

use std::time::Duration;

/// Bounds for connections.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many are open at once. Further ones wait to be accepted.
    pub(crate) connections: usize,
    /// How long a client may take for its TLS handshake, a head, a body, or to read on, and how long it may be idle.
    pub(crate) patience: Duration,
}

impl Limits {
    /// How long a connection may be idle while others wait for its place.
    pub(super) fn when_crowded(self) -> Duration {
        self.patience.min(Duration::from_secs(1))
    }

    /// How often a connection is looked at.
    pub(super) fn interval(self) -> Duration {
        (self.patience / 8).clamp(Duration::from_millis(5), Duration::from_secs(1))
    }
}
