#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// A request goes through `net` (its connection), `access` (who may ask), `serve` (the endpoints), `check` (what the
// document says), `account` (what the account says), `answer`, and `fault` (what goes wrong on purpose). `ledger` keeps
// it.
mod access;
mod account;
mod answer;
mod builder;
mod check;
#[cfg(feature = "cli")]
pub mod cli;
mod fault;
mod inbox;
mod ledger;
mod net;
mod page;
mod refusal;
mod sandbox;
mod serve;
mod server;
#[doc(hidden)]
pub mod shell;

pub use account::{Case, Contact, Inbox, Key, Permission, Seed, User};
pub use answer::{Oddity, Strange};
pub use builder::SandboxBuilder;
pub use check::Operation;
pub use fault::{Action, ActiveFault, Answer, FaultRule, Match, Preset, Stage};
pub use inbox::Conversation;
pub use ledger::{Arrivals, Channel, Filter, Received, Side, Summary, Verdict};
pub use net::Ending;
pub use sandbox::Sandbox;
