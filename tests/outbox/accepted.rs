//! Everything is accepted, once and in order.

use acquire_io_outbox::{State, StopReason, Worker};
use acquire_io_sandbox::{Answer, FaultRule, Sandbox, Verdict};
use acquire_io_tests::Result;

use crate::support::{
    Place, Running, audit, client, entry, events, failing, insert, rows, text, wait_for,
};

const CASES: [i64; 5] = [9, 28, 1266, 2069, 2219];

#[tokio::test]
async fn everything_is_accepted_once_and_in_the_order_of_its_lane() -> Result {
    // Each refusal pauses the account until it is over, and the message is tried again before those after it.
    let busy = Answer::new(429).header("retry-after", "0");
    let sandbox = failing(FaultRule::answer(busy).every(17).times(4)).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    let entries = (0..200).map(|number| entry(CASES[number % CASES.len()], format!("{number:03}")));
    outbox.insert("acme", entries).await?;
    let report = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .stop_when_settled()
        .run()
        .await?;
    let counts = report.counts();
    assert_eq!(
        (counts.accepted, counts.requeued, counts.claimed),
        (200, 4, 204)
    );
    assert_eq!(report.accounts["acme"].stopped, StopReason::Settled);
    assert!(
        rows(&outbox)
            .await?
            .iter()
            .all(|row| row.state == State::Accepted)
    );
    audit(&outbox, &sandbox).await?;
    for case in CASES {
        let mut arrived = Vec::new();
        for received in sandbox.received() {
            let body: serde_json::Value = serde_json::from_slice(&received.body)?;
            if body["caseId"] == case && received.verdict == Verdict::Accepted {
                arrived.push(text(&received)?);
            }
        }
        assert_eq!(arrived.len(), 40);
        assert!(arrived.is_sorted(), "{arrived:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_serves_what_is_inserted_while_it_runs() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    let (tell, mut events) = events();
    let worker = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .on_event(tell);
    let running = Running::new(worker);
    let another_process = place.open().await?;
    for (outbox, key) in [(&outbox, "here"), (&another_process, "elsewhere")] {
        outbox.insert("acme", [entry(28, key)]).await?;
        let settled = wait_for(&mut events, |event| match event {
            acquire_io_outbox::Event::Settled { key, state, .. } => Some((key.clone(), *state)),
            _ => None,
        });
        assert_eq!(settled.await?, (Some(key.to_owned()), State::Accepted));
    }
    let report = running.end().await?;
    assert_eq!(report.accounts["acme"].stopped, StopReason::Shutdown);
    assert_eq!(report.counts().accepted, 2);
    audit(&outbox, &sandbox).await
}

#[tokio::test]
async fn a_rate_bounds_how_fast_messages_are_sent() -> Result {
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    insert(&outbox, 15).await?;
    let rate = acquire_io_outbox::Rate::per_second(10.0).burst(5);
    outbox.limit("acme", rate, "ann").await?;
    let report = Worker::new(outbox.clone())
        .account("acme", client(&sandbox)?)
        .stop_when_settled()
        .run()
        .await?;
    assert_eq!(report.counts().accepted, 15);
    let received = sandbox.received();
    let took = received[14].time.duration_since(received[0].time)?;
    // The burst, then one each 100 ms. The first ones of it may arrive late.
    assert!(took.as_millis() >= 800, "{took:?}");
    audit(&outbox, &sandbox).await
}
