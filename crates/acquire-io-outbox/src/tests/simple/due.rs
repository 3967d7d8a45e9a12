//! What the outbox in memory sends next, and when; what is over.

use super::reference::{Message, Reference};
use crate::time::{Time, WIRE_TIME};
use crate::transition::{Event, Outcome, State, apply};

impl Reference {
    fn ready_at(message: &Message) -> Time {
        let not_before = message.new.not_before.unwrap_or(Time(0));
        not_before.max(message.retry_at.unwrap_or(Time(0)))
    }

    /// What is to be claimed next.
    pub(super) fn first(&self, account: usize) -> Option<i64> {
        let possible = self.messages.iter().filter(|(id, message)| {
            message.account == account
                && message.at.state == State::Queued
                && Self::ready_at(message) <= self.now()
                && self.is_lane_free(**id, message)
        });
        let order = |(id, message): &(&i64, &Message)| {
            let since = match Self::ready_at(message) {
                Time(0) => message.created,
                ready_at => ready_at,
            };
            (message.new.priority, since, **id)
        };
        possible.min_by_key(order).map(|(id, _)| *id)
    }

    fn is_lane_free(&self, id: i64, message: &Message) -> bool {
        let mut others = self.messages.iter().filter(|(_, other)| {
            other.new.has_lane
                && (other.account, other.new.case) == (message.account, message.new.case)
        });
        !message.new.has_lane
            || others.all(|(other_id, other)| match other.at.state {
                State::Sending => false,
                State::Unknown => {
                    let arrived = other.lease_until.map(|end| end.plus(WIRE_TIME));
                    !other.new.strict && arrived.is_none_or(|arrived| arrived <= self.now())
                }
                State::Queued => {
                    *other_id >= id || other.new.not_before.is_some_and(|at| at > self.now())
                }
                _ => true,
            })
    }

    pub(super) fn next(&self, account: usize, pause: Option<Time>, is_full: bool) -> Option<Time> {
        let now = self.now();
        let of_account = |message: &Message| message.account == account;
        let later = self.by_time(State::Queued, |message| {
            let ready_at = Self::ready_at(message);
            (of_account(message) && ready_at > now).then_some(ready_at)
        });
        let lanes = self.by_time(State::Unknown, |message| {
            let arrived = message.lease_until?.plus(WIRE_TIME);
            let frees = message.new.has_lane && !message.new.strict && arrived > now;
            (of_account(message) && frees).then_some(arrived)
        });
        let due = match (pause, is_full) {
            (Some(until), _) => Some(until).filter(|until| until.0 < i64::MAX),
            (None, true) => Some(now),
            (None, false) => later.iter().chain(&lanes).map(|(time, _)| *time).min(),
        };
        let of_account = &self.accounts[account];
        let rate = of_account.rate.filter(|_| pause.is_none());
        let due = due.map(|due| {
            let next = rate.map(|rate| of_account.bucket.next(rate, now));
            next.map_or(due, |next| due.max(next))
        });
        let leases = self.by_time(State::Sending, |message| message.lease_until);
        let ends = self.by_time(State::Queued, |message| message.new.not_after);
        let ends = leases.iter().chain(&ends).map(|(time, _)| *time).min();
        due.into_iter().chain(ends).min()
    }

    /// Those in a state for which a time is known, by that time.
    pub(super) fn by_time(
        &self,
        state: State,
        time: impl Fn(&Message) -> Option<Time>,
    ) -> Vec<(Time, i64)> {
        let of_state = self
            .messages
            .iter()
            .filter(|(_, message)| message.at.state == state);
        let mut found: Vec<_> = of_state
            .filter_map(|(id, message)| Some((time(message)?, *id)))
            .collect();
        found.sort_unstable();
        found
    }

    /// Ends leases and messages that are over: of all accounts.
    pub(super) fn expire(&mut self) {
        let now = self.now();
        self.end_leases(now);
        for (end, id) in self.by_time(State::Queued, |message| message.new.not_after) {
            if end <= now
                && let Outcome::To(at) = apply(self.messages[&id].at, Event::Expire)
            {
                self.to(id, at, |_| {});
            }
        }
    }

    /// Ends the leases up to a time: all, when every worker is dead.
    pub(super) fn end_leases(&mut self, until: Time) {
        let now = self.now();
        for (end, id) in self.by_time(State::Sending, |message| message.lease_until) {
            if end <= until
                && let Outcome::To(at) = apply(self.messages[&id].at, Event::LeaseOver)
            {
                self.to(id, at, |message| message.lease_until = Some(end.min(now)));
            }
        }
    }

    /// Until when an account is paused, if it is.
    pub(super) fn pause(&self, account: usize) -> Option<Time> {
        const FOR_EVER: Time = Time(i64::MAX);
        let account = &self.accounts[account];
        let waits = account.condition.wait_until;
        let is_after = |until: &Time| *until > self.now();
        match self.is_held {
            true => Some(FOR_EVER),
            false => account.paused.filter(is_after).or(waits.filter(is_after)),
        }
    }
}
