//! `acquire batch` and `acquire journal`: the program itself against a sandbox.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod bad_rows;
mod connection;
mod cut;
mod damage;
mod exits;
mod input;
mod journal_command;
mod keys;
#[cfg(unix)]
mod kill;
mod locks;
mod pace;
mod results;
mod resume;
mod rows;
#[cfg(unix)]
mod signals;
mod support;
#[cfg(unix)]
mod surroundings;
