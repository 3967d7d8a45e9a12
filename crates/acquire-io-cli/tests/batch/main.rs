//! `acquire batch` and `acquire outbox`: the program itself against a sandbox.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod bad_rows;
mod changes;
mod columns;
mod connection;
mod database;
mod dialects;
mod exits;
mod follow;
mod input;
mod keys;
#[cfg(unix)]
mod kill;
mod locks;
mod orders_service;
mod others;
mod outbox_command;
mod pace;
mod phones;
#[cfg(unix)]
mod prompt;
mod results;
mod resume;
mod rows;
#[cfg(unix)]
mod signals;
mod support;
#[cfg(unix)]
mod surroundings;
mod tables;
mod templates;
mod to_me;
mod walk;
