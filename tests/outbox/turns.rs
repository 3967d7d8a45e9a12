//! How often a worker asks its store: never in a loop without a wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use acquire_io_outbox::{Event, Worker};
use acquire_io_sandbox::{FaultRule, Sandbox, Stage};
use acquire_io_tests::Result;
use tracing::span::{Attributes, Id};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use crate::support::{LONG, Place, client, client_with, entry, events, failing, insert, wait_for};

/// Counts the turns of the workers of this thread.
#[derive(Clone, Default)]
struct Turns(Arc<AtomicU64>);

impl Turns {
    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn watch(&self) -> DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()))
    }
}

impl<S: tracing::Subscriber> Layer<S> for Turns {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if attributes.metadata().name() == "acquire.outbox.turn" {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Runs a worker for a second. Returns its turns, and how many polls that was time for.
async fn turns_of(worker: Worker) -> Result<(u64, u64)> {
    let turns = Turns::default();
    let _watch = turns.watch();
    let start = Instant::now();
    worker
        .run_until(tokio::time::sleep(Duration::from_secs(1)))
        .await?;
    let polls = u64::try_from(start.elapsed().as_millis())? / 200;
    Ok((turns.count(), polls))
}

#[tokio::test]
async fn an_idle_worker_polls() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let worker = Worker::new(place.open().await?).account("acme", client(&sandbox)?);
    let (turns, polls) = turns_of(worker).await?;
    assert!(
        (1..=polls + 1).contains(&turns),
        "{turns} turns, {polls} polls"
    );
    Ok(())
}

#[tokio::test]
async fn a_paused_worker_polls() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 100).await?;
    outbox.pause("acme", None, "lunch", "ann").await?;
    let worker = Worker::new(outbox).account("acme", client(&sandbox)?);
    let (turns, polls) = turns_of(worker).await?;
    assert!(
        (1..=polls + 1).contains(&turns),
        "{turns} turns, {polls} polls"
    );
    assert!(sandbox.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_worker_whose_lanes_are_all_busy_polls() -> Result {
    let sandbox = failing(FaultRule::hang(Stage::Received)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    outbox
        .insert("acme", (0..100).map(|key| entry(28, key)))
        .await?;
    let acquire = client_with(&sandbox, Duration::from_secs(20))?;
    let worker = Worker::new(outbox)
        .account("acme", acquire)
        .grace(Duration::ZERO);
    let (turns, polls) = turns_of(worker).await?;
    assert!(
        (1..=polls + 1).contains(&turns),
        "{turns} turns, {polls} polls"
    );
    assert_eq!(sandbox.received().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_worker_without_a_free_slot_waits_for_a_verdict() -> Result {
    let sandbox = failing(FaultRule::delay(Duration::from_millis(700))).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 100).await?;
    let turns = Turns::default();
    let _watch = turns.watch();
    let (tell, mut events) = events();
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .in_flight(1)
        .on_event(tell);
    let settled = async {
        sandbox.wait_for(1, LONG).await?;
        // Nothing of that is a reason for a turn.
        outbox.insert("acme", [entry(28, "more").no_lane()]).await?;
        outbox.wake();
        wait_for(&mut events, |event| {
            matches!(event, Event::Settled { .. }).then_some(())
        })
        .await
    };
    tokio::select! {
        report = worker.run() => panic!("{report:?}"),
        settled = settled => settled?,
    }
    // One that claimed it, and one that settled it.
    assert_eq!(turns.count(), 2);
    Ok(())
}
