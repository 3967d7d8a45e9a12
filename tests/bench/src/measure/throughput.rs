//! Messages per second.

use std::net::SocketAddr;
use std::time::Instant;

use acquire_io::Channel;

use crate::calls::Way;
use crate::server::Server;

/// How often each way has its turn.
const TURNS: usize = 15;

/// How many messages per second one way sends for one of the other, this many at a time: the median over turns.
///
/// # Errors
/// When a message isn't accepted.
pub async fn ratio(ours: Way, theirs: Way, at_a_time: usize) -> anyhow::Result<f64> {
    const MESSAGES: usize = 3000;
    let server = Server::spawn(0)?;
    let mut ratios = Vec::new();
    for turn in 0..TURNS {
        // Neither way is always the one that comes first.
        let (first, second) = if turn % 2 == 0 {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        let first = seconds(first, server.address, at_a_time, MESSAGES).await?;
        let second = seconds(second, server.address, at_a_time, MESSAGES).await?;
        ratios.push(if turn % 2 == 0 {
            second / first
        } else {
            first / second
        });
    }
    ratios.sort_by(f64::total_cmp);
    Ok(ratios[TURNS / 2])
}

/// The cost of a message when N are sent through one client, and the most memory that the process had.
pub struct Sustained {
    /// How many were sent.
    pub messages: usize,
    /// For each.
    pub microseconds: f64,
    /// Of this process.
    pub peak_mib: f64,
}

/// Sends ever more messages, 64 at a time.
///
/// # Errors
/// When a message isn't accepted.
pub async fn sustained(way: Way, counts: &[usize]) -> anyhow::Result<Vec<Sustained>> {
    let server = Server::spawn(0)?;
    seconds(way, server.address, 64, 1000).await?;
    let mut all = Vec::new();
    for &messages in counts {
        let seconds = seconds(way, server.address, 64, messages).await?;
        all.push(Sustained {
            messages,
            microseconds: seconds * 1e6 / messages as f64,
            peak_mib: peak_mib()?,
        });
    }
    Ok(all)
}

async fn seconds(
    way: Way,
    server: SocketAddr,
    at_a_time: usize,
    messages: usize,
) -> anyhow::Result<f64> {
    let start = Instant::now();
    way.send(Channel::Chat, server, messages, at_a_time).await?;
    Ok(start.elapsed().as_secs_f64())
}

/// The most memory that this process had, in MiB.
///
/// # Errors
/// When the system doesn't say.
pub fn peak_mib() -> anyhow::Result<f64> {
    peak_mib_of("self")
}

/// The most memory that a process had, in MiB.
///
/// # Errors
/// When the system doesn't say.
pub fn peak_mib_of(process: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = peak
        .unwrap_or_default()
        .trim()
        .trim_end_matches(" kB")
        .parse()?;
    Ok(kib / 1024.0)
}
