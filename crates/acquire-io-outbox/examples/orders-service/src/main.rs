//! A service that stores orders, and tells customers about them through an outbox in the same database.
//!
//! ```sh
//! cargo run             # starts all: see demo.rs
//! cargo run -- serve 0  # the service, on a free port
//! cargo run -- work     # a worker: as many as you like, on any machine
//! ```
//!
//! `DATABASE_URL` names the database; `ACQUIRE_ACCOUNT_ID` (or `ACQUIRE_BASE_URL`) and `ACQUIRE_API_KEY` where the worker sends.

mod demo;
mod service;
mod worker;

use std::env;
use std::error::Error as StdError;

/// The Acquire account.
const ACCOUNT: &str = "acme";

type Result<T = ()> = std::result::Result<T, Box<dyn StdError + Send + Sync>>;

#[tokio::main]
async fn main() -> Result {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => demo::run().await,
        ["serve", port] => service::run(&env::var("DATABASE_URL")?, port.parse()?).await,
        ["work"] => worker::run(&env::var("DATABASE_URL")?).await,
        _ => Err("usage: orders-service [serve <port> | work]".into()),
    }
}

/// Ctrl-C, or what systemd, Docker and Kubernetes stop a program with.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
