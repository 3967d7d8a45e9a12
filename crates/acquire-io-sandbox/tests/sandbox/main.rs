//! The sandbox over real sockets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod access;
mod admin;
mod answers;
#[cfg(feature = "cli")]
mod command_line;
mod faults;
mod inbox;
mod ledger;
mod limits;
mod readme;
mod refusals;
mod robustness;
mod support;
mod tls;
