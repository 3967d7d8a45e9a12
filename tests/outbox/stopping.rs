//! How a worker ends.

use std::sync::Arc;
use std::time::Duration;

use acquire_io_outbox::{Event, Filter, Outbox, Report, State, StopReason, Worker};
use acquire_io_sandbox::{FaultRule, Sandbox, Stage, Verdict};
use acquire_io_tests::Result;
use tokio::sync::Semaphore;

use crate::support::{LONG, Place, audit, client, client_with, failing, insert, row, until};

/// Runs a worker until it has claimed this number of messages, then stops it.
async fn stop_after(worker: Worker, claims: u32) -> Result<Report> {
    let claimed = Arc::new(Semaphore::new(0));
    let count = Arc::clone(&claimed);
    let worker = worker.on_event(move |_, event| {
        if let Event::Claimed { .. } = event {
            count.add_permits(1);
        }
    });
    let stop = async move { drop(claimed.acquire_many(claims).await) };
    Ok(worker.run_until(stop).await?)
}

#[tokio::test]
async fn a_graceful_stop_waits_for_what_is_being_sent_and_claims_nothing_more() -> Result {
    let sandbox = failing(FaultRule::delay(Duration::from_millis(300))).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 20).await?;
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .in_flight(4);
    let report = stop_after(worker, 4).await?;
    let counts = report.counts();
    assert_eq!(
        (counts.claimed, counts.accepted, counts.abandoned),
        (4, 4, 0)
    );
    assert_eq!(report.accounts["acme"].stopped, StopReason::Shutdown);
    let standing = outbox.standing("acme").await?;
    assert_eq!(
        (
            standing.count(State::Queued),
            standing.count(State::Accepted)
        ),
        (16, 4)
    );
    assert_eq!(standing.workers, 0);
    audit(&outbox, &sandbox).await
}

#[tokio::test]
async fn what_takes_longer_than_the_grace_is_unknown_when_its_lease_is_over() -> Result {
    let sandbox = failing(FaultRule::hang(Stage::Received)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 2).await?;
    let worker = Worker::new(outbox.clone())
        .account("acme", client_with(&sandbox, Duration::from_millis(800))?)
        .lease(Duration::from_secs(1))
        .in_flight(1)
        .grace(Duration::ZERO);
    let report = stop_after(worker, 1).await?;
    assert_eq!((report.counts().claimed, report.counts().abandoned), (1, 1));
    until(async || Ok(outbox.list(Filter::unknown()).await?.len() == 1)).await?;
    assert_eq!(row(&outbox, 1).await?.code.as_deref(), Some("lease_over"));
    assert_eq!(row(&outbox, 2).await?.state, State::Queued);
    audit(&outbox, &sandbox).await
}

/// A worker that is dropped while it sends two messages.
async fn dropped(outbox: &Outbox, sandbox: &Sandbox) -> Result {
    insert(outbox, 5).await?;
    let worker = Worker::new(outbox.clone())
        .account("acme", client(sandbox)?)
        .in_flight(2);
    let run = worker.run();
    tokio::select! {
        report = run => return Err(format!("{report:?}").into()),
        received = sandbox.wait_for(2, LONG) => drop(received?),
    }
    Ok(())
}

#[tokio::test]
async fn what_a_dropped_worker_was_sending_is_unknown_at_once_when_nobody_has_the_file_open()
-> Result {
    let sandbox = failing(FaultRule::hang(Stage::Received)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    dropped(&outbox, &sandbox).await?;
    assert_eq!(outbox.standing("acme").await?.count(State::Sending), 2);
    outbox.close().await?;
    let outbox = place.open().await?;
    let standing = outbox.standing("acme").await?;
    assert_eq!(
        (
            standing.count(State::Unknown),
            standing.count(State::Queued)
        ),
        (2, 3)
    );
    audit(&outbox, &sandbox).await?;
    // The next worker sends the rest, and nothing again.
    sandbox.set_faults(Vec::new())?;
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .stop_when_settled();
    assert_eq!(worker.run().await?.counts().accepted, 3);
    let accepted = sandbox
        .received()
        .into_iter()
        .filter(|it| it.verdict == Verdict::Accepted);
    assert_eq!(accepted.count(), 5);
    audit(&outbox, &sandbox).await
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_at_once_sends_nothing() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 5).await?;
    let worker = Worker::new(outbox.clone()).account("acme", client(&sandbox)?);
    let report = worker.run_until(std::future::ready(())).await?;
    // It may have begun before it learned of that.
    let counts = report.counts();
    assert_eq!(counts.claimed, counts.accepted);
    audit(&outbox, &sandbox).await
}
