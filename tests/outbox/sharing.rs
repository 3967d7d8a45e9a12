//! Several workers on one outbox.

use std::time::Duration;

use acquire_io_outbox::{Event, Filter, State, Worker};
use acquire_io_sandbox::Sandbox;
use acquire_io_tests::Result;

use crate::support::{Place, audit, client, client_with, entry, insert, rows, until};

#[tokio::test(flavor = "multi_thread")]
async fn workers_of_one_file_send_nothing_twice() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    // Two workers share a handle, the others have one of their own, as processes have.
    let first = place.open().await?;
    let outboxes = [
        first.clone(),
        first.clone(),
        place.open().await?,
        place.open().await?,
    ];
    insert(&first, 300).await?;
    let mut runs = tokio::task::JoinSet::new();
    for outbox in outboxes {
        let worker = Worker::new(outbox)
            .account("acme", client(&sandbox)?)
            .in_flight(4);
        runs.spawn(worker.stop_when_settled().run());
    }
    let mut accepted = 0;
    while let Some(report) = runs.join_next().await {
        let counts = report??.counts();
        assert_eq!(counts.accepted, counts.claimed);
        accepted += counts.accepted;
    }
    assert_eq!(accepted, 300);
    assert_eq!(sandbox.received().len(), 300);
    audit(&first, &sandbox).await
}

/// A worker that was stopped for longer than its lease: of what it had begun to send the verdict still counts, and it
/// begins nothing any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_wakes_after_its_lease_is_over_sends_nothing_and_settles_what_it_sent()
-> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let (outbox, observer) = (place.open().await?, place.open().await?);
    outbox
        .insert("acme", (1..=3).map(|key| entry(28, key).no_lane()))
        .await?;
    let (wake, asleep) = std::sync::mpsc::channel::<()>();
    let asleep = std::sync::Mutex::new(asleep);
    let stop_at_the_third = move |_: &str, event: &Event| {
        let is_third =
            matches!(event, Event::Claimed { key, attempt: 1, .. } if key.as_deref() == Some("3"));
        if is_third && let Ok(asleep) = asleep.lock() {
            // The first is being sent by now; the second waits for this thread. Ends when it is dropped.
            let _ = asleep.recv();
        }
    };
    let worker = Worker::new(outbox.clone())
        .account("acme", client_with(&sandbox, Duration::from_millis(800))?)
        .lease(Duration::from_secs(1))
        .on_event(stop_at_the_third)
        .stop_when_settled();
    let run = tokio::spawn(worker.run());
    // Accepted long before: the worker doesn't learn of it.
    sandbox.wait_for(1, crate::support::LONG).await?;
    // Somebody else finds that the leases are over.
    until(async || Ok(observer.list(Filter::unknown()).await?.len() == 3)).await?;
    for row in rows(&observer).await? {
        assert_eq!(row.code.as_deref(), Some("lease_over"));
    }
    assert_eq!(sandbox.received().len(), 1);
    drop(wake);
    let counts = run.await??.counts();
    assert_eq!((counts.accepted, counts.requeued, counts.late), (3, 2, 0));
    assert!(
        rows(&outbox)
            .await?
            .iter()
            .all(|row| row.state == State::Accepted)
    );
    assert_eq!(sandbox.received().len(), 3);
    audit(&outbox, &sandbox).await
}
