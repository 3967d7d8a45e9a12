//! What a verdict leads to: when to try again, and when an account pauses. Pure functions, for every store.

use std::time::Duration;

use crate::time::Time;
use crate::transition::Event;
use crate::verdict::{Kind, Verdict};

/// How often a message is tried that was not sent, and for how long.
const MOST_FAILURES: u32 = 20;
const LONGEST_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The delay after the first failure of a message, and the longest.
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(5 * 60);

/// From how many messages in a row that were not sent an account pauses, and for how long at first and at most.
const FAILURES_THAT_PAUSE: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How long an account pauses after a 429 that doesn't say how long, and at most.
const PAUSE_UNTOLD: Duration = Duration::from_secs(5);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

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
            let too_late = facts.not_after.is_some_and(|end| at > end);
            match too_often || too_long || too_late {
                true => (Event::NotSent, None),
                false => (Event::Retry, Some(at)),
            }
        }
    }
}

/// What an account remembers of its verdicts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streak {
    /// How many messages in a row were not sent.
    pub(crate) not_sent: u32,
}

/// How long an account pauses after a verdict, and why. None: it doesn't.
pub(crate) fn pause(streak: &mut Streak, verdict: &Verdict) -> Option<(Duration, String)> {
    match verdict.kind {
        Kind::Throttled => {
            streak.not_sent = 0;
            let wait = verdict.retry_after.unwrap_or(PAUSE_UNTOLD);
            let why = "the server asks to wait (429)".to_owned();
            Some((wait.min(LONGEST_RETRY_AFTER), why))
        }
        Kind::NotSent if verdict.code.as_deref() != Some("too_late") => {
            streak.not_sent = streak.not_sent.saturating_add(1);
            let over = streak.not_sent.checked_sub(FAILURES_THAT_PAUSE)?;
            let what = verdict.code.as_deref().unwrap_or("not sent");
            let why = format!(
                "{} messages in a row were not sent ({what})",
                streak.not_sent
            );
            Some((growing(over + 1, FIRST_PAUSE, LONGEST_PAUSE), why))
        }
        Kind::NotSent | Kind::Invalid => None,
        Kind::Accepted | Kind::Refused | Kind::Unauthorized | Kind::Unknown => {
            streak.not_sent = 0;
            None
        }
    }
}

/// Twice as long each time.
fn growing(times: u32, first: Duration, longest: Duration) -> Duration {
    let doublings = times.saturating_sub(1).min(31);
    first.saturating_mul(1 << doublings).min(longest)
}
