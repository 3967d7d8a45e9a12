//! What tasks share: writing the committed files or comparing them with those on disk, and running other programs.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use similar::TextDiff;

/// How many lines of a file's difference are printed.
const DIFF_LINES: usize = 60;

/// Writes the files that changed, each a path and a text. Returns the paths of those written.
pub(crate) fn write(root: &Path, files: &[(&'static str, String)]) -> Result<Vec<&'static str>> {
    let mut changed = Vec::new();
    for (path, text) in files {
        if on_disk(root, path)? != *text {
            let file = root.join(path);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(file, text).context(*path)?;
            changed.push(*path);
        }
    }
    Ok(changed)
}

/// How the files on disk differ from these: empty if they don't. `fix` is the command that writes them.
pub(crate) fn check(root: &Path, files: &[(&str, String)], fix: &str) -> Result<String> {
    let mut report = String::new();
    for (path, text) in files {
        report += &difference(path, &on_disk(root, path)?, text, fix)?;
    }
    Ok(report)
}

/// The text of a file: empty if there is none.
fn on_disk(root: &Path, path: &str) -> Result<String> {
    match fs::read_to_string(root.join(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        outcome => outcome.with_context(|| path.to_owned()),
    }
}

fn difference(path: &str, old: &str, new: &str, fix: &str) -> Result<String> {
    let mut report = String::new();
    if old == new {
        return Ok(report);
    }
    let diff = TextDiff::from_lines(old, new)
        .unified_diff()
        .header(path, path)
        .to_string();
    let lines = diff.lines().count();
    for line in diff.lines().take(DIFF_LINES) {
        writeln!(report, "{line}")?;
    }
    if lines > DIFF_LINES {
        writeln!(report, "... and {} more lines", lines - DIFF_LINES)?;
    }
    writeln!(report, "{path} is out of date: run `{fix}`")?;
    Ok(report)
}

/// Runs a command. Its output is shown only if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| program.clone())?;
    ensure!(
        output.status.success(),
        "{program}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
