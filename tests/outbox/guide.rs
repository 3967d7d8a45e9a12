//! What the guide to PostgreSQL shows, run as it is shown, and what the promise says of the settings.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_outbox::{Outbox, State, Worker};
use acquire_io_sandbox::Sandbox;
use acquire_io_test_postgres::Server;
use acquire_io_tests::Result;

use crate::support::{client, entry, until};

const GUIDE: &str = include_str!("../../crates/acquire-io-outbox/docs/database.md");

/// The blocks of a language, in their order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("\n```{language}\n");
    let blocks = GUIDE.split(fence.as_str()).skip(1);
    blocks
        .filter_map(|rest| Some(rest.split_once("\n```")?.0))
        .collect()
}

/// A database `shop`, with the roles of the guide.
async fn shop() -> Result<Option<Arc<Server>>> {
    let Some(server) = Server::start() else {
        return Ok(None);
    };
    server.psql("postgres", "CREATE DATABASE shop")?;
    let roles =
        "CREATE ROLE shop LOGIN; CREATE ROLE sender LOGIN; CREATE TABLE orders (number serial);
        GRANT INSERT ON orders TO shop; GRANT USAGE ON SEQUENCE orders_number_seq TO shop";
    server.psql("shop", roles)?;
    Outbox::postgres_options(&server.address("shop"))?
        .migrate()
        .await?;
    Ok(Some(server))
}

#[tokio::test]
async fn what_the_guide_shows_in_sql_and_python_inserts_and_a_worker_with_its_rights_sends_it()
-> Result {
    let Some(server) = shop().await? else {
        return Ok(());
    };
    let [grants, insert] = blocks("sql")[..] else {
        return Err("not two blocks of SQL".into());
    };
    let [python] = blocks("python")[..] else {
        return Err("not one block of Python".into());
    };
    server.psql("shop", grants)?;
    assert_eq!(server.psql_as("shop", "shop", insert)?, "1");
    let mut keys = vec!["order-18"];

    // The system's Python has the packages of the system, another one on the path may not.
    let has_psycopg = |python: &&str| {
        let output = Command::new(python).args(["-c", "import psycopg"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    match ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(has_psycopg)
    {
        Some(program) => {
            let mut run = Command::new(program);
            run.args(["-c", python]).env("PGHOST", server.folder());
            let output = run.output()?;
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            assert_eq!(server.psql("shop", "SELECT count(*) FROM orders")?, "1");
            keys.push("order-17");
        }
        None => {
            let may_miss = std::env::var_os("OUTBOX_TEST_PROGRAMS").is_none();
            assert!(may_miss, "there is no psycopg for python3");
        }
    }

    let sandbox = Sandbox::start().await?;
    let outbox = Outbox::postgres(&server.address_of("sender", "shop")).await?;
    let worker = Worker::new(outbox.clone()).account("acme", client(&sandbox)?);
    worker.stop_when_settled().run().await?;
    for key in keys {
        let row = outbox.get("acme", key).await?.ok_or(key)?;
        assert_eq!(row.state, State::Accepted, "{key}");
    }
    Ok(())
}

/// Whatever the default of the database is.
#[tokio::test]
async fn nothing_is_sent_before_the_standby_has_the_claim() -> Result {
    let Some(server) = shop().await? else {
        return Ok(());
    };
    let sandbox = Sandbox::start().await?;
    let address = server.address("shop");
    Outbox::postgres(&address)
        .await?
        .insert("acme", [entry(28, "order-17")])
        .await?;
    server.psql("shop", "ALTER DATABASE shop SET synchronous_commit = off")?;
    let standby = [
        "wal_level=replica",
        "max_wal_senders=2",
        "synchronous_standby_names=nobody",
    ];
    server.stop();
    server.start_again(&standby);
    let outbox = Outbox::postgres(&address).await?;
    let client = client(&sandbox)?;
    let worker = || {
        let worker = Worker::new(outbox.clone()).account("acme", client.clone());
        worker.stop_when_settled()
    };
    let running = tokio::spawn(worker().run());
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    until(async || Ok(server.psql("shop", waiting)? != "0")).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_ne!(server.psql("shop", waiting)?, "0");
    assert!(sandbox.received().is_empty());

    // Without a standby to wait for it goes on. A worker that had only begun to start has failed.
    server.kill();
    server.start_again(&[]);
    drop(running.await?);
    worker().run().await?;
    assert_eq!(sandbox.received().len(), 1);
    Ok(())
}
