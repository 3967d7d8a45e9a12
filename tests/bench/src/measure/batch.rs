//! What the journal of `acquire batch` costs.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::build;
use crate::server::Server;

const TURNS: usize = 7;

/// How many messages per second `acquire batch` sends with a journal for one without, so many at a time, to a server
/// that takes so long for each: the median over turns.
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
            r#"{{"key":"{key}","channel":"chat","case":2069,"text":"Hey added from the api"}}"#
        )?;
    }
    let file = folder.join("rows.ndjson");
    std::fs::write(&file, rows)?;
    let journal = folder.join("journal");

    let mut ratios = Vec::new();
    for _ in 0..TURNS {
        let without = seconds(&file, None, at_a_time, server.address)?;
        let _ = std::fs::remove_file(&journal);
        let with = seconds(&file, Some(&journal), at_a_time, server.address)?;
        ratios.push(without / with);
    }
    std::fs::remove_dir_all(&folder)?;
    ratios.sort_by(f64::total_cmp);
    Ok(ratios[TURNS / 2])
}

fn seconds(
    rows: &Path,
    journal: Option<&Path>,
    at_a_time: usize,
    server: SocketAddr,
) -> anyhow::Result<f64> {
    let mut command = Command::new(build::beside("acquire")?);
    command
        .args(["batch", "--quiet", "--concurrency", &at_a_time.to_string()])
        .env("ACQUIRE_BASE_URL", format!("http://{server}"))
        .env("ACQUIRE_API_KEY", "sandbox-key")
        .stdout(Stdio::null());
    if let Some(journal) = journal {
        command.arg("--journal").arg(journal);
    }
    let start = Instant::now();
    let output = command.arg(rows).stderr(Stdio::piped()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "acquire batch: {said}");
    Ok(start.elapsed().as_secs_f64())
}
