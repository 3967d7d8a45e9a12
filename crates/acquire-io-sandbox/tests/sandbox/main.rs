//! The sandbox over real sockets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod access;
mod account;
mod admin;
mod answers;
#[cfg(feature = "cli")]
mod command_line;
mod fault_rules;
mod faults;
mod inbox;
mod ledger;
mod limits;
mod readme;
mod refusals;
mod robustness;
mod support;
mod tls;
