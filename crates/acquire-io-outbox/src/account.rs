//! The conditions of an account while a turn uses them: pauses, the rate, counters.

use crate::policy::Condition;
use crate::rate::Bucket;
use crate::record::{Pause, Rate};
use crate::store::{Paused, Settled};
use crate::time::Time;

/// A pause without an end.
pub(crate) const FOR_EVER: Time = Time(i64::MAX);

/// An account, as in its row. Without a row it has the defaults.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) name: String,
    /// Until when a person paused it, why, and who.
    pub(crate) pause: Option<(Time, String, Option<String>)>,
    pub(crate) condition: Condition,
    pub(crate) late: i64,
    pub(crate) rate: Option<Rate>,
    pub(crate) bucket: Bucket,
    /// The fields that a turn changes, as in the row.
    pub(crate) kept: (Condition, i64, Bucket),
}

impl Account {
    /// Remembers what is in the row.
    pub(crate) fn loaded(mut self) -> Self {
        self.kept = self.keeps();
        self
    }

    fn keeps(&self) -> (Condition, i64, Bucket) {
        (self.condition.clone(), self.late, self.bucket)
    }

    /// Whether there is something to save: an idle worker writes nothing.
    pub(crate) fn has_changed(&self) -> bool {
        self.kept != self.keeps()
    }

    /// Why nothing may be sent now, if so: what a person decided comes first.
    pub(crate) fn pause(&self, now: Time) -> Option<Pause> {
        if let Some((until, why, author)) = &self.pause
            && *until > now
        {
            return Some(Pause {
                until: (*until != FOR_EVER).then(|| (*until).into()),
                why: why.clone(),
                author: author.clone(),
            });
        }
        let until = self
            .condition
            .wait_until
            .filter(|_| self.condition.is_waiting(now))?;
        Some(Pause {
            until: Some(until.into()),
            why: self.condition.wait_why.clone().unwrap_or_default(),
            author: None,
        })
    }

    pub(crate) fn paused(&self, held: Option<&Pause>, now: Time) -> Option<Paused> {
        let pause = held.cloned().or_else(|| self.pause(now))?;
        Some(Paused {
            until: pause.until.map(Time::from),
            why: pause.why,
        })
    }

    /// Whether [`slots`](Self::slots) depends on what is being sent.
    pub(crate) fn is_probing(&self) -> bool {
        self.condition.is_probing()
    }

    /// How many messages may be claimed. `is_sending`: whether one of the account is being sent.
    pub(crate) fn slots(&mut self, free: u32, is_sending: bool, now: Time) -> u32 {
        self.bucket = self.bucket.set_back(now);
        let free = self.condition.slots(free, is_sending);
        self.rate
            .map_or(free, |rate| free.min(self.bucket.allowed(rate, now)))
    }

    pub(crate) fn take(&mut self, messages: u32, now: Time) {
        if let Some(rate) = self.rate
            && messages > 0
        {
            self.bucket = self.bucket.take(rate, now, messages);
        }
    }

    /// When the rate allows the next message, if there is a rate.
    pub(crate) fn next(&self, now: Time) -> Option<Time> {
        self.rate.map(|rate| self.bucket.next(rate, now))
    }

    /// Counts a late verdict. Returns the note of its event.
    pub(crate) fn note_late(&mut self, settled: &Settled) -> String {
        self.late = self.late.saturating_add(1);
        let verdict = &settled.verdict;
        let mut note = verdict.kind.as_str().to_owned();
        for part in [
            verdict.status.map(|status| status.to_string()),
            verdict.code.clone(),
        ] {
            note.push_str(&part.map(|part| format!(", {part}")).unwrap_or_default());
        }
        note
    }
}
