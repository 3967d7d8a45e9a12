//! When a worker takes its next turn. Pure: the caller says what happened and when.

use std::time::Duration;

use tokio::time::Instant;

/// How often an idle worker looks for messages that another process inserted.
pub(super) const POLL: Duration = Duration::from_millis(200);

/// How long a worker collects verdicts, when it has no other reason for a turn.
const COLLECT: Duration = Duration::from_millis(5);

/// How long it collects verdicts when there is more to claim: about as long as a turn takes. Each turn has its cost, so one
/// that settles and claims many messages is worth a wait that is short beside that of a message for its answer.
const GATHER: Duration = Duration::from_millis(1);

/// From how many verdicts on a turn is worth its cost, so that nothing more is collected.
const ENOUGH: usize = 16;

/// The delay after the first turn that failed, and the longest.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// What a worker has on its hands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Messages that are being sent.
    pub(super) sending: usize,
    /// How many more it may claim. Zero when it is stopping.
    pub(super) free: u32,
    /// How many verdicts no turn has committed, and claims to give back.
    pub(super) news: usize,
}

/// Decides on the next turn.
#[derive(Debug)]
pub(super) struct Pace {
    /// When there may be something to claim, if nothing else happens.
    look_at: Instant,
    /// When the oldest of the verdicts came.
    news_since: Option<Instant>,
    /// How many turns failed in a row, and when the next one is due.
    failures: u32,
    retry_at: Option<Instant>,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            look_at: now,
            news_since: None,
            failures: 0,
            retry_at: None,
        }
    }

    /// When the next turn is due if nothing happens before. None: only a verdict brings one.
    pub(super) fn due(&self, load: Load) -> Option<Instant> {
        let is_gathered = load.sending == 0 || load.news >= ENOUGH;
        let news = match (self.news_since, load.news > 0) {
            // Nothing more will come that is worth waiting for.
            (Some(since), true) if load.sending == 0 => Some(since),
            (Some(since), true) => Some(since + COLLECT),
            // What is left of a turn that failed.
            (None, true) => Some(self.look_at),
            (_, false) => None,
        };
        let claim = (load.free > 0).then(|| match self.news_since {
            Some(since) if !is_gathered => self.look_at.max(since + GATHER),
            _ => self.look_at,
        });
        let due = news.into_iter().chain(claim).min()?;
        Some(self.retry_at.map_or(due, |retry_at| retry_at.max(due)))
    }

    /// A verdict came.
    pub(super) fn learned(&mut self, now: Instant) {
        self.news_since.get_or_insert(now);
    }

    /// Something may have become due.
    pub(super) fn woken(&mut self, now: Instant) {
        self.look_at = self.look_at.min(now);
    }

    /// A turn is over. `asked` is how many messages it could have claimed, `next` when there may be more if nothing
    /// happens.
    pub(super) fn turned(
        &mut self,
        now: Instant,
        asked: u32,
        claimed: usize,
        next: Option<Instant>,
    ) {
        self.news_since = None;
        self.failures = 0;
        self.retry_at = None;
        let got_all = usize::try_from(asked).is_ok_and(|asked| claimed >= asked);
        self.look_at = match next {
            // There may be more as soon as a slot is free.
            _ if got_all => now,
            Some(next) if next > now => next.min(now + POLL),
            // What is due was not to be had: a probe after a pause, a rate, or another worker was faster.
            _ => now + POLL,
        };
    }

    /// A turn failed. Returns how long to wait.
    pub(super) fn failed(&mut self, now: Instant) -> Duration {
        let doublings = self.failures.min(16);
        let delay = FIRST_DELAY
            .saturating_mul(1 << doublings)
            .min(LONGEST_DELAY);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(now + delay);
        self.look_at = now;
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Load = Load {
        sending: 0,
        free: 8,
        news: 0,
    };

    const BUSY: Load = Load {
        sending: 4,
        free: 4,
        news: 1,
    };

    const FULL: Load = Load {
        sending: 8,
        free: 0,
        news: 0,
    };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn an_idle_worker_polls() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        assert_eq!(pace.due(IDLE), Some(now));
        pace.turned(now, 8, 0, None);
        assert_eq!(pace.due(IDLE), Some(now + POLL));
        pace.turned(now, 8, 0, Some(now + ms(70)));
        assert_eq!(pace.due(IDLE), Some(now + ms(70)));
        pace.turned(now, 8, 0, Some(now + ms(7000)));
        assert_eq!(pace.due(IDLE), Some(now + POLL));
        pace.woken(now + ms(20));
        assert_eq!(pace.due(IDLE), Some(now + ms(20)));
    }

    #[test]
    fn a_turn_that_got_less_than_it_asked_for_is_not_repeated_at_once() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.turned(now, 8, 1, Some(now - ms(1)));
        assert_eq!(pace.due(IDLE), Some(now + POLL));
        pace.turned(now, 8, 8, Some(now));
        assert_eq!(pace.due(IDLE), Some(now));
    }

    #[test]
    fn a_full_house_waits_for_a_verdict() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.turned(now, 8, 8, Some(now));
        pace.woken(now);
        assert_eq!(pace.due(FULL), None);
        // One slot is free, and there is more: others may follow within moments.
        pace.learned(now + ms(30));
        pace.learned(now + ms(31));
        assert_eq!(pace.due(BUSY), Some(now + ms(30) + GATHER));
        for enough in [
            Load { sending: 0, ..BUSY },
            Load {
                news: ENOUGH,
                ..BUSY
            },
        ] {
            assert!(pace.due(enough).is_some_and(|due| due <= now + ms(30)));
        }
    }

    #[test]
    fn verdicts_are_collected_when_there_is_nothing_to_claim() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.turned(now, 8, 4, None);
        pace.learned(now + ms(1));
        pace.learned(now + ms(2));
        assert_eq!(pace.due(BUSY), Some(now + ms(1) + COLLECT));
        // The last one is not kept waiting.
        let last = Load { sending: 0, ..BUSY };
        assert_eq!(pace.due(last), Some(now + ms(1)));
        // A worker that is stopping claims nothing, and settles.
        let stopping = Load { free: 0, ..BUSY };
        assert_eq!(pace.due(stopping), Some(now + ms(1) + COLLECT));
        let stopped = Load {
            sending: 0,
            free: 0,
            news: 0,
        };
        assert_eq!(pace.due(stopped), None);
    }

    #[test]
    fn a_turn_that_failed_is_repeated_later_and_later() {
        let now = Instant::now();
        let mut pace = Pace::new(now);
        pace.learned(now);
        assert_eq!(pace.failed(now), ms(100));
        pace.woken(now);
        pace.learned(now);
        assert_eq!(pace.due(BUSY), Some(now + ms(100)));
        assert_eq!(pace.failed(now), ms(200));
        for _ in 0..100 {
            pace.failed(now);
        }
        assert_eq!(pace.failed(now), LONGEST_DELAY);
        // Also when it is stopping, with claims to give back and no verdict.
        let mut pace = Pace::new(now);
        pace.failed(now);
        let stopping = Load { free: 0, ..BUSY };
        assert_eq!(pace.due(stopping), Some(now + ms(100)));
        pace.turned(now, 0, 0, None);
        pace.turned(now, 8, 0, None);
        assert_eq!(pace.due(IDLE), Some(now + POLL));
    }
}
