//! A worker, in a process of its own. `acquire outbox work --follow` does the same without any Rust.

use std::time::Duration;

use acquire_io::ClientBuilder;
use acquire_io_outbox::{Event, Outbox, Worker};

use crate::{ACCOUNT, Result, stop_signal};

/// How long a message may take. Shorter than the default, as the next one.
const TIMEOUT: Duration = Duration::from_secs(8);
/// How long after a kill it is known that the outcome of a message is unknown.
const LEASE: Duration = Duration::from_secs(10);

pub async fn run(database: &str) -> Result {
    let client = ClientBuilder::from_env()?.timeout(TIMEOUT).build()?;
    let worker = Worker::new(Outbox::postgres(database).await?)
        .account(ACCOUNT, client)
        .lease(LEASE)
        .on_event(|_, event| print(event));
    println!("working");
    let report = worker.run_until(stop_signal()).await?;
    println!("{} accepted", report.counts().accepted);
    Ok(())
}

fn print(event: &Event) {
    match event {
        Event::Claimed { key: Some(key), .. } => println!("sending {key}"),
        Event::Settled { key, state, .. } => println!("{state} {}", key.as_deref().unwrap_or("-")),
        Event::Paused { why, .. } => println!("paused: {why}"),
        // Messages are stored, and wait. Somebody should look.
        Event::Stopped { reason, .. } => println!("stopped: {reason}"),
        Event::StoreFailed { error, .. } => println!("{error}"),
        Event::StoreRecovered => println!("the database is back"),
        _ => {}
    }
}
