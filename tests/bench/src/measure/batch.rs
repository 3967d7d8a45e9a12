//! What `acquire batch` costs beside plain concurrent sends.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use acquire_io::Channel;
use anyhow::ensure;

use super::build;
use super::throughput::peak_mib_of;
use crate::calls::Way;
use crate::server::Server;

const TURNS: usize = 7;

/// How many messages per second `acquire batch` sends for one of a program that sends them concurrently and keeps nothing,
/// with a number of them under way, to a server of a latency: the median over turns. The time of the command has all of
/// it: starting, checking the rows, filling its outbox.
///
/// # Errors
/// When a message isn't accepted.
pub async fn ratio(at_a_time: usize, messages: usize, latency: Duration) -> anyhow::Result<f64> {
    let server = Server::spawn_with_latency(latency)?;
    let folder = Folder::with_rows(messages)?;
    let mut ratios = Vec::new();
    for _ in 0..TURNS {
        let start = Instant::now();
        Way::Ours
            .send(Channel::Chat, server.address, messages, at_a_time)
            .await?;
        let plain = start.elapsed().as_secs_f64();
        let batch = folder.send(at_a_time, server.address)?;
        ratios.push(plain / batch.seconds);
    }
    ratios.sort_by(f64::total_cmp);
    Ok(ratios[TURNS / 2])
}

/// The most memory that `acquire batch` has for a number of rows, in MiB.
///
/// # Errors
/// When a message isn't accepted.
pub fn peak_mib(rows: usize) -> anyhow::Result<f64> {
    let server = Server::spawn(0)?;
    let folder = Folder::with_rows(rows)?;
    Ok(folder.send(8, server.address)?.peak_mib)
}

/// A folder with a file of rows, on the disk of the project: a file system in memory has nothing to wait for.
struct Folder(PathBuf);

struct Run {
    seconds: f64,
    peak_mib: f64,
}

impl Folder {
    fn with_rows(count: usize) -> anyhow::Result<Self> {
        let folder = build::root().join("target/bench-batch");
        std::fs::create_dir_all(&folder)?;
        let mut rows = String::new();
        for key in 0..count {
            writeln!(
                rows,
                r#"{{"key":"{key}","channel":"chat","case":2069,"lane":false,"text":"Hey added from the api"}}"#
            )?;
        }
        std::fs::write(folder.join("rows.ndjson"), rows)?;
        Ok(Self(folder))
    }

    /// Sends the rows, with a new outbox.
    fn send(&self, at_a_time: usize, server: SocketAddr) -> anyhow::Result<Run> {
        let outbox = self.0.join("rows.ndjson.outbox");
        let _ = std::fs::remove_file(&outbox);
        run(&self.0.join("rows.ndjson"), at_a_time, server)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(rows: &Path, at_a_time: usize, server: SocketAddr) -> anyhow::Result<Run> {
    let start = Instant::now();
    let mut child = Command::new(build::beside("acquire")?)
        .args(["batch", "--quiet", "--yes", "--concurrency"])
        .arg(at_a_time.to_string())
        .arg(rows)
        .env("ACQUIRE_BASE_URL", format!("http://{server}"))
        .env("ACQUIRE_API_KEY", "sandbox-key")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let mut peak_mib = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        // Once it has ended it has no memory.
        peak_mib = peak_mib_of(&child.id().to_string()).unwrap_or(peak_mib);
        std::thread::sleep(Duration::from_millis(5));
    };
    ensure!(status.success(), "acquire batch: {status}");
    Ok(Run {
        seconds: start.elapsed().as_secs_f64(),
        peak_mib,
    })
}
