//! What a verdict leads to: when to try again, and when an account waits. Pure functions, for every store.

use std::time::Duration;

use crate::time::Time;
use crate::transition::Event;
use crate::verdict::{Kind, Verdict};

/// How often a message that was not sent is tried, and for how long.
const MOST_FAILURES: u32 = 20;
const LONGEST_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The delay after the first failure of a message, and the longest.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(5 * 60);

/// From how many messages in a row that were not sent an account waits, and for how long at first and at most.
const FAILURES_THAT_WAIT: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// How long an account waits after a 429 without `Retry-After`, and at most.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a row waits for a worker of a newer version that can read it.
pub(crate) const WAIT_FOR_NEWER: Duration = Duration::from_secs(60);

/// What a decision on a message depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// How often the message was not sent, before this verdict.
    pub(crate) failures: u32,
    /// When it was claimed for the first time.
    pub(crate) first_claimed: Time,
    pub(crate) not_after: Option<Time>,
    pub(crate) now: Time,
}

/// What a verdict is in the table of transitions, and when the message may be tried again, if it may.
pub(crate) fn event(verdict: &Verdict, facts: Facts) -> (Event, Option<Time>) {
    match verdict.kind {
        Kind::Accepted => (Event::Accepted, None),
        Kind::Refused => (Event::Refused, None),
        // The account waits, not the message.
        Kind::Throttled => (Event::Throttled, None),
        // The worker stops, not the message.
        Kind::Unauthorized => (Event::Unauthorized, None),
        Kind::Invalid => (Event::NotSent, None),
        Kind::Unknown => (Event::Unknown, None),
        Kind::NotSent => {
            let failures = facts.failures.saturating_add(1);
            let at = facts
                .now
                .plus(growing(failures, FIRST_DELAY, LONGEST_DELAY));
            let too_often = failures >= MOST_FAILURES;
            let too_long = at.since(facts.first_claimed) > LONGEST_TIME;
            let too_late = facts.not_after.is_some_and(|end| at >= end);
            match too_often || too_long || too_late {
                true => (Event::NotSent, None),
                false => (Event::Retry, Some(at)),
            }
        }
    }
}

/// What an account remembers of its verdicts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    /// How many messages in a row were not sent, leaving out those that were under way when a wait began.
    pub(crate) not_sent: u32,
    /// How often in a row it has waited because of that.
    pub(crate) waits: u32,
    pub(crate) wait_until: Option<Time>,
    pub(crate) wait_why: Option<String>,
}

impl Condition {
    /// Takes a verdict into account.
    pub(crate) fn learn(&mut self, verdict: &Verdict, now: Time) {
        match verdict.kind {
            Kind::Throttled => {
                let wait = verdict.retry_after.unwrap_or(DEFAULT_WAIT);
                self.works();
                self.wait(
                    wait.min(LONGEST_RETRY_AFTER),
                    now,
                    "the server asks to wait (429)".to_owned(),
                );
            }
            // One that began too late is no sign of the server's state.
            Kind::NotSent
                if verdict.code.as_deref() != Some("too_late") && !self.is_waiting(now) =>
            {
                self.not_sent = self.not_sent.saturating_add(1);
                if self.not_sent >= FAILURES_THAT_WAIT {
                    self.waits = self.waits.saturating_add(1);
                    let cause = verdict.cause.as_deref().or(verdict.code.as_deref());
                    let why = format!(
                        "{} attempts in a row sent nothing: {}",
                        self.not_sent,
                        cause.unwrap_or("the server can't be reached")
                    );
                    self.wait(growing(self.waits, FIRST_WAIT, LONGEST_WAIT), now, why);
                }
            }
            Kind::NotSent | Kind::Invalid => {}
            Kind::Accepted | Kind::Refused | Kind::Unauthorized | Kind::Unknown => self.works(),
        }
    }

    fn works(&mut self) {
        self.not_sent = 0;
        self.waits = 0;
    }

    /// A wait that is longer already stays.
    fn wait(&mut self, wait: Duration, now: Time, why: String) {
        let until = now.plus(wait);
        if !self.is_waiting(now) || self.wait_until.is_none_or(|earlier| earlier < until) {
            self.wait_until = Some(until);
            self.wait_why = Some(why);
        }
    }

    /// An end that is further away than the longest wait is from before the clock was set back: nobody waits for it.
    pub(crate) fn is_waiting(&self, now: Time) -> bool {
        let is_real = |until: Time| until > now && until.since(now) <= LONGEST_RETRY_AFTER;
        self.wait_until.is_some_and(is_real)
    }

    /// How many messages to claim: after a wait one at a time, over all workers, is enough to find out whether the server
    /// is back. `is_sending`: whether a message of the account is being sent.
    pub(crate) fn slots(&self, slots: u32, is_sending: bool) -> u32 {
        match (self.is_probing(), is_sending) {
            (false, _) => slots,
            (true, false) => slots.min(1),
            (true, true) => 0,
        }
    }

    /// Whether it isn't known yet that the server is back.
    pub(crate) fn is_probing(&self) -> bool {
        self.not_sent >= FAILURES_THAT_WAIT
    }
}

/// Twice as long each time.
fn growing(times: u32, first: Duration, longest: Duration) -> Duration {
    let doublings = times.saturating_sub(1).min(31);
    first.saturating_mul(1 << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_000_000_000_000);

    fn verdict(kind: Kind) -> Verdict {
        Verdict::new(kind)
    }

    #[test]
    fn a_message_that_was_not_sent_is_tried_again_within_bounds() {
        let facts = |failures| Facts {
            failures,
            first_claimed: NOW,
            not_after: None,
            now: NOW,
        };
        let not_sent = verdict(Kind::NotSent);
        let at = |seconds| Some(NOW.plus(Duration::from_secs(seconds)));
        let again = |failures| event(&not_sent, facts(failures));
        assert_eq!(again(0), (Event::Retry, at(1)));
        assert_eq!(again(1), (Event::Retry, at(2)));
        assert_eq!(again(8), (Event::Retry, at(256)));
        assert_eq!(again(18), (Event::Retry, at(300)));
        assert_eq!(again(19), (Event::NotSent, None));
        let day = Duration::from_secs(24 * 3600);
        let since = |time| Facts {
            first_claimed: NOW.minus(time),
            ..facts(0)
        };
        assert_eq!(event(&not_sent, since(day)), (Event::NotSent, None));
        let just_not = day - FIRST_DELAY;
        assert_eq!(event(&not_sent, since(just_not)), (Event::Retry, at(1)));
        let ends = |after| Facts {
            not_after: Some(NOW.plus(Duration::from_millis(after))),
            ..facts(0)
        };
        assert_eq!(event(&not_sent, ends(1000)), (Event::NotSent, None));
        assert_eq!(event(&not_sent, ends(1001)), (Event::Retry, at(1)));
    }

    #[test]
    fn an_account_waits_as_long_as_retry_after_says() {
        let mut condition = Condition::default();
        let after = |seconds| Verdict {
            retry_after: Some(Duration::from_secs(seconds)),
            ..verdict(Kind::Throttled)
        };
        condition.learn(&after(60), NOW);
        condition.learn(&after(5), NOW);
        assert_eq!(
            condition.wait_until,
            Some(NOW.plus(Duration::from_secs(60)))
        );
        let day = Duration::from_secs(24 * 3600);
        condition.learn(&after(u64::MAX), NOW);
        assert_eq!(condition.wait_until, Some(NOW.plus(day)));
    }

    #[test]
    fn an_account_waits_longer_each_time_that_the_server_is_down() {
        let mut condition = Condition::default();
        let not_sent = verdict(Kind::NotSent);
        for _ in 0..4 {
            condition.learn(&not_sent, NOW);
        }
        assert!(!condition.is_waiting(NOW));
        assert_eq!(condition.slots(64, true), 64);
        // The fifth, and all others that were under way.
        for _ in 0..64 {
            condition.learn(&not_sent, NOW);
        }
        let first = NOW.plus(FIRST_WAIT);
        assert_eq!(condition.wait_until, Some(first));
        assert_eq!(condition.slots(64, false), 1);
        assert_eq!(condition.slots(64, true), 0);
        condition.learn(&not_sent, first);
        assert_eq!(condition.wait_until, Some(first.plus(FIRST_WAIT * 2)));
        let mut wait = || {
            let end = condition.wait_until.unwrap();
            condition.learn(&not_sent, end);
            condition.wait_until.unwrap().since(end).as_secs()
        };
        let waits = [wait(), wait(), wait(), wait(), wait(), wait()];
        assert_eq!(waits, [20, 40, 80, 160, 300, 300]);
        condition.learn(&verdict(Kind::Accepted), first);
        assert_eq!(condition.slots(64, true), 64);
    }

    #[test]
    fn of_equal_waits_the_reason_of_the_first_is_kept() {
        let mut condition = Condition::default();
        condition.wait(FIRST_WAIT, NOW, "first".to_owned());
        condition.wait(FIRST_WAIT, NOW, "second".to_owned());
        assert_eq!(condition.wait_why.as_deref(), Some("first"));
    }

    #[test]
    fn a_clock_that_was_set_back_ends_a_wait() {
        let mut condition = Condition::default();
        condition.learn(&verdict(Kind::Throttled), NOW);
        let hour_ago = NOW.minus(Duration::from_secs(3600));
        assert!(condition.is_waiting(hour_ago));
        let year_ago = NOW.minus(Duration::from_secs(365 * 24 * 3600));
        assert!(!condition.is_waiting(year_ago));
        condition.learn(&verdict(Kind::Throttled), year_ago);
        assert_eq!(condition.wait_until, Some(year_ago.plus(DEFAULT_WAIT)));
    }

    #[test]
    fn what_began_too_late_does_not_pause_the_account() {
        let mut condition = Condition::default();
        let late = Verdict {
            code: Some("too_late".to_owned()),
            ..verdict(Kind::NotSent)
        };
        for _ in 0..64 {
            condition.learn(&late, NOW);
        }
        assert_eq!(condition, Condition::default());
    }
}
