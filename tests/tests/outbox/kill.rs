//! Processes that are killed while they send.

use std::env;
use std::process::Stdio;
use std::time::Duration;

use acquire_io::Client;
use acquire_io_outbox::{Outbox, State, Worker};
use acquire_io_sandbox::Sandbox;
use acquire_io_tests::Result;
use fastrand::Rng;
use tokio::process::{Child, Command};

use crate::support::{LONG, Place, audit, client_with, failing, insert};

const FILE: &str = "ACQUIRE_TEST_OUTBOX";
const TARGET: &str = "ACQUIRE_TEST_TARGET";

const PROCESSES: usize = 3;
const KILLS: usize = 12;
const IN_FLIGHT: u32 = 4;

/// The shortest, so that what a killed process was sending is unknown soon.
const LEASE: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_millis(800);

/// What [`spawn`] runs.
#[tokio::test]
#[ignore = "a process that is killed"]
async fn a_process() -> Result {
    let (Ok(file), Ok(target)) = (env::var(FILE), env::var(TARGET)) else {
        return Ok(());
    };
    let acquire = Client::builder()
        .base_url(target)
        .api_key("sandbox-key")
        .timeout(TIMEOUT)
        .build()?;
    let worker = Worker::new(Outbox::sqlite(file).await?).account("acme", acquire);
    worker.in_flight(IN_FLIGHT).lease(LEASE).run().await?;
    Ok(())
}

fn spawn(place: &Place, sandbox: &Sandbox) -> Result<Child> {
    Ok(Command::new(env::current_exe()?)
        .args(["--exact", "kill::a_process", "--ignored"])
        .env(FILE, place.file())
        .env(TARGET, sandbox.base_url())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?)
}

#[tokio::test]
async fn a_kill_leaves_at_most_what_was_being_sent_unknown_and_nothing_is_sent_twice() -> Result {
    let sandbox = failing(r#"{"action": {"type": "delay", "ms": 15}}"#).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 3_000).await?;
    let seed = 7;
    let mut rng = Rng::with_seed(seed);
    let mut processes = Vec::new();
    for _ in 0..PROCESSES {
        processes.push(spawn(&place, &sandbox)?);
    }
    let mut arrived = 0;
    for _ in 0..KILLS {
        // In the midst of sending, wherever that is.
        arrived += rng.usize(1..80);
        sandbox.wait_for(arrived, LONG).await?;
        arrived = sandbox.received().len();
        let killed = rng.usize(..PROCESSES);
        processes[killed].kill().await?;
        processes[killed] = spawn(&place, &sandbox)?;
    }
    for mut process in processes {
        process.kill().await?;
    }
    let worker = Worker::new(outbox.clone()).account("acme", client_with(&sandbox, TIMEOUT)?);
    let worker = worker.in_flight(64).lease(LEASE).stop_when_settled();
    worker.run().await?;

    let standing = outbox.standing("acme").await?;
    let most = u64::from(IN_FLIGHT) * (KILLS + PROCESSES) as u64;
    let unknown = standing.count(State::Unknown);
    println!("seed {seed}: {unknown} unknown of at most {most}");
    assert!(unknown <= most, "{standing:?}");
    assert_eq!(
        unknown + standing.count(State::Accepted),
        3_000,
        "{standing:?}"
    );
    audit(&outbox, &sandbox).await
}
