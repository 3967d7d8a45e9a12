//! What the disk costs `acquire batch`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::build;
use crate::server::Server;

const TURNS: usize = 7;

/// How many messages per second `acquire batch` sends with its outbox on the disk for one in memory, with a number of them
/// under way, to a server of a latency: the median over turns.
///
/// # Errors
/// When a message isn't accepted.
pub fn ratio(at_a_time: usize, messages: usize, latency: Duration) -> anyhow::Result<f64> {
    let server = Server::spawn_with_latency(latency)?;
    // On the disk of the project: a file system in memory has nothing to wait for.
    let folder = build::root().join("target/bench-batch");
    std::fs::create_dir_all(&folder)?;
    let mut rows = String::new();
    for key in 0..messages {
        writeln!(
            rows,
            r#"{{"key":"{key}","channel":"chat","case":2069,"lane":false,"text":"Hey added from the api"}}"#
        )?;
    }
    let file = folder.join("rows.ndjson");
    std::fs::write(&file, rows)?;
    let (disk, memory) = (
        folder.join("outbox"),
        Path::new("/dev/shm/acquire-bench.outbox"),
    );

    let mut ratios = Vec::new();
    for _ in 0..TURNS {
        let [in_memory, on_disk] = [memory, &disk].map(|outbox| {
            let seconds = seconds(&file, outbox, at_a_time, server.address);
            let _ = std::fs::remove_file(outbox);
            seconds
        });
        ratios.push(in_memory? / on_disk?);
    }
    std::fs::remove_dir_all(&folder)?;
    ratios.sort_by(f64::total_cmp);
    Ok(ratios[TURNS / 2])
}

fn seconds(
    rows: &Path,
    outbox: &Path,
    at_a_time: usize,
    server: SocketAddr,
) -> anyhow::Result<f64> {
    let mut command = Command::new(build::beside("acquire")?);
    command
        .args([
            "batch",
            "--quiet",
            "--yes",
            "--concurrency",
            &at_a_time.to_string(),
        ])
        .arg("--outbox")
        .arg(outbox)
        .env("ACQUIRE_BASE_URL", format!("http://{server}"))
        .env("ACQUIRE_API_KEY", "sandbox-key")
        .stdout(Stdio::null());
    let start = Instant::now();
    let output = command.arg(rows).stderr(Stdio::piped()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "acquire batch: {said}");
    Ok(start.elapsed().as_secs_f64())
}
