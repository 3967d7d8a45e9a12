//! Workers of an outbox against a sandbox: what each row says, held against what truly arrived.

mod accepted;
mod accounts;
#[cfg(target_os = "linux")]
mod clocks;
mod faults;
#[cfg(unix)]
mod guide;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod network;
#[cfg(unix)]
mod order;
#[cfg(target_os = "linux")]
mod outage;
#[cfg(unix)]
mod pause;
#[cfg(target_os = "linux")]
mod power;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod proxy;
mod rows;
mod sharing;
mod spans;
mod stopping;
mod support;
#[cfg(target_os = "linux")]
mod tools;
mod turns;
