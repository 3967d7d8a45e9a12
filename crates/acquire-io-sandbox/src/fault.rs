//! Failing on purpose, by rule.

mod act;
mod action;
mod rule;
mod rules;

pub(crate) use act::Fault;
pub use action::{Action, Stage};
pub use rule::{FaultRule, Match};
pub(crate) use rules::{Active, Facts, Phase, Rules};
