//! How many messages an account may send now: a bucket of tokens that fills at a steady rate.

use crate::record::Rate;
use crate::time::Time;

/// The tokens that were left, and when. None: the bucket is full.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) tokens: Option<f64>,
    pub(crate) at: Option<Time>,
}

impl Bucket {
    /// After the clock was set back: nothing is added, and the bucket fills from now on, rather than from a time that is hours
    /// away.
    pub(crate) fn set_back(self, now: Time) -> Self {
        Self {
            at: self.at.map(|at| at.min(now)),
            ..self
        }
    }

    /// The tokens that there are now. A clock that went back adds none.
    fn filled(self, rate: Rate, now: Time) -> f64 {
        let full = f64::from(rate.burst.max(1));
        match (self.tokens, self.at) {
            (Some(tokens), Some(at)) => {
                let more = now.since(at).as_secs_f64() * rate.per_second;
                (tokens + more).clamp(0.0, full)
            }
            _ => full,
        }
    }

    /// How many messages may be sent now.
    pub(crate) fn allowed(self, rate: Rate, now: Time) -> u32 {
        // Saturates. The bucket is not larger than 32 bits.
        self.filled(rate, now).floor() as u32
    }

    /// The bucket after this number of messages.
    pub(crate) fn take(self, rate: Rate, now: Time, messages: u32) -> Self {
        let left = self.filled(rate, now) - f64::from(messages);
        Self {
            tokens: Some(left.max(0.0)),
            at: Some(now),
        }
    }

    /// When the next message may be sent.
    pub(crate) fn next(self, rate: Rate, now: Time) -> Time {
        let missing = (1.0 - self.filled(rate, now)).max(0.0);
        let seconds = missing / rate.per_second;
        // Saturates.
        Time(now.0.saturating_add((seconds * 1000.0).ceil() as i64))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Time = Time(1_000_000_000_000);

    #[test]
    fn never_more_than_the_rate_and_a_burst() {
        let rate = Rate::per_second(10.0).burst(5);
        let mut bucket = Bucket::default();
        let mut sent = 0;
        for milliseconds in 0..=10_000 {
            let now = NOW.plus(Duration::from_millis(milliseconds));
            let allowed = bucket.allowed(rate, now);
            if allowed > 0 {
                bucket = bucket.take(rate, now, allowed);
                sent += allowed;
            }
        }
        assert!((104..=105).contains(&sent), "{sent}");
    }

    #[test]
    fn the_next_message_is_due_when_a_token_is_there() {
        let rate = Rate::per_second(2.0).burst(1);
        let empty = Bucket::default().take(rate, NOW, 1);
        let next = empty.next(rate, NOW);
        assert_eq!(next, NOW.plus(Duration::from_millis(500)));
        assert_eq!(empty.allowed(rate, Time(next.0 - 1)), 0);
        assert_eq!(empty.allowed(rate, next), 1);
        // What is there already counts.
        let later = NOW.plus(Duration::from_millis(400));
        assert_eq!(empty.next(rate, later), next);
    }

    #[test]
    fn a_clock_that_goes_back_adds_nothing() {
        let rate = Rate::per_second(1.0).burst(3);
        let empty = Bucket::default().take(rate, NOW, 3);
        assert_eq!(empty.allowed(rate, NOW.minus(Duration::from_secs(3600))), 0);
    }

    #[test]
    fn a_clock_that_went_back_fills_it_from_then_on() {
        let rate = Rate::per_second(1.0).burst(3);
        let back = NOW.minus(Duration::from_secs(3600));
        let bucket = Bucket::default().take(rate, NOW, 3).set_back(back);
        assert_eq!(bucket.allowed(rate, back), 0);
        assert_eq!(bucket.next(rate, back), back.plus(Duration::from_secs(1)));
        assert_eq!(bucket.set_back(NOW), bucket);
        assert_eq!(Bucket::default().set_back(back), Bucket::default());
    }

    #[test]
    fn a_rate_that_is_not_a_positive_number_is_a_slow_one() {
        for strange in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY, f64::INFINITY] {
            let rate = Rate::per_second(strange);
            assert!(rate.per_second > 0.0 && rate.per_second.is_finite());
            assert_eq!(rate.burst, 1);
        }
    }
}
