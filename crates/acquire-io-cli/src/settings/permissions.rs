//! Warnings about files that other users can read or change.

use std::path::{Path, PathBuf};

use acquire_io_sandbox::cli::inert;

use super::layers::{Layers, Source};
use super::setting::Setting;

/// A warning for each file or folder that other users can read or change. None except on Unix.
pub(crate) fn warnings(layers: &Layers) -> Vec<String> {
    let key = key_file(layers);
    let mut warnings = Vec::new();
    if let Some(file) = &key
        && file.is_file()
        && others_can(file, READ)
    {
        let path = inert::path(file);
        warnings.push(format!(
            "warning: {path} holds the API key, and others can read it: chmod 600 {path}"
        ));
    }
    let config = layers.file.iter().filter(|(_, exists)| *exists);
    let mut files: Vec<PathBuf> = config.map(|(file, _)| file.clone()).collect();
    files.extend(key);
    let certificates = layers.value(Setting::RootCertificates);
    files.extend(certificates.map(|value| value.path()));
    let mut changeable: Vec<_> = files.iter().flat_map(|file| with_folders(file)).collect();
    changeable.sort();
    changeable.dedup();
    for place in changeable.iter().filter(|place| others_can(place, WRITE)) {
        let path = inert::path(place);
        warnings.push(format!(
            "warning: others can change {path}, and with it the account, the key or the trusted certificates: chmod go-w {path}"
        ));
    }
    warnings
}

fn key_file(layers: &Layers) -> Option<PathBuf> {
    if let Some(file) = layers.value(Setting::ApiKeyFile) {
        return Some(file.path()).filter(|file| file != Path::new("-"));
    }
    match layers.value(Setting::ApiKey)?.source {
        Source::Profile { file, .. } => Some(file),
        _ => None,
    }
}

/// The file and its folder, and those of the link's target.
fn with_folders(file: &Path) -> Vec<PathBuf> {
    // A pipe or a device is in a folder of the system.
    if !file.is_file() {
        return Vec::new();
    }
    let target = file.canonicalize().ok();
    let files = target.into_iter().chain([file.to_owned()]);
    let places = files.flat_map(|file| {
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        [file, folder]
    });
    let places = places.filter_map(|place| place.canonicalize().ok());
    places.collect()
}

const READ: u32 = 0o044;
const WRITE: u32 = 0o022;

/// Whether a mode gives others these permissions. In a folder with the sticky bit they can't replace a file.
#[cfg(unix)]
fn others_can(place: &Path, bits: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    place.metadata().is_ok_and(|found| {
        let mode = found.permissions().mode();
        let sticky = found.is_dir() && mode & 0o1000 != 0;
        (found.is_file() || found.is_dir()) && !sticky && mode & bits != 0
    })
}

#[cfg(not(unix))]
fn others_can(_: &Path, _: u32) -> bool {
    false
}
