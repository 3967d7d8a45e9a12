//! Thousands of sends under random faults, held against what the server received.
//!
//! The faults are drawn from a seed, which the counts tell; set `LEDGER_SEED` to run with another. How the
//! draws meet the calls depends on timing, so the counts differ from run to run. What is asserted holds in
//! every run.

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use acquire_io::{CaseId, Client, ContactId, Delivery, Retry};
use acquire_io_tests::random_fault::{Answer, FaultyServer, Ledger, Meaning, Message, Protocol};
use acquire_io_tests::{Result, http_client};
use bytes::Bytes;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::sleep;

const TASKS: usize = 64;

/// What the client told about one call.
struct Call {
    number: i64,
    /// None is accepted.
    failure: Option<Delivery>,
    status: Option<u16>,
    attempts: usize,
    /// Of the answer, as far as the client has it.
    body: Bytes,
}

fn text(seed: u64, call: i64) -> String {
    format!("message {call} of seed {seed}")
}

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

fn client(server: &FaultyServer, protocol: Protocol, retry: Retry) -> Result<Client> {
    let mut builder = Client::builder()
        .base_url(server.base_url())
        .api_key("key")
        .timeout(Duration::from_secs(1))
        .retry(retry);
    if let Protocol::Http2 = protocol {
        builder = builder.http_client(http_client::own().http2_prior_knowledge().build()?);
    }
    Ok(builder.build()?)
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
            let mut told = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > calls {
                    return told;
                }
                let mut outgoing = client
                    .chat(CaseId(number))
                    .contact_id(ContactId(number))
                    .text(text(seed, number));
                if let Some(limits) = limits.clone() {
                    outgoing = outgoing.timeout(Duration::from_micros(fastrand::u64(limits)));
                }
                told.push(match outgoing.send().await {
                    Ok(sent) => Call {
                        number,
                        failure: None,
                        status: Some(sent.status().as_u16()),
                        attempts: sent.attempts() as usize,
                        body: sent.body().clone(),
                    },
                    Err(error) => Call {
                        number,
                        failure: Some(error.delivery()),
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

/// The client's words held against the server's ledger.
#[derive(Default)]
struct Audit {
    seed: u64,
    accepted: usize,
    refused: usize,
    not_sent: usize,
    unknown: usize,
    unknown_not_received: usize,
    retried: usize,
    attempts: usize,
    messages: usize,
    incomplete: usize,
    never_seen: usize,
    duplicates: Vec<i64>,
    violations: Vec<String>,
}

impl Audit {
    fn new(seed: u64, calls: &[Call], ledger: &Ledger) -> Self {
        let mut audit = Self {
            seed,
            ..Self::default()
        };
        let count = |calls: &[i64]| {
            let mut counts = HashMap::<i64, usize>::new();
            for call in calls {
                *counts.entry(*call).or_default() += 1;
            }
            counts
        };
        let (heads, parts) = (count(&ledger.heads), count(&ledger.parts));
        let mut messages = HashMap::<i64, Vec<&Message>>::new();
        for message in &ledger.messages {
            messages.entry(message.call).or_default().push(message);
        }
        for call in calls {
            let of = |counts: &HashMap<i64, usize>| counts.get(&call.number).copied();
            let received = messages.remove(&call.number).unwrap_or_default();
            let parts = of(&parts).unwrap_or_default();
            let heads = of(&heads).unwrap_or_default();
            audit.call(call, &received, parts, heads);
        }
        for call in messages.keys() {
            audit.violation(*call, "arrived without a call");
        }
        if let Some(call) = ledger.heads.iter().find(|call| **call == 0) {
            audit.violation(*call, "follows a redirect");
        }
        audit
    }

    fn call(&mut self, call: &Call, received: &[&Message], parts: usize, heads: usize) {
        let number = call.number;
        match call.failure {
            None => self.accepted += 1,
            Some(Delivery::Refused) => self.refused += 1,
            Some(Delivery::NotSent) => self.not_sent += 1,
            Some(Delivery::Unknown) => self.unknown += 1,
        }
        match call.failure {
            None | Some(Delivery::Refused) if received.is_empty() => {
                self.violation(number, "is answered and was never received");
            }
            // Over HTTP/1.1 and HTTP/2 alike the body was never taken, so not even a part can be there.
            Some(Delivery::NotSent) if !received.is_empty() || parts > 0 => {
                self.violation(number, "is not sent and was received");
            }
            Some(Delivery::Unknown) if received.is_empty() => self.unknown_not_received += 1,
            _ => {}
        }
        if received.len() > 1 {
            self.duplicates.push(number);
        }
        if heads > call.attempts {
            self.violation(number, "made more requests than it tells");
        }
        // The verdict is the one that the server's answer to this very message means.
        let meaning = match call.failure {
            None => Some(Meaning::Accepts),
            Some(Delivery::Refused) => Some(Meaning::Refuses),
            Some(Delivery::Unknown) if call.status.is_some() => Some(Meaning::Nothing),
            Some(_) => None,
        };
        let told = |answer: &Answer| {
            // A 200 that refuses can't be told from one that accepts when its body is cut.
            let cut = call.failure.is_none() && call.body.len() < answer.body.len();
            // The verdict may be that of an attempt before the one with this answer.
            let earlier = call.failure == Some(Delivery::Unknown) && call.attempts > 1;
            Some(answer.status) == call.status
                && answer.body.as_bytes().starts_with(&call.body)
                && (cut || earlier || Some(answer.meaning) == meaning)
        };
        let mut answers = received.iter().filter_map(|message| message.answer);
        if meaning.is_some() && !answers.any(|answer| told(&answer)) {
            self.violation(number, "has another verdict or answer than the server gave");
        }
        for message in received {
            let body: Value = serde_json::from_slice(&message.body).unwrap_or_default();
            if body.pointer("/message/message") != Some(&text(self.seed, number).into()) {
                self.violation(number, "arrived with another text");
            }
        }
        if call.attempts > 1 {
            self.retried += 1;
        }
        self.attempts += call.attempts;
        self.messages += received.len();
        self.incomplete += heads.saturating_sub(received.len());
        self.never_seen += call.attempts.saturating_sub(heads);
    }

    fn violation(&mut self, call: i64, what: &str) {
        self.violations.push(format!("message {call} {what}"));
    }

    /// What must hold under any policy but `at_least_once`.
    fn assert_kept(&self) {
        assert_eq!(self.violations, [""; 0], "{self}");
        assert_eq!(self.duplicates, [0; 0], "{self}");
        // Every request that the client tells of was seen whole, was seen in part, or can't have been seen.
        assert_eq!(
            self.attempts,
            self.messages + self.incomplete + self.never_seen,
            "{self}"
        );
        // Every whole message belongs to a call whose verdict allows for it.
        assert_eq!(
            self.messages,
            self.accepted + self.refused + self.unknown - self.unknown_not_received,
            "{self}"
        );
        // Every other attempt is one that the client calls not sent, or the last of an unknown call.
        let calls = self.accepted + self.refused + self.not_sent + self.unknown;
        let not_sent_attempts = self.attempts - calls + self.not_sent;
        assert_eq!(
            self.incomplete + self.never_seen,
            not_sent_attempts + self.unknown_not_received,
            "{self}"
        );
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(
            f,
            "calls: {} accepted, {} refused, {} not sent, {} unknown; {} tried more than once",
            self.accepted, self.refused, self.not_sent, self.unknown, self.retried
        )?;
        writeln!(
            f,
            "of the unknown, {} ({:.0} %) were in fact not received",
            self.unknown_not_received,
            100.0 * self.unknown_not_received as f64 / self.unknown.max(1) as f64
        )?;
        write!(
            f,
            "requests: {} told by the client; {} received whole, {} in part, {} never seen; {} messages \
             received twice",
            self.attempts,
            self.messages,
            self.incomplete,
            self.never_seen,
            self.duplicates.len()
        )
    }
}

async fn run(
    protocol: Protocol,
    calls: i64,
    retry: Retry,
    limits: Option<Range<u64>>,
) -> Result<Audit> {
    let seed = seed()?;
    let server = FaultyServer::start(protocol, seed).await?;
    let client = client(&server, protocol, retry)?;
    let told = send_all(&client, seed, calls, limits).await?;
    assert_eq!(told.len() as i64, calls);
    drop(client);
    // For what is still on its way.
    sleep(Duration::from_millis(200)).await;
    Ok(Audit::new(seed, &told, &server.ledger()))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_is_wrong_over_http1() -> Result {
    let audit = run(
        Protocol::Http1,
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
    let audit = run(Protocol::Http2, 4_000, policy, None).await?;
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

/// The same run with the one policy that may send twice does: so the audit can fail.
#[tokio::test(flavor = "multi_thread")]
async fn at_least_once_does_send_twice() -> Result {
    let audit = run(
        Protocol::Http1,
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

/// Limits that end in the midst of connecting and sending. The HTTP stack works in tasks of its own, so it may
/// be about to take a message just when its call gives up.
#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_is_wrong_when_time_runs_out() -> Result {
    for (protocol, longest) in [
        (Protocol::Http1, 24_000),
        (Protocol::Http2, 6_000),
        (Protocol::Http2, 12_000),
        (Protocol::Http2, 24_000),
    ] {
        let audit = run(protocol, 4_000, Retry::never(), Some(0..longest)).await?;
        println!("up to {longest} µs, {audit}");
        audit.assert_kept();
        assert!(audit.not_sent > 0, "{audit}");
        assert!(audit.unknown > 0, "{audit}");
    }
    Ok(())
}
