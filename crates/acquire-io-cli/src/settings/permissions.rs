//! Who can read the key.

use std::path::{Path, PathBuf};

use super::layers::{Layers, Source};
use super::setting::Setting;

/// The file that holds the key, with what to do, if others than its owner can read it.
pub(crate) fn warning(layers: &Layers) -> Option<String> {
    let file = key_file(layers)?;
    let path = file.display();
    is_readable_by_others(&file).then(|| {
        format!("warning: {path} holds the API key, and others can read it: chmod 600 {path}")
    })
}

fn key_file(layers: &Layers) -> Option<PathBuf> {
    if let Some(file) = layers.value(Setting::ApiKeyFile) {
        return Some(file.path());
    }
    match layers.value(Setting::ApiKey)?.source {
        Source::Profile { file, .. } => Some(file),
        _ => None,
    }
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &Path) -> bool {
    false
}
