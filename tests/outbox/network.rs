//! A network between workers and their database that breaks: whatever is lost, each message is sent once.

use std::time::Duration;

use acquire_io_outbox::{Event, Filter, Outbox, State, Worker};
use acquire_io_sandbox::{FaultRule, Sandbox};
use acquire_io_test_postgres::Server;
use acquire_io_tests::Result;
use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::process::Program;
use crate::proxy::{COMMIT_OF_CLAIM, Fault, Proxy};
use crate::support::{
    LONG, Place, Running, all_accepted, audit, client_with, entry, failing, in_full, insert, until,
};

/// The shortest, so that some of what breaks is longer.
const LEASE: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_millis(800);

/// An outbox behind a proxy, and a server that accepts everything. None: there is no PostgreSQL.
struct Scene {
    place: Place,
    outbox: Outbox,
    proxy: Proxy,
    sandbox: Sandbox,
    inserted: usize,
}

impl Scene {
    async fn new() -> Result<Option<Self>> {
        let Some(server) = Server::shared() else {
            return Ok(None);
        };
        let place = Place::in_database(&server).await?;
        Ok(Some(Self {
            outbox: place.open().await?,
            proxy: Proxy::start(place.database()?).await?,
            sandbox: failing(FaultRule::delay(Duration::from_millis(10))).await?,
            place,
            inserted: 0,
        }))
    }

    /// Adds messages without a lane.
    async fn insert(&mut self, count: usize) -> Result {
        let keys = self.inserted + 1..=self.inserted + count;
        let entries = keys.map(|key| entry(28, key).no_lane());
        self.outbox.insert("acme", entries).await?;
        self.inserted += count;
        Ok(())
    }

    /// A worker through an address.
    async fn worker(&self, address: &str) -> Result<Running> {
        let worker = Worker::new(Outbox::postgres(address).await?)
            .account("acme", client_with(&self.sandbox, TIMEOUT)?)
            .in_flight(2)
            .lease(LEASE);
        Ok(Running::new(worker))
    }

    /// Each message has arrived, once, and each is accepted: no worker was killed, so none is unknown.
    async fn check(self, workers: impl IntoIterator<Item = Running>) -> Result {
        let arrived = || self.sandbox.received().len();
        until(async || {
            assert!(arrived() <= self.inserted, "some were sent twice");
            let standing = self.outbox.standing("acme").await?;
            Ok(standing.count(State::Accepted) == self.inserted as u64)
        })
        .await?;
        for worker in workers {
            worker.end().await?;
        }
        assert_eq!(self.outbox.standing("acme").await?.late_verdicts, 0);
        assert!(self.outbox.list(Filter::unknown()).await?.is_empty());
        assert_eq!(arrived(), self.inserted);
        audit(&self.outbox, &self.sandbox).await
    }
}

/// After a fault a worker waits some seconds before it connects again, so several scenes share the statements.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_breaks_at_any_statement_of_a_turn_costs_nothing() -> Result {
    const SCENES: usize = 8;

    let mut scenes = JoinSet::new();
    for first in 0..SCENES {
        scenes.spawn(breaks_at_statements(first, SCENES));
    }
    for broken in scenes.join_all().await {
        broken?;
    }
    Ok(())
}

/// Breaks the network at the first of a turn's statements, and at each `step`th after it.
async fn breaks_at_statements(first: usize, step: usize) -> Result {
    const MOMENT: Duration = Duration::from_millis(30);

    let Some(mut scene) = Scene::new().await? else {
        return Ok(());
    };
    let worker = scene.worker(&scene.proxy.address()).await?;
    scene.insert(20).await?;
    scene.sandbox.wait_for(20, LONG).await?;
    let mut faults = vec![Fault::Before, Fault::NoAnswer(MOMENT)];
    if in_full() {
        faults.extend([Fault::Within, Fault::PartOfAnswer, Fault::Late(MOMENT)]);
    }
    let statements = scene.proxy.of_turn();
    // Otherwise it proves nothing.
    assert!(statements.len() >= 12, "{statements:#?}");
    for statement in statements.iter().skip(first).step_by(step) {
        for fault in &faults {
            scene.proxy.arm(statement, *fault);
            while scene.proxy.is_armed() {
                if scene.sandbox.received().len() + 8 > scene.inserted {
                    scene.insert(8).await?;
                }
                sleep(MOMENT / 10).await;
            }
        }
    }
    scene.check([worker]).await
}

/// Longer than a lease: what was claimed is unknown meanwhile, and is given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_a_claim_that_is_late_or_lost_sends_nothing_of_it() -> Result {
    const LONGER: Duration = Duration::from_millis(1300);

    for fault in [Fault::Late(LONGER), Fault::NoAnswer(LONGER)] {
        let Some(mut scene) = Scene::new().await? else {
            return Ok(());
        };
        let slow = scene.worker(&scene.proxy.address()).await?;
        scene.insert(1).await?;
        scene.sandbox.wait_for(1, LONG).await?;
        all_accepted(&scene.outbox, 1).await?;
        scene.proxy.arm(COMMIT_OF_CLAIM, fault);
        scene.insert(1).await?;
        until(async || Ok(!scene.proxy.is_armed())).await?;
        let other = scene.worker(&scene.place.database()?.address()).await?;
        if let Fault::NoAnswer(_) = fault {
            until(async || Ok(!scene.outbox.list(Filter::unknown()).await?.is_empty())).await?;
        }
        assert_eq!(scene.sandbox.received().len(), 1, "{fault:?}");
        scene.check([slow, other]).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_behind_a_network_that_breaks_at_random_send_nothing_twice() -> Result {
    let messages = if in_full() { 4000 } else { 400 };
    let Some(mut scene) = Scene::new().await? else {
        return Ok(());
    };
    insert(&scene.outbox, messages).await?;
    scene.inserted = messages;
    let seed = 11;
    scene.proxy.at_random(Some(Rng::with_seed(seed)));
    let program = Program::new(scene.proxy.address().as_ref(), &scene.sandbox.base_url())
        .with("in_flight", 4)
        .with("lease", LEASE.as_millis())
        .with("timeout", TIMEOUT.as_millis());
    let processes = (0..4).map(|_| program.clone().spawn_quiet());
    let processes: Vec<_> = processes.collect::<Result<_>>()?;
    let mut arrived = 0;
    while arrived < messages {
        arrived = (arrived + 100).min(messages);
        scene.sandbox.wait_for(arrived, LONG).await?;
    }
    scene.proxy.at_random(None);
    let happened = scene.proxy.happened();
    println!("seed {seed}: {happened} faults, {messages} messages");
    assert!(happened > messages / 100, "{happened}");
    scene.check([]).await?;
    drop(processes);
    Ok(())
}

/// Nothing ends such a connection but the store's own limit of 30 seconds, which is too long for a short run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_network_goes_silent_goes_on_in_the_end() -> Result {
    if !in_full() {
        return Ok(());
    }
    let Some(mut scene) = Scene::new().await? else {
        return Ok(());
    };
    let (failed, mut failures) = tokio::sync::mpsc::unbounded_channel();
    let outbox = Outbox::postgres(&scene.proxy.address()).await?;
    let worker = Worker::new(outbox)
        .account("acme", client_with(&scene.sandbox, TIMEOUT)?)
        .on_event(move |_, event| {
            if let Event::StoreFailed { error, .. } = event {
                // Nobody may listen any more.
                let _ = failed.send(error.clone());
            }
        });
    let worker = Running::new(worker);
    scene.insert(1).await?;
    scene.sandbox.wait_for(1, LONG).await?;
    all_accepted(&scene.outbox, 1).await?;
    scene.proxy.arm(COMMIT_OF_CLAIM, Fault::Silent);
    scene.insert(1).await?;
    let error = tokio::time::timeout(2 * LONG, failures.recv()).await?;
    assert_eq!(
        error.as_deref(),
        Some("the database doesn't answer in time")
    );
    scene.check([worker]).await
}
