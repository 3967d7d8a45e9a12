//! The API reference as one page, and a Postman collection. Tools of other ecosystems make them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::run;

/// Makes both from `openapi/acquire.json`, in `target/reference`, and tells where they are.
///
/// # Errors
/// If npm is missing, or a tool fails.
pub fn docs(root: &Path) -> Result<[PathBuf; 2]> {
    run(&mut Command::new(root.join("tests/document/tools")))?;
    let tools = root.join("target/document-tools/node_modules/.bin");
    let document = root.join("openapi/acquire.json");
    let folder = root.join("target/reference");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;

    let page = folder.join("index.html");
    run(Command::new(tools.join("redocly"))
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .arg("build-docs")
        .arg(&document)
        // Else the page loads its script from the network.
        .arg("--inlineBundle")
        .arg("--template")
        .arg(root.join("xtask/src/reference.hbs"))
        .arg("--output")
        .arg(&page))?;
    let html = fs::read_to_string(&page)?;
    ensure!(html.contains(LOGO), "the page has no {LOGO}");
    fs::write(&page, html.replace(LOGO, INLINE_LOGO))?;

    let collection = folder.join("acquire.postman_collection.json");
    run(Command::new(tools.join("openapi2postmanv2"))
        .arg("--spec")
        .arg(&document)
        .arg("--output")
        .arg(&collection)
        .args(["--pretty", "--options", COLLECTION_OPTIONS]))?;
    Ok([page, collection])
}

/// What the page would load from the network, and what stands in its place.
const LOGO: &str = "https://cdn.redoc.ly/redoc/logo-mini-full.svg";
const INLINE_LOGO: &str = "data:image/svg+xml,%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 width=%2748%27 \
     height=%2714%27%3E%3Ctext y=%2711%27 font-size=%2711%27 font-family=%27sans-serif%27%3ERedocly%3C/text%3E%3C/svg%3E";

/// The documented bodies, and no parameter but what is switched on by hand.
const COLLECTION_OPTIONS: &str = "folderStrategy=Tags,parametersResolution=Example,\
     includeDeprecated=false,enableOptionalParameters=false";
