//! What fails, and what becomes of it.

use std::time::Duration;

use acquire_io::Client;
use acquire_io_outbox::{Event, Filter, State, StopReason, Worker};
use acquire_io_sandbox::{Answer, FaultRule, Sandbox};
use acquire_io_tests::Result;
use acquire_io_tests::fault::reserved_port;

use crate::support::{
    Place, audit, client, client_with, entry, events, failing, insert, row, wait_for,
};

/// Runs a worker over three messages, of which the server breaks the second, and returns the code of the second.
async fn second_is_unknown(action: &str, limit: Duration) -> Result<Option<String>> {
    let rule = FaultRule::from_json(&format!(r#"{{"action": {action}}}"#))?;
    let sandbox = failing(rule.nth(2)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 3).await?;
    let report = Worker::new(outbox.clone())
        .account("acme", client_with(&sandbox, limit)?)
        .in_flight(1)
        .stop_when_settled()
        .run()
        .await?;
    let counts = report.counts();
    assert_eq!((counts.accepted, counts.unknown, counts.claimed), (2, 1, 3));
    let [row] = <[_; 1]>::try_from(outbox.list(Filter::unknown()).await?).map_err(|_| "not one")?;
    assert_eq!((row.key.as_deref(), row.attempts), (Some("2"), 1));
    audit(&outbox, &sandbox).await?;
    Ok(row.code.or(row.status.map(|status| status.to_string())))
}

#[tokio::test]
async fn what_may_have_been_sent_is_unknown_and_not_sent_again() -> Result {
    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(500);

    for (action, limit, code) in [
        (
            r#"{"type": "answer", "status": 503, "body": "down"}"#,
            LONG,
            "503",
        ),
        // The message was accepted all the same.
        (
            r#"{"type": "answer", "status": 503, "body": "down", "accept": true}"#,
            LONG,
            "503",
        ),
        (
            r#"{"type": "break", "stage": "received", "how": "reset"}"#,
            LONG,
            "connection",
        ),
        (r#"{"type": "hang", "stage": "received"}"#, SHORT, "timeout"),
    ] {
        let found = second_is_unknown(action, limit).await?;
        assert_eq!(found.as_deref(), Some(code), "{action}");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_not_sent_is_sent_when_the_server_is_there() -> Result {
    let (port, address) = reserved_port()?;
    let acquire = Client::builder()
        .base_url(format!("http://{address}"))
        .api_key("sandbox-key")
        .build()?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 2).await?;
    let (tell, mut events) = events();
    let worker = Worker::new(outbox.clone())
        .account("acme", acquire)
        .stop_when_settled();
    let run = tokio::spawn(worker.on_event(tell).run());
    let code = wait_for(&mut events, |event| match event {
        Event::Requeued { code, .. } => code.clone(),
        _ => None,
    });
    assert_eq!(code.await?, "connect");
    drop(port);
    let sandbox = Sandbox::builder().port(address.port()).start().await?;
    let counts = run.await??.counts();
    assert_eq!((counts.accepted, counts.unknown), (2, 0));
    assert!(counts.requeued >= 1, "{counts:?}");
    audit(&outbox, &sandbox).await
}

#[tokio::test]
async fn a_server_that_is_down_pauses_the_account_and_ends_the_run_in_the_end() -> Result {
    // Nobody listens there.
    let (_port, address) = reserved_port()?;
    let acquire = Client::builder()
        .base_url(format!("http://{address}"))
        .api_key("sandbox-key")
        .build()?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 100).await?;
    let (tell, mut events) = events();
    let report = Worker::new(outbox.clone())
        .account("acme", acquire)
        .give_up_after(Duration::from_secs(1))
        .on_event(tell)
        .run()
        .await?;
    let StopReason::GaveUp { paused, .. } = &report.accounts["acme"].stopped else {
        panic!("{report:?}");
    };
    let why = paused.as_deref().unwrap_or_default();
    assert!(
        why.contains(" attempts in a row sent nothing: ") && why.contains("refused"),
        "{why}"
    );
    let until = wait_for(&mut events, |event| match event {
        Event::Paused { until, .. } => *until,
        _ => None,
    });
    until.await?;
    // What was under way when the account was paused, and no more.
    assert_eq!(
        report.counts().claimed,
        u64::from(Worker::DEFAULT_IN_FLIGHT)
    );
    assert_eq!(outbox.standing("acme").await?.count(State::Queued), 100);
    Ok(())
}

#[tokio::test]
async fn a_429_pauses_the_account_as_long_as_the_server_says() -> Result {
    let busy = Answer::new(429).header("retry-after", "600");
    let sandbox = failing(FaultRule::answer(busy).times(1)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 3).await?;
    let (tell, mut events) = events();
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .in_flight(1);
    let run = tokio::spawn(worker.stop_when_settled().on_event(tell).run());
    let until = wait_for(&mut events, |event| match event {
        Event::Paused { until, why, .. } => Some((*until, why.clone())),
        _ => None,
    });
    let (until, why) = until.await?;
    assert_eq!(why, "the server asks to wait (429)");
    let wait = until
        .ok_or("no end")?
        .duration_since(sandbox.received()[0].time)?;
    // The store counts in milliseconds.
    assert!((599..660).contains(&wait.as_secs()), "{wait:?}");
    let standing = outbox.standing("acme").await?;
    assert_eq!((standing.count(State::Queued), standing.workers), (3, 1));
    assert_eq!(sandbox.received().len(), 1);
    // A person knows better.
    outbox.resume("acme", "ann").await?;
    let counts = run.await??.counts();
    assert_eq!((counts.accepted, counts.requeued), (3, 1));
    assert_eq!(row(&outbox, 1).await?.attempts, 2);
    audit(&outbox, &sandbox).await
}

/// Sends ten messages, one at a time, to a server with a fault. Returns why the run stopped, and how many it left.
async fn stopped_by(
    fault: FaultRule,
    limit: impl FnOnce(Worker) -> Worker,
) -> Result<(StopReason, u64)> {
    let sandbox = failing(fault).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 10).await?;
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .in_flight(1);
    let report = limit(worker).run().await?;
    let left = outbox.standing("acme").await?.count(State::Queued);
    audit(&outbox, &sandbox).await?;
    Ok((report.accounts["acme"].stopped.clone(), left))
}

#[tokio::test]
async fn too_many_equal_refusals_end_the_run() -> Result {
    let limit = |worker: Worker| worker.stop_after_refusals(3);
    let (status, in_a_row) = (403, 3);
    let stopped = StopReason::Refused { status, in_a_row };
    let ended = stopped_by(FaultRule::answer(403), limit).await?;
    assert_eq!(ended, (stopped, 7));
    Ok(())
}

#[tokio::test]
async fn too_many_unknown_outcomes_end_the_run() -> Result {
    let limit = |worker: Worker| worker.stop_after_unknown(2);
    let stopped = StopReason::TooManyUnknown { count: 2 };
    let ended = stopped_by(FaultRule::answer(500), limit).await?;
    assert_eq!(ended, (stopped, 8));
    Ok(())
}

#[tokio::test]
async fn a_strict_lane_behind_an_unknown_outcome_waits_for_a_person() -> Result {
    let sandbox = failing(FaultRule::answer(500).times(1)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    outbox
        .insert("acme", [entry(28, "first").strict(), entry(28, "second")])
        .await?;
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .stop_when_settled();
    let report = worker.run().await?;
    assert_eq!(
        report.accounts["acme"].stopped,
        StopReason::Blocked { queued: 1 }
    );
    assert_eq!(row(&outbox, "second").await?.state, State::Queued);
    audit(&outbox, &sandbox).await
}
