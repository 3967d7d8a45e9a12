//! Generates the committed files from `openapi/acquire.yaml`.

use std::path::Path;

use anyhow::Result;

use crate::bundle::bundle;
use crate::codegen::client::client;
use crate::codegen::edits::EDITS;
use crate::codegen::mock::mock;
use crate::task;

/// Writes the files that changed, and returns their paths.
///
/// # Errors
/// When a file can't be made or written.
pub fn write(root: &Path) -> Result<Vec<&'static str>> {
    task::write(root, &outputs(root)?)
}

/// Returns how the files on disk differ from what they should be: empty if they don't. Writes nothing.
///
/// # Errors
/// When a file can't be made or read.
pub fn check(root: &Path) -> Result<String> {
    task::check(root, &outputs(root)?, "cargo xtask generate")
}

fn outputs(root: &Path) -> Result<[(&'static str, String); 4]> {
    let bundled = bundle(&root.join("openapi"))?;
    let client = client(&bundled, &EDITS)?;
    let mock = mock(&bundled, &EDITS)?;
    Ok([
        ("openapi/acquire.json", bundled.clone()),
        // A crate's package can't have files from outside its folder.
        ("crates/acquire-io-api/src/acquire.json", bundled),
        ("crates/acquire-io-api/src/generated.rs", client),
        ("crates/acquire-io-mock/src/generated.rs", mock),
    ])
}
