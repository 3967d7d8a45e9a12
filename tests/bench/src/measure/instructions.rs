//! Counts instructions, by running this program under valgrind.

use std::process::Command;

use anyhow::{Context as _, bail};

/// The instructions that one more round of a work costs, over so many rounds.
///
/// # Errors
/// When valgrind is missing, or the work fails.
pub fn per_round(work: &[&str], rounds: u64) -> anyhow::Result<f64> {
    let few = total(work, rounds)?;
    let many = total(work, 3 * rounds)?;
    Ok((many - few) as f64 / (2 * rounds) as f64)
}

fn total(work: &[&str], rounds: u64) -> anyhow::Result<i64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(work)
        .arg(rounds.to_string())
        .output()
        .context("valgrind can't be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{work:?} failed under valgrind: {said}");
    }
    let count = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))
        .context("valgrind tells no count")?;
    Ok(count.1.trim().parse()?)
}
