//! Workers of an outbox against a sandbox: what each row says, held against what truly arrived.

mod accepted;
mod accounts;
mod faults;
#[cfg(unix)]
mod kill;
mod rows;
mod sharing;
mod spans;
mod stopping;
mod support;
mod turns;
