//! The rules that are in force.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;

use super::act::Fault;
use super::action::{Action, Stage};
use super::rule::FaultRule;
use crate::check::Operation;

/// When rules are chosen: before the body is read, or after.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Head,
    Received,
}

/// What is known of a request.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) operation: Option<Operation>,
    pub(crate) case: Option<i64>,
    pub(crate) recipients: Vec<String>,
}

/// A rule as the admin endpoints show it.
#[derive(Clone, Serialize)]
pub(crate) struct Listed {
    /// For changing it.
    pub(crate) id: u64,
    /// How many requests it met, whatever `nth`, `every` and `probability` said then.
    matched: u64,
    /// How often it acted.
    acted: u64,
    pub(crate) rule: FaultRule,
}

struct Active {
    listed: Listed,
    rng: Rng,
}

#[derive(Default)]
pub(crate) struct Rules(Mutex<(Vec<Active>, u64)>);

impl Active {
    fn new(id: u64, rule: FaultRule) -> Self {
        Self {
            rng: Rng::with_seed(rule.matches.seed),
            listed: Listed {
                id,
                matched: 0,
                acted: 0,
                rule,
            },
        }
    }

    /// Whether it acts on this request.
    fn meets(&mut self, phase: Phase, facts: &Facts) -> bool {
        let Listed {
            matched,
            acted,
            rule,
            ..
        } = &mut self.listed;
        let own = match rule.action.stage() {
            Stage::Head | Stage::Body => Phase::Head,
            _ => Phase::Received,
        };
        let conditions = &rule.matches;
        let plain = |text: &str| text.trim_start_matches('+').to_lowercase();
        let is_recipient = |wanted: &String| {
            let mut recipients = facts.recipients.iter();
            recipients.any(|recipient| plain(recipient) == plain(wanted))
        };
        if !rule.enabled
            || own != phase
            || conditions
                .operation
                .is_some_and(|it| facts.operation != Some(it))
            || conditions.case.is_some_and(|it| facts.case != Some(it))
            || !conditions.recipient.as_ref().is_none_or(is_recipient)
        {
            return false;
        }
        *matched += 1;
        // Drawn for each match, so that the other conditions don't change what it chooses.
        let drawn = self.rng.f64();
        let acts = conditions.nth.is_none_or(|nth| *matched == nth)
            && conditions
                .every
                .is_none_or(|every| matched.is_multiple_of(every))
            && conditions
                .probability
                .is_none_or(|probability| drawn < probability)
            && rule.limit.is_none_or(|limit| *acted < limit);
        *acted += u64::from(acts);
        acts
    }
}

impl Rules {
    fn lock(&self) -> MutexGuard<'_, (Vec<Active>, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to a request: the delays of all rules that act on it, and the first other action. The
    /// request's own rule comes first.
    pub(crate) fn choose(&self, phase: Phase, facts: &Facts, own: Option<&FaultRule>) -> Fault {
        let mut fault = Fault::default();
        let mut own = own.map(|rule| Active::new(0, rule.clone()));
        let mut rules = self.lock();
        for active in own.iter_mut().chain(&mut rules.0) {
            if !active.meets(phase, facts) {
                continue;
            }
            let Listed { acted, rule, .. } = &active.listed;
            let label = rule.label();
            match &rule.action {
                Action::Delay { ms, .. } => {
                    fault.delay = fault.delay.saturating_add(Duration::from_millis(*ms));
                    fault.label.get_or_insert(label);
                }
                action if fault.action.is_none() => {
                    fault.label = Some(label);
                    fault.turn = *acted;
                    fault.action = Some(action.clone());
                }
                _ => {}
            }
        }
        fault
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        self.lock()
            .0
            .iter()
            .map(|active| active.listed.clone())
            .collect()
    }

    pub(crate) fn add(&self, rule: FaultRule) -> Listed {
        let mut rules = self.lock();
        rules.1 += 1;
        let active = Active::new(rules.1, rule);
        let listed = active.listed.clone();
        rules.0.push(active);
        listed
    }

    /// In place of all that there are.
    pub(crate) fn replace_all(&self, new: Vec<FaultRule>) {
        self.lock().0.clear();
        for rule in new {
            self.add(rule);
        }
    }

    /// Its counts begin anew.
    pub(crate) fn replace(&self, id: u64, rule: FaultRule) -> Option<Listed> {
        let mut rules = self.lock();
        let active = rules.0.iter_mut().find(|active| active.listed.id == id)?;
        *active = Active::new(id, rule);
        Some(active.listed.clone())
    }

    /// Switches one on or off. Its counts go on.
    pub(crate) fn switch(&self, id: u64, enabled: bool) -> Option<Listed> {
        let mut rules = self.lock();
        let active = rules.0.iter_mut().find(|active| active.listed.id == id)?;
        active.listed.rule.enabled = enabled;
        Some(active.listed.clone())
    }

    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut rules = self.lock();
        let before = rules.0.len();
        rules.0.retain(|active| active.listed.id != id);
        rules.0.len() < before
    }
}
