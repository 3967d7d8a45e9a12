//! `openapi/acquire.yaml` with its examples as one self-contained JSON document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, bail, ensure};
use serde_norway::Value;

/// Bundles `acquire.yaml` of the folder `openapi`. Keeps the order of keys.
///
/// # Errors
/// When the document or an example can't be read, an example is outside the folder or unused, a `$ref` has no target, or a
/// number might lose precision.
pub fn bundle(openapi: &Path) -> Result<String> {
    let text = fs::read_to_string(openapi.join("acquire.yaml")).context("openapi/acquire.yaml")?;
    let mut document: Value = serde_norway::from_str(&text).context("openapi/acquire.yaml")?;
    inline_examples(&mut document, openapi)?;
    check(&document, &document, "#")?;
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn inline_examples(document: &mut Value, openapi: &Path) -> Result<()> {
    let mut used = BTreeSet::new();
    let examples = document
        .get_mut("components")
        .and_then(|components| components.get_mut("examples"))
        .and_then(Value::as_mapping_mut);
    for (name, example) in examples.into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        let Some(example) = example.as_mapping_mut() else {
            bail!("example {name} is not an object");
        };
        let Some(path) = example.shift_remove("externalValue") else {
            continue;
        };
        let path = path.as_str().unwrap_or_default();
        let body = read_example(openapi, path)
            .with_context(|| format!("example {name}: openapi/{path}"))?;
        used.insert(path.to_owned());
        example.insert("value".into(), body);
    }
    let folder = openapi.join("examples");
    for entry in fs::read_dir(&folder).context("openapi/examples")? {
        let path = format!("examples/{}", entry?.file_name().to_string_lossy());
        ensure!(
            used.contains(&path),
            "openapi/{path} is not referred to by any example"
        );
    }
    Ok(())
}

fn read_example(openapi: &Path, path: &str) -> Result<Value> {
    ensure!(
        Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_))),
        "the path leads out of openapi/"
    );
    let text = fs::read_to_string(openapi.join(path))?;
    serde_json::from_str(&text).context("not valid JSON")
}

/// Refuses numbers other than 64-bit integers, since they pass through a float, which may change them. Refuses a `$ref`
/// without a target in the document.
fn check(document: &Value, value: &Value, at: &str) -> Result<()> {
    match value {
        Value::Number(number) if number.is_f64() => {
            bail!("{at}: {number} is not a 64-bit integer, so it may lose precision")
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                check(document, item, &format!("{at}/{index}"))?;
            }
        }
        Value::Mapping(members) => {
            for (key, member) in members {
                let key = key.as_str().with_context(|| {
                    format!("{at}: a key that is not a string, quote it: {key:?}")
                })?;
                if let ("$ref", Value::String(target)) = (key, member) {
                    ensure!(
                        has_target(document, target),
                        "{at}: $ref {target} leads nowhere"
                    );
                }
                check(document, member, &format!("{at}/{key}"))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn has_target(document: &Value, target: &str) -> bool {
    target.strip_prefix("#/").is_some_and(|pointer| {
        pointer
            .split('/')
            .try_fold(document, |value, key| {
                value.get(key.replace("~1", "/").replace("~0", "~"))
            })
            .is_some()
    })
}
