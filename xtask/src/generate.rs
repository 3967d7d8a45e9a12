//! The committed files that are made from `openapi/acquire.yaml`.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use similar::TextDiff;

use crate::bundle::bundle;
use crate::client::client;
use crate::codegen_edits::EDITS;
use crate::documented::documented;
use crate::mock::mock;

/// How many lines of a file's difference are printed.
const DIFF_LINES: usize = 60;

/// Writes those files that changed, and tells which.
///
/// # Errors
/// If a file can't be made or written.
pub fn write(root: &Path) -> Result<Vec<&'static str>> {
    let mut changed = Vec::new();
    for (path, text) in outputs(root)? {
        if on_disk(root, path)? != text {
            let file = root.join(path);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(file, text).context(path)?;
            changed.push(path);
        }
    }
    Ok(changed)
}

/// Writes nothing. Tells how the files on disk differ from what they should be, empty if they don't.
///
/// # Errors
/// If a file can't be made or read.
pub fn check(root: &Path) -> Result<String> {
    let mut report = String::new();
    for (path, text) in outputs(root)? {
        report += &difference(path, &on_disk(root, path)?, &text)?;
    }
    Ok(report)
}

fn outputs(root: &Path) -> Result<[(&'static str, String); 5]> {
    let bundled = bundle(&root.join("openapi"))?;
    let client = client(&bundled, &EDITS)?;
    let mock = mock(&bundled, &EDITS)?;
    let documented = documented(&bundled)?;
    Ok([
        ("openapi/acquire.json", bundled.clone()),
        // A published crate holds nothing from outside its folder.
        ("crates/acquire-io-api/src/acquire.json", bundled),
        ("crates/acquire-io-api/src/generated.rs", client),
        ("crates/acquire-io-mock/src/generated.rs", mock),
        (
            "crates/acquire-io-mock/src/generated_answers.rs",
            documented,
        ),
    ])
}

/// The text of a file, empty if there is none.
fn on_disk(root: &Path, path: &str) -> Result<String> {
    match fs::read_to_string(root.join(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        outcome => outcome.with_context(|| path.to_owned()),
    }
}

fn difference(path: &str, old: &str, new: &str) -> Result<String> {
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
        writeln!(report, "... and {} lines more", lines - DIFF_LINES)?;
    }
    writeln!(report, "{path} is out of date: run `cargo xtask generate`")?;
    Ok(report)
}
