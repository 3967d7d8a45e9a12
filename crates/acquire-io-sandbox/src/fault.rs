//! Failing on purpose, by rule.

mod act;
mod action;
mod answer;
mod preset;
mod rule;
mod rules;

pub(crate) use act::Fault;
pub use action::{Action, Stage};
pub use answer::Answer;
pub use preset::Preset;
pub use rule::{FaultRule, Match};
pub use rules::ActiveFault;
pub(crate) use rules::{Facts, Phase, Rules};
