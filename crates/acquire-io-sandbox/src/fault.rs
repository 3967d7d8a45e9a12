//! Failing on purpose: the rules in force, and what they choose for a request.

mod act;
mod action;
mod answer;
mod preset;
mod rule;

pub(crate) use act::Fault;
pub use action::{Action, Stage};
pub use answer::Answer;
pub use preset::Preset;
pub use rule::{FaultRule, Match};

use std::slice;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use serde::Serialize;
use serde_json::Value;

use crate::check::Operation;

/// When rules are chosen: before the body is read, or after.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Head,
    Received,
}

/// What rules match on.
pub(crate) struct Facts {
    operation: Option<Operation>,
    case: Option<i64>,
    recipients: Vec<String>,
}

impl Facts {
    /// `request` is the body, if it was read and the document allows it.
    pub(crate) fn new(operation: Option<Operation>, request: Option<&Value>) -> Self {
        let field = |names: [&str; 2]| {
            let request = request?;
            let fields = request.get("data").unwrap_or(request);
            names.into_iter().find_map(|name| fields.get(name))
        };
        let recipients = match field(["To", "to"]) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => slice::from_ref(one),
            None => &[],
        };
        let recipients = recipients.iter().filter_map(Value::as_str);
        Self {
            operation,
            case: field(["caseId", "threadId"]).and_then(Value::as_i64),
            recipients: recipients.map(str::to_owned).collect(),
        }
    }
}

/// A rule in force, and what it has done so far.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ActiveFault {
    /// Its number, for switching and removing it.
    pub id: u64,
    /// How many requests matched, before `nth`, `every` and `probability` chose among them.
    pub matched: u64,
    /// How often it acted.
    pub acted: u64,
    /// The rule.
    pub rule: FaultRule,
    #[serde(skip)]
    rng: Rng,
}

impl ActiveFault {
    fn new(id: u64, rule: FaultRule) -> Self {
        Self {
            id,
            matched: 0,
            acted: 0,
            rng: Rng::with_seed(rule.matches.seed),
            rule,
        }
    }

    /// Whether the rule acts on this request. Counts the request if it matches.
    fn applies_to(&mut self, phase: Phase, facts: &Facts) -> bool {
        let FaultRule {
            enabled,
            matches,
            limit,
            action,
            ..
        } = &self.rule;
        let own_phase = match action.stage() {
            Stage::Head | Stage::Body => Phase::Head,
            _ => Phase::Received,
        };
        let plain = |text: &str| text.trim_start_matches('+').to_lowercase();
        let is_recipient = |wanted: &String| {
            let mut recipients = facts.recipients.iter();
            recipients.any(|recipient| plain(recipient) == plain(wanted))
        };
        let is_match = *enabled
            && own_phase == phase
            && matches
                .operation
                .is_none_or(|it| facts.operation == Some(it))
            && matches.case.is_none_or(|it| facts.case == Some(it))
            && matches.recipient.as_ref().is_none_or(is_recipient);
        if !is_match {
            return false;
        }
        self.matched += 1;
        // Drawn for each match, so that the other conditions don't change what a seed chooses.
        let drawn = self.rng.f64();
        matches.nth.is_none_or(|nth| self.matched == nth)
            && matches
                .every
                .is_none_or(|every| self.matched.is_multiple_of(every))
            && matches
                .probability
                .is_none_or(|probability| drawn < probability)
            && limit.is_none_or(|limit| self.acted < limit)
    }
}

/// The rules, in order.
#[derive(Default)]
pub(crate) struct Rules(Mutex<List>);

#[derive(Default)]
struct List {
    active: Vec<ActiveFault>,
    last_id: u64,
}

impl List {
    fn add(&mut self, rule: FaultRule) -> ActiveFault {
        self.last_id += 1;
        let active = ActiveFault::new(self.last_id, rule);
        self.active.push(active.clone());
        active
    }

    /// Changes one, if there is one with this ID.
    fn change(&mut self, id: u64, change: impl FnOnce(&mut ActiveFault)) -> Option<ActiveFault> {
        let active = self.active.iter_mut().find(|active| active.id == id)?;
        change(active);
        Some(active.clone())
    }
}

impl Rules {
    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to a request: the delays of all rules that act on it, and the first other action. The request's own
    /// rule comes first.
    pub(crate) fn choose(&self, phase: Phase, facts: &Facts, own: Option<&FaultRule>) -> Fault {
        let mut fault = Fault::default();
        let mut own = own.map(|rule| ActiveFault::new(0, rule.clone()));
        let mut rules = self.lock();
        for active in own.iter_mut().chain(&mut rules.active) {
            if !active.applies_to(phase, facts) {
                continue;
            }
            match &active.rule.action {
                Action::Delay { ms, .. } => {
                    fault.delay = fault.delay.saturating_add(Duration::from_millis(*ms));
                    fault.label.get_or_insert_with(|| active.rule.label());
                }
                // An earlier rule decided.
                _ if fault.action.is_some() => continue,
                action => {
                    fault.label = Some(active.rule.label());
                    fault.turn = active.acted + 1;
                    fault.action = Some(action.clone());
                }
            }
            active.acted += 1;
        }
        fault
    }

    pub(crate) fn list(&self) -> Vec<ActiveFault> {
        self.lock().active.clone()
    }

    pub(crate) fn add(&self, rule: FaultRule) -> ActiveFault {
        self.lock().add(rule)
    }

    /// Replaces all rules.
    pub(crate) fn replace_all(&self, rules: Vec<FaultRule>) -> Vec<ActiveFault> {
        let mut list = self.lock();
        list.active.clear();
        rules.into_iter().map(|rule| list.add(rule)).collect()
    }

    /// Replaces one rule. Its counts start at zero.
    pub(crate) fn replace(&self, id: u64, rule: FaultRule) -> Option<ActiveFault> {
        self.lock()
            .change(id, |active| *active = ActiveFault::new(id, rule))
    }

    /// Switches one on or off. It keeps its counts.
    pub(crate) fn switch(&self, id: u64, enabled: bool) -> Option<ActiveFault> {
        self.lock()
            .change(id, |active| active.rule.enabled = enabled)
    }

    /// Returns false if there is none with this number.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut rules = self.lock();
        let before = rules.active.len();
        rules.active.retain(|active| active.id != id);
        rules.active.len() < before
    }
}
