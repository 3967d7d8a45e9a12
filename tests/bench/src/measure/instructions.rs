//! Counts instructions, by running a program under valgrind.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// The instructions that one more round of a program's work costs. The number of rounds is its last argument.
///
/// # Errors
/// When valgrind is missing, or the program fails.
pub fn per_round(program: &Path, work: &[&str]) -> anyhow::Result<f64> {
    const ROUNDS: u32 = 100;
    let few = total(program, work, ROUNDS)?;
    let many = total(program, work, 3 * ROUNDS)?;
    Ok((many - few) / f64::from(2 * ROUNDS))
}

fn total(program: &Path, work: &[&str], rounds: u32) -> anyhow::Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(work)
        .arg(rounds.to_string())
        .output()
        .context("valgrind can't be started: install it")?;
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
