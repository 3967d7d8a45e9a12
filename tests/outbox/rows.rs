//! Rows that another program wrote.

use acquire_io_outbox::{Outbox, State, StopReason, Worker};
use acquire_io_sandbox::Sandbox;
use acquire_io_tests::Result;

use crate::support::{Place, client, entry};

/// Inserts as any program can. The messages share a lane.
fn insert_by_hand(place: &Place, key: &str, message: &str) -> Result {
    let file = rusqlite::Connection::open(place.file())?;
    let sql = "INSERT INTO outbox_message (account, key, message) VALUES ('acme', ?1, ?2)";
    file.execute(sql, [key, message])?;
    Ok(())
}

async fn run(outbox: &Outbox, sandbox: &Sandbox) -> Result<StopReason> {
    let worker = Worker::new(outbox.clone()).account("acme", client(sandbox)?);
    let report = worker.stop_when_settled().run().await?;
    Ok(report.accounts["acme"].stopped.clone())
}

#[tokio::test]
async fn an_invalid_row_ends_as_not_sent_and_blocks_nobody() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert_by_hand(
        &place,
        "first",
        r#"{"channel": "chat", "case": 28, "text": ""}"#,
    )?;
    insert_by_hand(
        &place,
        "second",
        r#"{"channel": "chat", "case": 28, "text": "hi"}"#,
    )?;
    insert_by_hand(&place, "third", "no JSON")?;
    outbox.insert("acme", [entry(28, "fourth")]).await?;
    assert_eq!(run(&outbox, &sandbox).await?, StopReason::Settled);
    for (key, state, code, attempts) in [
        ("first", State::NotSent, Some("input"), 0),
        ("second", State::Accepted, None, 1),
        ("third", State::NotSent, Some("input"), 0),
        ("fourth", State::Accepted, None, 1),
    ] {
        let row = outbox.get("acme", key).await?.ok_or("no row")?;
        assert_eq!(
            (row.state, row.code.as_deref(), row.attempts),
            (state, code, attempts),
            "{key}"
        );
    }
    let first = outbox.get("acme", "first").await?.ok_or("no row")?;
    assert!(first.cause.unwrap_or_default().contains("text"));
    assert_eq!(sandbox.received().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_row_with_a_field_of_a_newer_version_stays_queued() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    let newer = r#"{"channel": "chat", "case": 28, "text": "hi", "sparkle": true}"#;
    insert_by_hand(&place, "newer", newer)?;
    outbox.insert("acme", [entry(9, "other")]).await?;
    assert_eq!(
        run(&outbox, &sandbox).await?,
        StopReason::TooNew { queued: 1 }
    );
    let row = outbox.get("acme", "newer").await?.ok_or("no row")?;
    assert_eq!(row.state, State::Queued);
    assert_eq!(outbox.standing("acme").await?.too_new, 1);
    assert_eq!(sandbox.received().len(), 1);
    Ok(())
}
