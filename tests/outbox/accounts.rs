//! Several accounts of one worker.

use acquire_io::Client;
use acquire_io_outbox::{Event, State, StopReason, Worker};
use acquire_io_sandbox::Sandbox;
use acquire_io_tests::Result;

use crate::support::{Place, Running, client, entry, events, rows, until, wait_for};

#[tokio::test]
async fn a_401_stops_its_account_and_the_others_go_on() -> Result {
    let (acme, other) = (Sandbox::start().await?, Sandbox::start().await?);
    let wrong = Client::builder()
        .base_url(acme.base_url())
        .api_key("wrong")
        .build()?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    for account in ["acme", "other"] {
        outbox
            .insert(account, (0..3).map(|key| entry(28, key)))
            .await?;
    }
    let (tell, mut events) = events();
    let worker = Worker::new(outbox.clone())
        .account("acme", wrong)
        .account("other", client(&other)?)
        .on_event(tell);
    let running = Running::new(worker);
    let reason = wait_for(&mut events, |event| match event {
        Event::Stopped { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(reason.await?, StopReason::Unauthorized);
    outbox.insert("other", [entry(28, "after")]).await?;
    other.wait_for(4, crate::support::LONG).await?;
    // Only the account that goes on is served.
    until(async || Ok(outbox.standing("acme").await?.workers == 0)).await?;
    assert_eq!(outbox.standing("other").await?.workers, 1);
    let report = running.end().await?;
    assert_eq!(report.accounts["acme"].stopped, StopReason::Unauthorized);
    assert_eq!(report.accounts["other"].stopped, StopReason::Shutdown);
    assert_eq!(report.accounts["other"].counts.accepted, 4);
    assert_eq!(outbox.standing("other").await?.workers, 0);
    let queued = rows(&outbox)
        .await?
        .into_iter()
        .filter(|row| row.account == "acme");
    assert!(
        queued
            .map(|row| row.state)
            .all(|state| state == State::Queued)
    );

    // With another key, nothing is lost.
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&acme)?)
        .stop_when_settled();
    assert_eq!(worker.run().await?.counts().accepted, 3);
    Ok(())
}

#[tokio::test]
async fn an_account_is_not_sent_to_another_host() -> Result {
    let (one, other) = (Sandbox::start().await?, Sandbox::start().await?);
    let place = Place::new()?;
    let outbox = place.open().await?;
    let run = |acquire| {
        Worker::new(outbox.clone())
            .account("acme", acquire)
            .stop_when_settled()
            .run()
    };
    run(client(&one)?).await?;
    outbox.insert("acme", [entry(28, "one")]).await?;
    let error = run(client(&other)?).await.unwrap_err();
    assert!(error.is_other_target(), "{error}");
    assert!(other.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn wrong_settings_are_refused_before_anything_is_claimed() -> Result {
    use std::time::Duration;

    let sandbox = Sandbox::start().await?;
    let acquire = client(&sandbox)?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    outbox.insert("acme", [entry(28, "one")]).await?;
    let worker = || Worker::new(outbox.clone()).account("acme", acquire.clone());
    for (worker, problem) in [
        (Worker::new(outbox.clone()), "a worker needs an account"),
        (
            worker().account("acme", acquire.clone()),
            "account `acme` is given twice",
        ),
        (
            worker().account("", acquire.clone()),
            "an account's name is empty",
        ),
        (
            worker().in_flight(0),
            "a worker that sends no message at a time sends none",
        ),
        (
            worker().lease(Duration::from_secs(24)),
            "a lease of 24s is too short for account `acme`",
        ),
        (
            worker().lease(Duration::MAX),
            "a worker's lease lasts from 1 second to 24 hours",
        ),
    ] {
        let error = worker.run().await.unwrap_err().to_string();
        assert!(error.starts_with(problem), "{error}");
    }
    assert!(sandbox.received().is_empty());
    Ok(())
}
