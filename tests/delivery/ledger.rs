//! Thousands of sends under random faults, held against what the server received.
//!
//! The faults are drawn from a seed, which is printed with the counts; set `LEDGER_SEED` to run with another. Which call
//! meets which fault depends on timing, so the counts differ from run to run. What is asserted holds in every run.

mod audit;
mod faults;

use std::env;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client, ContactId, Delivery, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Server, Transport};
use tokio::task::JoinSet;

use audit::{Audit, Call, text};

const TASKS: usize = 64;

fn seed() -> Result<u64> {
    match env::var("LEDGER_SEED") {
        Ok(seed) => Ok(seed.parse()?),
        Err(_) => Ok(20_260_731),
    }
}

/// Short, so that the refusals to connect outlast some calls and not others.
fn with_short_delays(policy: Retry) -> Retry {
    policy
        .attempts(4)
        .delays(Duration::from_millis(1), Duration::from_millis(5))
}

/// Sends messages 1 to `calls`, many at a time. `limits`, in microseconds, are what time limits are drawn from.
async fn send_all(
    client: &Client,
    seed: u64,
    calls: i64,
    limits: Option<Range<u64>>,
) -> Result<Vec<Call>> {
    let next = Arc::new(AtomicI64::new(1));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (client, next) = (client.clone(), Arc::clone(&next));
        let limits = limits.clone();
        tasks.spawn(async move {
            let mut calls_of_task = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > calls {
                    return calls_of_task;
                }
                let chat = Chat::new(CaseId(number)).contact(ContactId(number));
                let mut outgoing = client.send(chat.text(text(seed, number)));
                if let Some(limits) = limits.clone() {
                    outgoing = outgoing.timeout(Duration::from_micros(fastrand::u64(limits)));
                }
                calls_of_task.push(match outgoing.await {
                    Ok(sent) => Call {
                        number,
                        delivery: Delivery::Accepted,
                        status: Some(sent.status().as_u16()),
                        attempts: sent.attempts() as usize,
                        body: sent.body().clone(),
                    },
                    Err(error) => Call {
                        number,
                        delivery: error.delivery(),
                        status: error.status().map(|status| status.as_u16()),
                        attempts: error.attempts() as usize,
                        body: error.body().cloned().unwrap_or_default(),
                    },
                });
            }
        });
    }
    Ok(tasks.join_all().await.into_iter().flatten().collect())
}

async fn run(
    transport: Transport,
    calls: i64,
    retry: Retry,
    limits: Option<Range<u64>>,
) -> Result<Audit> {
    let seed = seed()?;
    let server = Server::start(transport, faults::scripts(transport, seed))?;
    let client = server
        .client()?
        .timeout(Duration::from_secs(1))
        .retry(retry);
    let client = client.build()?;
    let sent = send_all(&client, seed, calls, limits).await?;
    assert_eq!(sent.len() as i64, calls);
    drop(client);
    Ok(Audit::new(seed, &sent, &server.finish().await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_is_wrong_over_http1() -> Result {
    let audit = run(
        Transport::Http1,
        4_000,
        with_short_delays(Retry::not_sent()),
        None,
    )
    .await?;
    println!("HTTP/1.1, {audit}");
    audit.assert_kept();
    // The faults did happen. On a busy machine more calls run out of time.
    assert!(audit.accepted > 20, "{audit}");
    assert!(audit.refused > 3, "{audit}");
    assert!(audit.unknown > 50, "{audit}");
    assert!(audit.not_sent > 0, "{audit}");
    assert!(audit.retried > 20, "{audit}");
    assert!(audit.unknown_not_received > 20, "{audit}");
    assert!(audit.incomplete > 20, "{audit}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_is_wrong_over_http2() -> Result {
    // Two attempts, because a refused stream is all that makes most of them fail as not sent.
    let policy = with_short_delays(Retry::not_sent()).attempts(2);
    let audit = run(Transport::Http2, 4_000, policy, None).await?;
    println!("HTTP/2, {audit}");
    audit.assert_kept();
    assert!(audit.accepted > 20, "{audit}");
    assert!(audit.refused > 3, "{audit}");
    assert!(audit.unknown > 50, "{audit}");
    assert!(audit.not_sent > 0, "{audit}");
    assert!(audit.retried > 20, "{audit}");
    assert!(audit.unknown_not_received > 20, "{audit}");
    Ok(())
}

/// With the one policy that may send twice it does, so the audit can fail.
#[tokio::test(flavor = "multi_thread")]
async fn at_least_once_does_send_twice() -> Result {
    let audit = run(
        Transport::Http1,
        1_000,
        with_short_delays(Retry::at_least_once()),
        None,
    )
    .await?;
    println!("at least once, {audit}");
    assert!(!audit.duplicates.is_empty(), "{audit}");
    // Its verdicts hold all the same: what one attempt may have sent is not taken back by the next.
    assert_eq!(audit.violations, [""; 0], "{audit}");
    Ok(())
}

/// Limits that end while the client connects or sends. The HTTP stack works in other tasks, so it may be about to take a
/// message just when its call runs out of time.
#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_is_wrong_when_time_runs_out() -> Result {
    for (transport, longest) in [
        (Transport::Http1, 24_000),
        (Transport::Http2, 6_000),
        (Transport::Http2, 12_000),
        (Transport::Http2, 24_000),
    ] {
        let audit = run(transport, 4_000, Retry::never(), Some(1..longest)).await?;
        println!("up to {longest} µs, {audit}");
        audit.assert_kept();
        assert!(audit.not_sent > 0, "{audit}");
        assert!(audit.unknown > 0, "{audit}");
    }
    Ok(())
}
