//! An outbox in memory, as simple as can be: what the store must do. It shares with the store the table of transitions, and
//! the delays and pauses of the policy.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Rate;
use crate::policy::{self, Condition, Facts};
use crate::rate::Bucket;
use crate::store::{Applied, Decision};
use crate::time::{Time, WIRE_TIME};
use crate::transition::{Event, Outcome, Position, State, apply};
use crate::verdict::{Kind, Verdict};

/// What is inserted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct New {
    pub(super) key: Option<u8>,
    /// Which message it is: its case, and one of two texts.
    pub(super) case: i64,
    pub(super) text: bool,
    pub(super) has_lane: bool,
    pub(super) strict: bool,
    pub(super) priority: i64,
    pub(super) not_before: Option<Time>,
    pub(super) not_after: Option<Time>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) account: usize,
    pub(super) new: New,
    pub(super) created: Time,
    pub(super) at: Position,
    pub(super) has_content: bool,
    pub(super) attempt: u32,
    pub(super) failures: u32,
    pub(super) retry_at: Option<Time>,
    pub(super) first_claimed: Option<Time>,
    pub(super) claim: Option<i64>,
    pub(super) lease_until: Option<Time>,
    /// When, and the place in the order of all.
    pub(super) settled: Option<(Time, i64)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) condition: Condition,
    pub(super) late: u64,
    /// Until when a person paused it.
    pub(super) paused: Option<Time>,
    pub(super) rate: Option<Rate>,
    pub(super) bucket: Bucket,
}

/// Why something was not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    KeyTaken(i64),
    /// By another entry of the same call.
    KeyTwice,
    NotFound,
    Rejected,
    TooEarly(Time),
    Other(String),
}

#[derive(Debug, PartialEq)]
pub(super) struct Turned {
    pub(super) applied: Vec<Applied>,
    pub(super) claimed: Vec<i64>,
    pub(super) next: Option<Time>,
    pub(super) is_paused: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    pub(super) now: i64,
    pub(super) messages: BTreeMap<i64, Message>,
    pub(super) accounts: [Account; 2],
    pub(super) is_held: bool,
    last_id: i64,
    last_settled: i64,
}

impl Reference {
    pub(super) fn now(&self) -> Time {
        Time(self.now)
    }

    /// Puts a message into a position.
    pub(super) fn to(&mut self, id: i64, position: Position, change: impl FnOnce(&mut Message)) {
        let now = self.now();
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        message.at = position;
        change(message);
        message.settled = None;
        if position.state.is_settled() {
            self.last_settled += 1;
            message.settled = Some((now, self.last_settled));
        }
        if position.state == State::Accepted && !position.decided {
            message.has_content = false;
        }
    }

    pub(super) fn insert(&mut self, account: usize, new: Vec<New>) -> Result<Vec<i64>, Refusal> {
        let before = self.clone();
        let mut ids = Vec::new();
        for new in new {
            match self.insert_one(account, new) {
                Ok(id) => ids.push(id),
                Err(refusal) => {
                    let is_own = |id: i64| id > before.last_id;
                    let is_twice = matches!(refusal, Refusal::KeyTaken(id) if is_own(id));
                    *self = before;
                    return Err(if is_twice { Refusal::KeyTwice } else { refusal });
                }
            }
        }
        Ok(ids)
    }

    fn insert_one(&mut self, account: usize, new: New) -> Result<i64, Refusal> {
        let same_key = |message: &&mut Message| {
            let has_key = message.new.key.is_some() && message.new.key == new.key;
            has_key && message.account == account && !message.at.replaced
        };
        let found = self.messages.iter_mut().map(|(id, message)| (*id, message));
        let mut found = found.filter(|(_, message)| same_key(message));
        if let Some((id, taken)) = found.next() {
            if (taken.new.case, taken.new.text) == (new.case, new.text) {
                return Ok(id);
            }
            let Outcome::To(at) = apply(taken.at, Event::Replace) else {
                return Err(Refusal::KeyTaken(id));
            };
            taken.at = at;
        }
        self.last_id += 1;
        let message = Message {
            account,
            new,
            created: self.now(),
            at: Position {
                state: State::Queued,
                decided: false,
                replaced: false,
            },
            has_content: true,
            attempt: 0,
            failures: 0,
            retry_at: None,
            first_claimed: None,
            claim: None,
            lease_until: None,
            settled: None,
        };
        self.messages.insert(self.last_id, message);
        Ok(self.last_id)
    }

    pub(super) fn turn(
        &mut self,
        account: usize,
        token: i64,
        slots: u32,
        lease: Duration,
        settled: &[(i64, i64, Verdict)],
    ) -> Turned {
        let now = self.now();
        let applied = settled.iter().map(|(id, token, verdict)| {
            let applied = self.settle(account, *id, *token, verdict);
            if applied == Applied::Late {
                self.accounts[account].late += 1;
            }
            applied
        });
        let applied = applied.collect();
        self.expire();
        let pause = self.pause(account);
        let of_account = &self.accounts[account];
        let is_sending = self
            .messages
            .values()
            .any(|message| message.account == account && message.at.state == State::Sending);
        let mut free = of_account.condition.slots(slots, is_sending);
        if let Some(rate) = of_account.rate {
            free = free.min(of_account.bucket.allowed(rate, now));
        }
        let mut claimed = Vec::new();
        while pause.is_none() && claimed.len() < usize::try_from(free).unwrap() {
            let Some(id) = self.first(account) else { break };
            let at = apply(self.messages[&id].at, Event::Claim);
            let Outcome::To(at) = at else {
                panic!("{at:?}")
            };
            self.to(id, at, |message| {
                message.attempt += 1;
                message.claim = Some(token);
                message.lease_until = Some(now.plus(lease));
                message.first_claimed.get_or_insert(now);
                message.retry_at = None;
            });
            claimed.push(id);
        }
        let count = u32::try_from(claimed.len()).unwrap();
        let of_account = &mut self.accounts[account];
        if let Some(rate) = of_account.rate
            && count > 0
        {
            of_account.bucket = of_account.bucket.take(rate, now, count);
        }
        let is_full = count == free;
        Turned {
            applied,
            claimed,
            next: self.next(account, pause, is_full),
            is_paused: pause.is_some(),
        }
    }

    fn settle(&mut self, account: usize, id: i64, token: i64, verdict: &Verdict) -> Applied {
        let now = self.now();
        let Some(message) = self.messages.get(&id) else {
            return Applied::Late;
        };
        if message.claim != Some(token) {
            return Applied::Late;
        }
        let facts = Facts {
            failures: message.failures,
            first_claimed: message.first_claimed.unwrap_or(now),
            not_after: message.new.not_after,
            now,
        };
        let (mut event, mut retry_at) = policy::event(verdict, facts);
        if !message.has_content && event.verdict() == Some(State::Queued) {
            (event, retry_at) = (Event::NotSent, None);
        }
        match apply(message.at, event) {
            Outcome::To(at) => {
                self.to(id, at, |message| {
                    message.retry_at = retry_at;
                    message.failures += u32::from(verdict.kind == Kind::NotSent);
                    if at.state == State::Unknown {
                        message.lease_until = message.lease_until.map(|end| end.min(now));
                    }
                });
                self.accounts[account].condition.learn(verdict, now);
                Applied::To(at.state)
            }
            Outcome::Already => Applied::Already,
            _ => Applied::Late,
        }
    }

    pub(super) fn give_back(&mut self, account: usize, token: i64) -> u64 {
        let has_token = |message: &Message| {
            let is_live = matches!(message.at.state, State::Sending | State::Unknown);
            is_live && message.account == account && message.claim == Some(token)
        };
        let ids = self
            .messages
            .iter()
            .filter(|(_, message)| has_token(message));
        let ids: Vec<_> = ids.map(|(id, _)| *id).collect();
        for id in &ids {
            let message = &self.messages[id];
            let event = match message.has_content {
                true => Event::GiveBack,
                false => Event::NotSent,
            };
            if let Outcome::To(at) = apply(message.at, event) {
                self.to(*id, at, |message| message.attempt -= 1);
            }
        }
        u64::try_from(ids.len()).unwrap()
    }

    pub(super) fn decide(&mut self, id: i64, decision: Decision) -> Result<State, Refusal> {
        let before = self.clone();
        self.expire();
        let decided = self.decide_now(id, decision);
        if decided.is_err() {
            *self = before;
        }
        decided
    }

    fn decide_now(&mut self, id: i64, decision: Decision) -> Result<State, Refusal> {
        use crate::Found::{Accepted, NotSent};

        let message = self.messages.get(&id).ok_or(Refusal::NotFound)?;
        let event = match decision {
            Decision::Found {
                found: Accepted, ..
            } => Event::FoundAccepted,
            Decision::Found {
                found: NotSent,
                now,
            } => {
                let arrived = message.lease_until.map(|end| end.plus(WIRE_TIME));
                if let Some(arrived) = arrived
                    && message.at.state == State::Unknown
                    && !now
                    && arrived > self.now()
                {
                    return Err(Refusal::TooEarly(arrived));
                }
                match message.has_content {
                    true => Event::FoundNotSent,
                    false => Event::FoundNotSentErased,
                }
            }
            Decision::Undo => Event::Undo,
            Decision::Cancel => Event::Cancel,
            Decision::SendAgain if !message.has_content => return Err(Refusal::Rejected),
            Decision::SendAgain => Event::SendAgain,
        };
        let Outcome::To(at) = apply(message.at, event) else {
            return Err(Refusal::Rejected);
        };
        self.to(id, at, |message| {
            if at.state == State::Queued {
                message.retry_at = None;
                message.failures = 0;
                message.first_claimed = None;
            }
        });
        Ok(at.state)
    }

    pub(super) fn prune(&mut self, older_than: Duration) -> u64 {
        let before = self.now().minus(older_than);
        let count = self.messages.len();
        let is_old = |message: &Message| message.settled.is_some_and(|(at, _)| at < before);
        for message in self.messages.values_mut() {
            if message.at.state == State::Unknown && is_old(message) {
                message.has_content = false;
            }
        }
        self.messages.retain(|_, message| {
            !is_old(message) || apply(message.at, Event::Prune) != Outcome::Gone
        });
        u64::try_from(count - self.messages.len()).unwrap()
    }
}
