#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod answer;
mod arrivals;
mod builder;
mod check;
#[cfg(feature = "cli")]
pub mod cli;
mod fault;
mod inbox;
mod ledger;
mod net;
mod page;
mod sandbox;
mod serve;
mod server;
#[doc(hidden)]
pub mod shell;
mod state;

pub use answer::{Oddity, Strange};
pub use arrivals::Arrivals;
pub use builder::SandboxBuilder;
pub use check::Operation;
pub use fault::{Action, ActiveFault, Answer, FaultRule, Match, Preset, Stage};
pub use inbox::Conversation;
pub use ledger::{Channel, Filter, Received, Side, Summary, Verdict};
pub use net::Ending;
pub use sandbox::Sandbox;
pub use state::{Case, Contact, Inbox, Key, Permission, Seed, User};
