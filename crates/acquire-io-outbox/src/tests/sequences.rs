//! Random sequences of all that can happen, against a ledger of what was truly delivered: nothing is delivered twice, and
//! no state is a lie.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;

use super::support::{ACCOUNT, Fixture, chat, minutes, on_each_store, seconds, settled, turn};
use crate::store::{Claimed, Settled};
use crate::time::{Time, WIRE_TIME};
use crate::verdict::Kind;
use crate::{Filter, Found, RowId, State};

on_each_store! {
    nothing_is_delivered_twice_and_no_state_lies,
}

/// A worker with a message.
struct Worker {
    claimed: Claimed,
    /// What it will report. None: it has not sent yet.
    verdict: Option<Kind>,
}

struct World {
    fixture: Fixture,
    random: Rng,
    workers: Vec<Worker>,
    /// What is on the wire, and when it arrives.
    wire: Vec<(i64, Time)>,
    /// How often each message was delivered.
    delivered: BTreeMap<i64, u32>,
    texts: u32,
}

impl World {
    fn new(fixture: Fixture, seed: u64) -> Self {
        Self {
            fixture,
            random: Rng::with_seed(seed),
            workers: Vec::new(),
            wire: Vec::new(),
            delivered: BTreeMap::new(),
            texts: 0,
        }
    }

    fn is_delivered(&self, id: i64) -> bool {
        self.delivered.contains_key(&id)
    }

    async fn insert(&mut self) {
        self.texts += 1;
        let mut entry = chat(self.random.i64(1..=5), &format!("text {}", self.texts));
        if self.random.bool() {
            entry = entry.key(format!("key {}", self.random.u8(0..20)));
        }
        if self.random.u8(0..4) == 0 {
            entry = entry.strict();
        }
        if self.random.u8(0..4) == 0 {
            entry = entry.not_before(self.fixture.now().plus(seconds(self.random.u64(1..120))));
        }
        if self.random.u8(0..4) == 0 {
            entry = entry.not_after(self.fixture.now().plus(minutes(self.random.u64(3..30))));
        }
        // A key may be taken.
        let _ = self.fixture.outbox.insert(ACCOUNT, [entry]).await;
    }

    /// Settles what some workers know, and claims.
    async fn turn(&mut self) {
        let mut verdicts: Vec<Settled> = Vec::new();
        let mut left = Vec::new();
        for worker in self.workers.drain(..) {
            match worker.verdict {
                Some(kind) if self.random.u8(0..3) == 0 => {
                    verdicts.push(settled(&worker.claimed, kind))
                }
                _ => left.push(worker),
            }
        }
        self.workers = left;
        let asked = turn(self.random.u32(0..8), verdicts);
        let token = asked.token;
        let turned = self.fixture.outbox.store.turn(asked.clone()).await.unwrap();
        if self.random.u8(0..8) == 0 {
            // The answer was lost: the worker repeats its verdicts, and gives back what it never learned that it has.
            let again = turn(0, asked.settled);
            self.fixture.outbox.store.turn(again).await.unwrap();
            self.fixture
                .outbox
                .store
                .give_back(ACCOUNT.to_owned(), token)
                .await
                .unwrap();
            return;
        }
        let new = turned.claimed.into_iter();
        self.workers.extend(new.map(|claimed| Worker {
            claimed,
            verdict: None,
        }));
    }

    /// Workers send: not after their leases have ended, since their gates are closed then. What they send arrives at once,
    /// or while it may be on the wire, or never.
    fn send(&mut self) {
        let now = self.fixture.now();
        for worker in self
            .workers
            .iter_mut()
            .filter(|worker| worker.verdict.is_none())
        {
            if self.random.u8(0..3) == 0 {
                continue;
            }
            let (id, end) = (worker.claimed.id, worker.claimed.lease_until);
            if now >= end {
                worker.verdict = Some(Kind::NotSent);
                continue;
            }
            let longest = end.plus(WIRE_TIME).since(now);
            let (arrives, verdict) = match self.random.u8(0..12) {
                0..4 => (Some(Duration::ZERO), Kind::Accepted),
                4..6 => (Some(Duration::ZERO), Kind::Unknown),
                6..8 => (Some(longest.mul_f64(self.random.f64())), Kind::Unknown),
                8 => (None, Kind::Unknown),
                9 => (None, Kind::NotSent),
                10 => (None, Kind::Refused),
                _ => (None, Kind::Throttled),
            };
            worker.verdict = Some(verdict);
            self.wire.extend(arrives.map(|after| (id, now.plus(after))));
        }
        self.arrive();
    }

    fn arrive(&mut self) {
        let now = self.fixture.now();
        for (id, at) in std::mem::take(&mut self.wire) {
            match at <= now {
                true => *self.delivered.entry(id).or_default() += 1,
                false => self.wire.push((id, at)),
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.fixture.pass(time);
        self.arrive();
    }

    fn crash(&mut self) {
        if !self.workers.is_empty() {
            let which = self.random.usize(..self.workers.len());
            self.workers.remove(which);
        }
    }

    /// A person says the truth, or changes their mind. What is not possible is refused.
    async fn decide(&mut self) {
        let filter = match self.random.u8(0..4) {
            0 => Filter::all().limit(1000),
            _ => Filter::unknown(),
        };
        let rows = self.fixture.outbox.list(filter).await.unwrap();
        if rows.is_empty() {
            return;
        }
        let id = rows[self.random.usize(..rows.len())].id;
        let found = match self.is_delivered(id.0) {
            true => Found::Accepted,
            false => Found::NotSent,
        };
        let outbox = &self.fixture.outbox;
        let _ = match self.random.u8(0..8) {
            0..4 => outbox.resolve(id, found, "ann").await,
            4 => outbox.undo(id, "ann").await,
            5 => outbox.cancel(id, "ann").await,
            _ => outbox.retry(id, "ann").await,
        };
    }

    async fn step(&mut self) {
        match self.random.u8(0..24) {
            0..5 => self.insert().await,
            5..10 => self.turn().await,
            10..14 => self.send(),
            14 => self.crash(),
            15..18 => {
                let time = seconds(self.random.u64(1..20));
                self.pass(time);
            }
            18..21 => self.pass(WIRE_TIME / 2),
            21 => drop(self.fixture.outbox.prune(minutes(120)).await.unwrap()),
            _ => self.decide().await,
        }
    }

    async fn check(&self, seed: u64) {
        let rows = self
            .fixture
            .outbox
            .list(Filter::all().limit(1000))
            .await
            .unwrap();
        let mut sending = BTreeSet::new();
        for row in rows {
            let delivered = self.is_delivered(row.id.0);
            match row.state {
                State::Accepted => assert!(delivered, "seed {seed}: {row:?} was not delivered"),
                State::Queued | State::Refused | State::NotSent | State::Cancelled => {
                    assert!(!delivered, "seed {seed}: {row:?} was delivered");
                }
                State::Sending => {
                    assert!(
                        sending.insert(row.lane.clone()),
                        "seed {seed}: two of a lane"
                    );
                }
                State::Unknown => {}
            }
        }
        for (id, times) in &self.delivered {
            assert_eq!(
                *times,
                1,
                "seed {seed}: message {} was delivered {times} times",
                RowId(*id)
            );
        }
    }
}

async fn nothing_is_delivered_twice_and_no_state_lies(fixture: Fixture) {
    let mut accepted = 0;
    for seed in 0..25 {
        let mut world = World::new(fixture.another().await, seed);
        for _ in 0..150 {
            world.step().await;
            world.check(seed).await;
        }
        accepted += world.delivered.len();
    }
    // Otherwise the sequences prove nothing.
    assert!(accepted > 100, "{accepted}");
}
