//! What sending through an outbox costs.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use acquire_io_outbox::Outbox;
use anyhow::{Context as _, bail, ensure};
use tokio::sync::mpsc;

use super::turns::Turns;
use super::{build, instructions};
use crate::outbox::{client, send, send_without};
use crate::server::{self, Server};
use crate::store::{Place, Rows, Store, insert};

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How fast a worker is beside sends without an outbox.
#[derive(Clone, Copy, Debug)]
pub struct Throughput {
    /// Messages per second, for one that is sent without an outbox.
    pub ratio: f64,
    /// The most that the ratio could be if a store did nothing but commit.
    pub bound: f64,
}

/// How fast a worker is, this many messages at a time, with a server that takes so long for each: the medians over turns.
///
/// # Errors
/// When a message isn't accepted.
pub async fn throughput(
    store: &Store,
    at_a_time: u32,
    messages: u32,
    latency: Duration,
) -> anyhow::Result<Throughput> {
    const TURNS: usize = 9;

    let server = Server::spawn_with_latency(latency)?;
    let place = store.outbox(Rows::NONE).await?;
    let outbox = place.open().await?;
    let (mut ratios, mut bounds) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        insert(&outbox, messages).await?;
        let commit = place.commit().await?;
        let start = Instant::now();
        send_without(client(server.address)?, messages, at_a_time as usize).await?;
        let without = start.elapsed();
        let start = Instant::now();
        send(&outbox, client(server.address)?, messages.into(), at_a_time).await?;
        ratios.push(without.as_secs_f64() / start.elapsed().as_secs_f64());
        bounds.push(bound(at_a_time, without / messages, commit));
    }
    outbox.close().await?;
    Ok(Throughput {
        ratio: median(ratios),
        bound: median(bounds),
    })
}

/// Each message waits for the commit of its claim, and its place for the commit of its verdict, which can be that of the next
/// claim. `each` is the time for each message without an outbox. Either all are sent between two commits, or one half is
/// sent during the commit of the other.
fn bound(at_a_time: u32, each: Duration, commit: Duration) -> f64 {
    let (all, commit) = (
        each.as_secs_f64() * f64::from(at_a_time),
        commit.as_secs_f64(),
    );
    let (in_turn, in_halves) = (all / (all + commit), all / 2.0 / commit);
    in_turn.max(in_halves).min(1.0)
}

/// What a worker's turns with its store cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From the worker's question to the store's answer, milliseconds, the median.
    pub turn_ms: f64,
    /// How many messages a turn claims.
    pub messages_a_turn: f64,
    /// The time in turns for each message, microseconds.
    pub turns_us: f64,
    /// The time that the store computes for each message, microseconds.
    pub computing_us: f64,
    /// Messages per second, sent to a server that answers at once.
    pub per_second: f64,
}

impl Cost {
    /// Of one round.
    pub fn new(sent: u64, turns: &[Duration], elapsed: Duration, computed: Duration) -> Self {
        let sent = sent as f64;
        let all: Duration = turns.iter().sum();
        Self {
            turns_us: all.as_secs_f64() * 1e6 / sent,
            messages_a_turn: sent / turns.len() as f64,
            turn_ms: median(turns.iter().map(|turn| turn.as_secs_f64() * 1e3).collect()),
            computing_us: computed.as_secs_f64() * 1e6 / sent,
            per_second: sent / elapsed.as_secs_f64(),
        }
    }

    /// Of several rounds.
    pub fn median(costs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(costs.iter().map(figure).collect());
        Self {
            turns_us: of(|cost| cost.turns_us),
            turn_ms: of(|cost| cost.turn_ms),
            messages_a_turn: of(|cost| cost.messages_a_turn),
            computing_us: of(|cost| cost.computing_us),
            per_second: of(|cost| cost.per_second),
        }
    }
}

/// How often each has its turn.
pub const ROUNDS: usize = 9;

/// How many messages one round sends.
pub fn messages(at_a_time: u32) -> u32 {
    100 * at_a_time.min(16)
}

/// The costs of one round.
///
/// # Errors
/// When a message isn't accepted.
pub async fn cost(
    place: &Place,
    outbox: &Outbox,
    server: SocketAddr,
    at_a_time: u32,
    turns: &Turns,
) -> anyhow::Result<Cost> {
    let messages = messages(at_a_time);
    insert(outbox, messages).await?;
    let client = client(server)?;
    turns.take();
    let (start, computed) = (Instant::now(), place.computing()?);
    let sent = send(outbox, client, messages.into(), at_a_time).await?;
    let elapsed = start.elapsed();
    let computed = place.computing()?.saturating_sub(computed);
    Ok(Cost::new(sent, &turns.take(), elapsed, computed))
}

/// The costs with these outboxes, side by side. Their messages go to a server, always the same one.
///
/// # Errors
/// When a message isn't accepted.
pub async fn costs<const N: usize>(
    outboxes: [(&Place, &Outbox); N],
    server: SocketAddr,
    at_a_time: u32,
    turns: &Turns,
) -> anyhow::Result<[Cost; N]> {
    let mut costs = [(); N].map(|()| Vec::new());
    for _ in 0..ROUNDS {
        for ((place, outbox), costs) in outboxes.into_iter().zip(&mut costs) {
            let cost = cost(place, outbox, server, at_a_time, turns).await?;
            costs.push(cost);
        }
    }
    Ok(costs.map(|costs| Cost::median(&costs)))
}

/// Who inserts a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserts {
    /// The process of the worker, which is woken.
    SameProcess,
    /// Another one: the worker looks now and then.
    AnotherProcess,
}

/// Milliseconds from a call that inserts a message until the server has read it, with an idle worker: the median.
///
/// # Errors
/// When a message isn't sent.
pub async fn insert_to_wire(store: &Store, inserts: Inserts) -> anyhow::Result<f64> {
    const MESSAGES: usize = 41;
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let server = server::observed(move || {
        let _ = arrived.send(Instant::now());
    });
    let server = server.map_err(anyhow::Error::from_boxed)?;
    let place = store.outbox(Rows::NONE).await?;
    let outbox = place.open().await?;
    let inserting = match inserts {
        Inserts::SameProcess => outbox.clone(),
        // Has no other way to the worker than the store, as in another process.
        Inserts::AnotherProcess => place.open().await?,
    };
    let work = async {
        let mut times = Vec::new();
        for number in 0..MESSAGES {
            // The worker looks every 200 ms after a message: insert at all times between two looks.
            let between = 200 + number * 200 / MESSAGES;
            tokio::time::sleep(Duration::from_millis(between as u64)).await;
            let start = Instant::now();
            insert(&inserting, 1).await?;
            let arrival = arrivals.recv().await.context("no request")?;
            times.push(arrival.duration_since(start).as_secs_f64() * 1000.0);
        }
        anyhow::Ok(median(times))
    };
    let client = client(server.address())?;
    let worker = send(&outbox, client, MESSAGES as u64, 16);
    let (median, sent) = tokio::join!(work, worker);
    sent?;
    inserting.close().await?;
    if inserts == Inserts::AnotherProcess {
        outbox.close().await?;
    }
    median
}

/// The most memory, in MiB, of a process that sends this many messages that are queued in an outbox.
///
/// # Errors
/// When a message isn't accepted.
pub async fn peak_mib(messages: u32) -> anyhow::Result<f64> {
    let server = Server::spawn(0)?;
    let rows = Rows {
        settled: 0,
        queued: messages,
    };
    let (_place, path) = file(rows).await?;
    let output = Command::new(build::beside(build::ITSELF)?)
        .args(["worker", &path, &server.address.to_string(), "64"])
        .arg(messages.to_string())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the worker: {said}");
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// The instructions of a message, one at a time: through an outbox with these rows, or without one.
///
/// # Errors
/// As [`instructions::per_round`].
pub async fn instructions(rows: Option<Rows>) -> anyhow::Result<f64> {
    let server = Server::spawn(0)?;
    let address = server.address.to_string();
    let itself = build::beside(build::ITSELF)?;
    let Some(rows) = rows else {
        return instructions::per_round(&itself, &["without-worker", &address, "1"]);
    };
    let (_place, path) = file(rows).await?;
    instructions::per_round(&itself, &["worker", &path, &address, "1"])
}

/// An outbox in a file, for another process.
async fn file(rows: Rows) -> anyhow::Result<(Place, String)> {
    let place = Store::Sqlite.outbox(rows).await?;
    let Place::File(folder) = &place else {
        bail!("not in a file");
    };
    let path = folder.path();
    let path = path.to_str().context("the project's path is no text")?;
    Ok((place, path.to_owned()))
}
