//! The project's own tasks: generating the committed files and checking the OpenAPI document.

pub mod api;
pub mod bundle;
pub mod codegen;
pub mod coverage;
pub mod docs;
pub mod generate;
pub mod rust_version;
mod schema;
mod task;

use std::path::{Path, PathBuf};

/// The root of the project.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
