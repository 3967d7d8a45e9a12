//! The API reference as one HTML page that works offline, by Swagger UI, and a Postman collection, by a tool for Node.js.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use crate::task::run;

/// Makes both from `openapi/acquire.json`, in `target/reference`, and returns their paths.
///
/// # Errors
/// When npm is missing, or a tool fails.
pub fn docs(root: &Path) -> Result<[PathBuf; 2]> {
    let tools = root.join("target/document-tools");
    run(Command::new(root.join("tests/install-npm"))
        .arg(root.join("tests/document"))
        .arg(&tools))?;
    let tools = tools.join("node_modules/.bin");
    let document = root.join("openapi/acquire.json");
    let folder = root.join("target/reference");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;

    let page = folder.join("index.html");
    let text = fs::read_to_string(&document).with_context(|| document.display().to_string())?;
    fs::write(&page, reference(&text)?)?;

    let collection = folder.join("acquire.postman_collection.json");
    run(Command::new(tools.join("openapi2postmanv2"))
        .arg("--spec")
        .arg(&document)
        .arg("--output")
        .arg(&collection)
        .args(["--pretty", "--options", COLLECTION_OPTIONS]))?;
    Ok([page, collection])
}

/// Swagger UI and the document in one page, which needs neither a server nor the network.
fn reference(document: &str) -> Result<String> {
    // `</script` in a text would end the element.
    let within_script = |text: &str| text.replace("</script", "<\\/script");
    let page = include_str!("reference.html")
        .replace("{{style}}", &swagger_ui("swagger-ui.css")?)
        .replace(
            "{{script}}",
            &within_script(&swagger_ui("swagger-ui-bundle.js")?),
        );
    Ok(page.replace("{{document}}", &within_script(document)))
}

fn swagger_ui(name: &str) -> Result<String> {
    let file = utoipa_swagger_ui::serve(name, Arc::default())
        .map_err(|error| anyhow!("{name}: {error}"))?
        .with_context(|| format!("Swagger UI has no {name}"))?;
    String::from_utf8(file.bytes.into_owned()).with_context(|| name.to_owned())
}

/// The documented bodies. Optional parameters are switched off.
const COLLECTION_OPTIONS: &str = "folderStrategy=Tags,parametersResolution=Example,\
     includeDeprecated=false,enableOptionalParameters=false";
