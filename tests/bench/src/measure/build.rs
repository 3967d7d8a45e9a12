//! The programs that are measured, and what building them costs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// A program that sends one message: with `acquire-io`, or by hand with reqwest and serde.
pub const OURS: &str = "acquire-io-bench-ours";
/// See [`OURS`].
pub const PLAIN: &str = "acquire-io-bench-plain";

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A program that was built with this one, or this one.
///
/// # Errors
/// When this program's own path can't be told.
pub fn beside(program: &str) -> anyhow::Result<PathBuf> {
    // The path by which it was started: a build may have put another file there since.
    let started = std::env::args_os().next().map(PathBuf::from);
    Ok(started
        .context("started without a path")?
        .with_file_name(program))
}

/// This program.
pub const ITSELF: &str = env!("CARGO_PKG_NAME");

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(root()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{program} {arguments:?} failed: {said}"
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Builds the programs that are measured.
///
/// # Errors
/// When one doesn't build.
pub fn programs() -> anyhow::Result<()> {
    run(
        env!("CARGO"),
        &[
            "build",
            "--release",
            "-p",
            "acquire-io-bench",
            "-p",
            "acquire-io-cli",
        ],
    )?;
    one_message()
}

/// Builds the programs that send one message.
///
/// # Errors
/// When one doesn't build.
pub fn one_message() -> anyhow::Result<()> {
    // Apart, so that no other package's features get into them.
    for program in [OURS, PLAIN] {
        run(env!("CARGO"), &["build", "--release", "-p", program])?;
    }
    Ok(())
}

/// Makes the Rust client of openapi-generator, and builds a program that decodes with its types.
///
/// # Errors
/// When it can't be made: it needs Python with venv, and Java.
pub fn peer() -> anyhow::Result<PathBuf> {
    run("tests/languages/python-tools", &[])?;
    run("tests/languages/rust-client", &[])?;
    let manifest = "tests/bench/peer/Cargo.toml";
    let build = [
        "build",
        "--release",
        "--locked",
        "--target-dir",
        "target",
        "--manifest-path",
        manifest,
    ];
    run(env!("CARGO"), &build)?;
    beside("acquire-io-bench-peer")
}

/// Times decoding.
///
/// # Errors
/// When it fails.
pub fn criterion() -> anyhow::Result<()> {
    run(env!("CARGO"), &["bench", "-p", "acquire-io-bench"]).map(drop)
}

/// The crates that a program is made of, itself left out.
///
/// # Errors
/// When cargo fails.
pub fn crates(program: &str) -> anyhow::Result<BTreeSet<String>> {
    let tree = [
        "tree",
        "-p",
        program,
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let tree = run(env!("CARGO"), &tree)?;
    let name = |line: &str| line.split(' ').next().map(str::to_owned);
    Ok(tree
        .lines()
        .filter_map(name)
        .filter(|name| name != program)
        .collect())
}

/// The size of a program, in bytes.
///
/// # Errors
/// When it wasn't built.
pub fn size(program: &str) -> anyhow::Result<f64> {
    let file = beside(program)?;
    let size = std::fs::metadata(&file).with_context(|| format!("{}", file.display()))?;
    Ok(size.len() as f64)
}

/// The seconds of processor time that a clean build takes, with debug information and without optimisation.
///
/// # Errors
/// When it doesn't build.
pub fn processor_seconds(program: &str) -> anyhow::Result<f64> {
    let folder = root().join("target/bench-build");
    let _ = std::fs::remove_dir_all(&folder);
    let target = folder.to_str().context("the project's path is no text")?;
    let before = children_seconds()?;
    run(
        env!("CARGO"),
        &["build", "-p", program, "--target-dir", target],
    )?;
    let seconds = children_seconds()? - before;
    std::fs::remove_dir_all(&folder)?;
    Ok(seconds)
}

/// The processor time of all processes that this one started and that have ended.
fn children_seconds() -> anyhow::Result<f64> {
    /// What the kernel counts in, whatever its own clock.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat
        .rsplit_once(')')
        .context("no name in /proc/self/stat")?
        .1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: f64 = fields[13].parse::<f64>()? + fields[14].parse::<f64>()?;
    Ok(ticks / TICKS_PER_SECOND)
}
