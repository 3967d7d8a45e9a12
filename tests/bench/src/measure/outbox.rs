//! What sending through an outbox costs.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use acquire_io_outbox::Outbox;
use anyhow::{Context as _, ensure};
use tokio::sync::mpsc;

use super::turns::Turns;
use super::{build, instructions};
use crate::outbox::{Folder, Rows, client, insert, send, send_without};
use crate::server::{self, Server};

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How many messages per second a worker sends for one that is sent without an outbox, this many at a time, to a server
/// that takes so long for each: the median over turns.
///
/// # Errors
/// When a message isn't accepted.
pub async fn throughput(at_a_time: u32, messages: u32, latency: Duration) -> anyhow::Result<f64> {
    const TURNS: usize = 9;

    let server = Server::spawn_with_latency(latency)?;
    let folder = Folder::new("throughput")?;
    let outbox = Outbox::sqlite(folder.outbox("outbox", Rows::NONE).await?).await?;
    let mut ratios = Vec::new();
    for _ in 0..TURNS {
        insert(&outbox, messages).await?;
        let start = Instant::now();
        send_without(client(server.address)?, messages, at_a_time as usize).await?;
        let without = start.elapsed();
        let start = Instant::now();
        send(&outbox, client(server.address)?, messages.into(), at_a_time).await?;
        ratios.push(without.as_secs_f64() / start.elapsed().as_secs_f64());
    }
    outbox.close().await?;
    Ok(median(ratios))
}

/// What a worker's turns with its store cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From the worker's question to the store's answer, milliseconds, the median.
    pub turn_ms: f64,
    /// How many messages a turn claims.
    pub messages_a_turn: f64,
    /// The time that the store's thread computes for each message, microseconds.
    pub computing_us: f64,
    /// Messages per second, sent to a server that answers at once.
    pub per_second: f64,
}

/// The costs with these outboxes, side by side. Their messages go to a server, always the same one.
///
/// # Errors
/// When a message isn't accepted.
pub async fn costs<const N: usize>(
    outboxes: [&Outbox; N],
    server: SocketAddr,
    at_a_time: u32,
    turns: &Turns,
) -> anyhow::Result<[Cost; N]> {
    const ROUNDS: usize = 9;
    let messages = 100 * at_a_time.min(16);

    let mut costs = [(); N].map(|()| Vec::new());
    for _ in 0..ROUNDS {
        for (outbox, costs) in outboxes.into_iter().zip(&mut costs) {
            insert(outbox, messages).await?;
            let client = client(server)?;
            turns.take();
            let (start, computed) = (Instant::now(), computing()?);
            let sent = send(outbox, client, messages.into(), at_a_time).await?;
            let (elapsed, computed) = (start.elapsed(), computing()? - computed);
            let (sent, turns) = (sent as f64, turns.take());
            costs.push(Cost {
                messages_a_turn: sent / turns.len() as f64,
                turn_ms: median(turns.iter().map(|turn| turn.as_secs_f64() * 1e3).collect()),
                computing_us: computed.as_secs_f64() * 1e6 / sent,
                per_second: sent / elapsed.as_secs_f64(),
            });
        }
    }
    Ok(costs.map(|costs| {
        let of = |figure: fn(&Cost) -> f64| median(costs.iter().map(figure).collect());
        Cost {
            turn_ms: of(|cost| cost.turn_ms),
            messages_a_turn: of(|cost| cost.messages_a_turn),
            computing_us: of(|cost| cost.computing_us),
            per_second: of(|cost| cost.per_second),
        }
    }))
}

/// How long the threads of the stores of this process have computed.
fn computing() -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        if std::fs::read_to_string(task.join("comm"))?.trim() == "outbox" {
            let stat = std::fs::read_to_string(task.join("schedstat"))?;
            let computed = stat.split(' ').next().context("an empty schedstat")?;
            nanoseconds += computed.parse::<u64>()?;
        }
    }
    Ok(Duration::from_nanos(nanoseconds))
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
pub async fn insert_to_wire(inserts: Inserts) -> anyhow::Result<f64> {
    const MESSAGES: usize = 41;
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let server = server::observed(move || {
        let _ = arrived.send(Instant::now());
    });
    let server = server.map_err(anyhow::Error::from_boxed)?;
    let folder = Folder::new("insert")?;
    let path = folder.outbox("outbox", Rows::NONE).await?;
    let outbox = Outbox::sqlite(&path).await?;
    let inserting = match inserts {
        Inserts::SameProcess => outbox.clone(),
        // Has no other way to the worker than the file, as in another process.
        Inserts::AnotherProcess => Outbox::sqlite(&path).await?,
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
    let folder = Folder::new("memory")?;
    let rows = Rows {
        settled: 0,
        queued: messages,
    };
    let path = folder.outbox("outbox", rows).await?;
    let output = Command::new(build::beside(build::ITSELF)?)
        .args(["worker", text(&path)?, &server.address.to_string(), "64"])
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
    let folder = Folder::new("instructions")?;
    let path = folder.outbox("outbox", rows).await?;
    instructions::per_round(&itself, &["worker", text(&path)?, &address, "1"])
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("the project's path is no text")
}
