//! Choosing what happens next.

use std::time::Duration;

use fastrand::Rng;

use super::super::support::{LEASE, seconds};
use super::reference::{New, Reference};
use crate::store::Decision;
use crate::time::{Time, WIRE_TIME};
use crate::verdict::{Kind, Verdict};
use crate::{Found, Rate, State};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Pass(Duration),
    Insert(usize, Vec<New>),
    Turn {
        account: usize,
        slots: u32,
        /// Of which claims, by their place among all claims there were.
        settled: Vec<(usize, Verdict)>,
    },
    /// What one of all turns claimed.
    GiveBack(usize),
    Decide(i64, Decision),
    Prune(Duration),
    Pause(usize, Option<Time>),
    Resume(usize),
    Limit(usize, Option<Rate>),
    Hold(bool),
    /// One of two handles is closed and opened again, or both.
    Reopen(usize),
    ReopenAll,
}

/// What a choice depends on.
pub(super) struct Choice<'a> {
    pub(super) random: &'a mut Rng,
    pub(super) reference: &'a Reference,
    /// How many claims there were.
    pub(super) claims: usize,
}

impl Choice<'_> {
    fn one_of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.random.usize(..values.len())].clone()
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.random.u8(..100) < percent
    }

    pub(super) fn step(&mut self) -> Step {
        let account = usize::from(self.chance(20));
        // What is held or paused for ever is soon no longer, so that the rest can happen.
        if self.reference.is_held && self.chance(30) {
            return Step::Hold(false);
        }
        if self.reference.pause(account).is_some() && self.chance(20) {
            return Step::Resume(account);
        }
        match self.random.u8(..100) {
            0..14 => Step::Pass(self.one_of(&[
                seconds(0),
                seconds(1),
                seconds(7),
                LEASE,
                WIRE_TIME,
                seconds(3600),
            ])),
            14..34 => {
                let count = self.random.usize(1..=3);
                Step::Insert(account, (0..count).map(|_| self.new_message()).collect())
            }
            34..68 => {
                let count = self.random.usize(0..=3).min(self.claims);
                let settled = (0..count).map(|_| self.settlement()).collect();
                let slots = self.random.u32(0..=4);
                Step::Turn {
                    account,
                    slots,
                    settled,
                }
            }
            68..71 if self.claims > 0 => Step::GiveBack(self.random.usize(..self.claims)),
            68..88 => {
                let id = self.row();
                let found = |found, now| Decision::Found { found, now };
                let decision = self.one_of(&[
                    found(Found::Accepted, false),
                    found(Found::NotSent, false),
                    found(Found::NotSent, true),
                    Decision::Undo,
                    Decision::Undo,
                    Decision::Cancel,
                    Decision::SendAgain,
                ]);
                Step::Decide(id, decision)
            }
            88..90 => Step::Prune(self.one_of(&[seconds(0), seconds(60), seconds(3600)])),
            90..92 => {
                let until = self.reference.now().plus(seconds(30));
                Step::Pause(account, self.one_of(&[None, Some(until)]))
            }
            92..95 => Step::Resume(account),
            95 => {
                let rate = Rate::per_second(0.5).burst(2);
                Step::Limit(account, self.one_of(&[None, Some(rate)]))
            }
            96..98 => Step::Hold(self.chance(30)),
            98 => Step::Reopen(self.random.usize(..2)),
            _ => Step::ReopenAll,
        }
    }

    /// A row to decide on: most often one for which a person is needed, and sometimes one that there isn't.
    fn row(&mut self) -> i64 {
        let mut rows = vec![self.random.i64(1..=50)];
        for (id, message) in &self.reference.messages {
            let is_for_people = message.at.state == State::Unknown || message.at.decided;
            rows.extend(std::iter::repeat_n(*id, if is_for_people { 10 } else { 1 }));
        }
        self.one_of(&rows)
    }

    fn new_message(&mut self) -> New {
        let now = self.reference.now();
        let has_lane = self.chance(80);
        New {
            key: self.chance(50).then(|| self.random.u8(..4)),
            case: self.random.i64(1..=3),
            text: self.random.bool(),
            has_lane,
            strict: has_lane && self.chance(20),
            priority: self.random.i64(0..=2),
            not_before: self.chance(20).then(|| now.plus(seconds(20))),
            not_after: self.chance(20).then(|| now.plus(seconds(90))),
        }
    }

    fn settlement(&mut self) -> (usize, Verdict) {
        // The last ones are under way most probably.
        let recent = self.claims.saturating_sub(4);
        let from = self.one_of(&[0, recent, recent]);
        let kind = self.one_of(&[
            Kind::Accepted,
            Kind::Accepted,
            Kind::Refused,
            Kind::Throttled,
            Kind::Unauthorized,
            Kind::Invalid,
            Kind::NotSent,
            Kind::NotSent,
            Kind::Unknown,
            Kind::Unknown,
        ]);
        let verdict = Verdict {
            code: self.chance(30).then(|| "too_late".to_owned()),
            retry_after: self.chance(50).then(|| seconds(3)),
            ..Verdict::new(kind)
        };
        (self.random.usize(from..self.claims), verdict)
    }
}
