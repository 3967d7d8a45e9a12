//! A database that takes no writes for a while: a worker waits, says why, and goes on.

use std::sync::Arc;
use std::time::Duration;

use acquire_io_outbox::{Event, Outbox, State, Worker};
use acquire_io_sandbox::{FaultRule, Sandbox};
use acquire_io_test_postgres::Server;
use acquire_io_tests::Result;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::support::{
    LONG, Place, Running, all_accepted, audit, client, connect, entry, events, failing, insert,
    wait_for,
};
use crate::tools;

/// A worker, and what it says.
struct Scene {
    place: Place,
    outbox: Outbox,
    sandbox: Sandbox,
    events: mpsc::UnboundedReceiver<(String, Event)>,
    worker: Running,
}

impl Scene {
    async fn new(place: Place) -> Result<Self> {
        let sandbox = failing(FaultRule::delay(Duration::from_millis(50))).await?;
        let (tell, events) = events();
        let outbox = Outbox::postgres(&place.database()?.address()).await?;
        let worker = Worker::new(outbox)
            .account("acme", client(&sandbox)?)
            .in_flight(4)
            .on_event(tell);
        Ok(Self {
            outbox: place.open().await?,
            place,
            sandbox,
            events,
            worker: Running::new(worker),
        })
    }

    /// Waits until the worker reports a failure of the store which says this.
    async fn fails_with(&mut self, part: &str) -> Result {
        let mut said = Vec::new();
        let failed = wait_for(&mut self.events, |event| match event {
            Event::StoreFailed { error, .. } => {
                said.push(error.clone());
                error.contains(part).then_some(())
            }
            _ => None,
        });
        let failed = failed.await;
        failed.map_err(|error| format!("{error}: it says {said:?}").into())
    }

    /// Nothing is sent now.
    async fn sends_nothing(&self) -> Result {
        // What it had claimed before.
        sleep(Duration::from_millis(200)).await;
        let before = self.sandbox.received().len();
        sleep(Duration::from_millis(600)).await;
        assert_eq!(self.sandbox.received().len(), before);
        Ok(())
    }

    /// The worker goes on without anyone's help, and each message has arrived once.
    async fn check(mut self, messages: usize) -> Result {
        let recovered = |event: &Event| matches!(event, Event::StoreRecovered).then_some(());
        wait_for(&mut self.events, recovered).await?;
        all_accepted(&self.outbox, messages).await?;
        self.worker.end().await?;
        assert_eq!(self.sandbox.received().len(), messages);
        audit(&self.outbox, &self.sandbox).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_waits_while_the_databases_disk_is_full() -> Result {
    const MESSAGES: usize = 400;

    let Some(server) = Server::start() else {
        return Ok(());
    };
    let place = Place::in_database(&server).await?;
    let Some(disk) = place.database()?.on_a_small_disk(64) else {
        tools::skipped("the right to mount a small disk");
        return Ok(());
    };
    let mut scene = Scene::new(place).await?;
    // Each change of a row takes space.
    let entries = (1..=MESSAGES).map(|key| entry(28, key).no_lane().source("s".repeat(500)));
    scene.outbox.insert("acme", entries).await?;
    scene.sandbox.wait_for(20, LONG).await?;
    disk.fill();
    scene
        .fails_with("the database's disk is full; free some space")
        .await?;
    // Some turns still find a free place in a page.
    audit(&scene.outbox, &scene.sandbox).await?;
    let more = (1..=MESSAGES).map(|key| entry(28, format!("more-{key}")));
    let refused = scene.outbox.insert("acme", more).await.unwrap_err();
    assert!(refused.to_string().contains("disk is full"), "{refused}");
    disk.free();
    scene.check(MESSAGES).await
}

/// Some services set this when a disk is almost full, or before a switch to another server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_waits_while_the_database_is_set_to_read_only() -> Result {
    let Some(server) = Server::start() else {
        return Ok(());
    };
    let place = Place::in_database(&server).await?;
    let set = |value: &str| {
        let sql = format!("ALTER SYSTEM SET default_transaction_read_only = {value}");
        server.psql("postgres", &sql)?;
        server.psql("postgres", "SELECT pg_reload_conf()")
    };
    let mut scene = Scene::new(place).await?;
    insert(&scene.outbox, 200).await?;
    scene.sandbox.wait_for(20, LONG).await?;
    set("on")?;
    // First on the connection that it has, then on a new one.
    scene.fails_with("the database is read-only").await?;
    assert!(scene.sandbox.received().len() < 200, "it went on");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'acquire outbox'";
    connect(scene.place.database()?)
        .await?
        .execute(end, &[])
        .await?;
    scene.fails_with("the database is read-only").await?;
    scene.fails_with("the database is read-only").await?;
    scene.sends_nothing().await?;
    // What is there can be read.
    let row = scene.outbox.get("acme", "1").await?;
    assert_eq!(row.map(|row| row.state), Some(State::Accepted));
    set("off")?;
    scene.check(200).await
}

/// A server that became a standby, and the primary again: another timeline, so that a person releases the outbox.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_waits_while_its_server_is_a_standby() -> Result {
    const SETTINGS: [&str; 2] = ["wal_level=replica", "hot_standby=on"];

    let Some(server) = Server::start() else {
        return Ok(());
    };
    let again = |server: &Arc<Server>| {
        tokio::task::block_in_place(|| {
            server.stop();
            server.start_again(&SETTINGS);
        });
    };
    again(&server);
    let place = Place::in_database(&server).await?;
    let mut scene = Scene::new(place).await?;
    insert(&scene.outbox, 200).await?;
    scene.sandbox.wait_for(20, LONG).await?;
    server.write("data/standby.signal", "");
    again(&server);
    scene
        .fails_with("the database is read-only, perhaps a standby")
        .await?;
    scene.sends_nothing().await?;
    server.psql("postgres", "SELECT pg_promote()")?;
    let held = wait_for(&mut scene.events, |event| match event {
        Event::Paused { why, .. } => Some(why.clone()),
        _ => None,
    });
    let held = held.await?;
    assert!(held.starts_with("the database failed over"), "{held}");
    scene.sends_nothing().await?;
    let outbox = scene.place.open().await?;
    outbox.release("ann").await?;
    scene.outbox = outbox;
    all_accepted(&scene.outbox, 200).await?;
    scene.worker.end().await?;
    assert_eq!(scene.sandbox.received().len(), 200);
    audit(&scene.outbox, &scene.sandbox).await
}
