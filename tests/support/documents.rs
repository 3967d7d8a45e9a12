//! The OpenAPI document, and the documented bodies in `openapi/examples`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Result;

fn openapi_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi")
}

/// The bundled document.
///
/// # Errors
/// When it can't be read.
pub fn openapi() -> Result<Value> {
    let text = fs::read_to_string(openapi_folder().join("acquire.json"))?;
    Ok(serde_json::from_str(&text)?)
}

/// The names of the documented requests, such as `sendSms.request.newest`, sorted.
///
/// # Errors
/// When the folder can't be read or has none.
pub fn requests() -> Result<Vec<String>> {
    names(".request.")
}

/// The names of the documented answers, such as `sendSms.response.2021-04-02`, sorted.
///
/// # Errors
/// When the folder can't be read or has none.
pub fn responses() -> Result<Vec<String>> {
    names(".response.")
}

fn names(kind: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(openapi_folder().join("examples"))? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let name = file
            .strip_suffix(".json")
            .ok_or_else(|| format!("{file} is not JSON"))?;
        if name.contains(kind) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return Err(format!("openapi/examples has no {kind}").into());
    }
    names.sort();
    Ok(names)
}

/// A documented body, byte for byte.
///
/// # Errors
/// When it can't be read.
pub fn text(name: &str) -> Result<String> {
    let path = openapi_folder()
        .join("examples")
        .join(format!("{name}.json"));
    fs::read_to_string(path).map_err(|error| format!("{name}: {error}").into())
}

/// A documented body as JSON.
///
/// # Errors
/// When it can't be read.
pub fn json(name: &str) -> Result<Value> {
    Ok(serde_json::from_str(&text(name)?)?)
}
