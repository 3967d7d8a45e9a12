//! How long a claim may be used, by the worker's own clocks.

use std::time::{Duration, Instant, SystemTime};

use crate::error::Error;

/// How long claims last unless [`Worker::lease`](super::Worker::lease) says otherwise.
pub(super) const DEFAULT: Duration = Duration::from_secs(60);

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The part of a lease that is left for what differs: two clocks, a slow turn, the commit of the verdict.
fn margin(lease: Duration) -> Duration {
    lease / 10
}

/// Checks that a message which a client begins to send has a verdict before its lease is over.
///
/// # Errors
/// When the lease is out of bounds, or too short for the client's time limit.
pub(super) fn check(lease: Duration, account: &str, limit: Duration) -> Result<(), Error> {
    if !(SHORTEST..=LONGEST).contains(&lease) {
        return Err(Error::setting(
            "a worker's lease lasts from 1 second to 24 hours",
        ));
    }
    if limit <= lease - 2 * margin(lease) {
        return Ok(());
    }
    let enough = limit.saturating_mul(5) / 4;
    Err(Error::setting(format!(
        "a lease of {lease:?} is too short for account `{account}`: its client takes up to {limit:?} to send a message, \
         which needs a lease of {enough:?}; set `Worker::lease`, or a shorter `ClientBuilder::timeout`"
    )))
}

/// The moment before a turn, by both clocks: the monotonic one stops while the machine sleeps, the other one can be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Began {
    monotonic: Instant,
    wall: SystemTime,
}

impl Began {
    pub(super) fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// Until when messages that the turn claimed may be handed to the HTTP stack.
    pub(super) fn deadline(self, lease: Duration) -> Instant {
        self.deadline_at(lease, Self::now())
    }

    fn deadline_at(self, lease: Duration, now: Self) -> Instant {
        let monotonic = now.monotonic.saturating_duration_since(self.monotonic);
        // Zero when the clock was set back.
        let wall = now.wall.duration_since(self.wall).unwrap_or_default();
        let left = (lease - margin(lease)).saturating_sub(monotonic.max(wall));
        now.monotonic + left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_lease_covers_a_whole_send() {
        assert!(check(DEFAULT, "acme", 30 * SECOND).is_ok());
        assert!(check(DEFAULT, "acme", 48 * SECOND).is_ok());
        let error = check(DEFAULT, "acme", 49 * SECOND).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a lease of 60s is too short for account `acme`: its client takes up to 49s to send a message, which needs a \
             lease of 61.25s; set `Worker::lease`, or a shorter `ClientBuilder::timeout`"
        );
        assert!(check(61_250 * SECOND / 1000, "acme", 49 * SECOND).is_ok());
        assert!(check(Duration::ZERO, "acme", Duration::ZERO).is_err());
        assert!(check(Duration::MAX, "acme", SECOND).is_err());
        assert!(check(DEFAULT, "acme", Duration::MAX).is_err());
    }

    #[test]
    fn the_deadline_counts_from_before_the_turn_by_the_clock_that_went_further() {
        let began = Began::now();
        let after = |monotonic: u32, wall: u32| Began {
            monotonic: began.monotonic + monotonic * SECOND,
            wall: began.wall + wall * SECOND,
        };
        let left = |now: Began| began.deadline_at(100 * SECOND, now) - now.monotonic;
        assert_eq!(left(after(0, 0)), 90 * SECOND);
        assert_eq!(left(after(20, 20)), 70 * SECOND);
        // The machine slept.
        assert_eq!(left(after(1, 80)), 10 * SECOND);
        assert_eq!(left(after(1, 3600)), Duration::ZERO);
        // The clock was set back.
        let back = Began {
            monotonic: began.monotonic + 20 * SECOND,
            wall: began.wall - 3600 * SECOND,
        };
        assert_eq!(left(back), 70 * SECOND);
    }
}
