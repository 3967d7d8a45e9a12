//! The project's own tasks: generating the committed files and checking the OpenAPI document.

pub mod api;
pub mod bundle;
pub mod client;
pub mod codegen_edits;
mod command;
mod committed;
pub mod coverage;
pub mod docs;
pub mod generate;
pub mod mock;
pub mod pages;
mod polish;
pub mod rust_version;
mod schema;
mod split;
mod unstated;

use std::path::{Path, PathBuf};

/// The root of the project.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
