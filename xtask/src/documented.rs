//! The documented answers as constants, so that a crate that is published alone has them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use serde_norway::Value;

use crate::client::HEADER;

/// One answer.
struct Answer {
    /// As the document calls it, such as `sendSms.response.2021-04-02` or `BadRequest`.
    name: String,
    constant: String,
    about: String,
    /// The Rust type of the body.
    rust: String,
    status: String,
    body: String,
}

/// Generates the constants from the bundled document: a module for each operation, and one for the errors,
/// which the operations share.
///
/// # Errors
/// If an answer has no example, no status or no named schema, or two errors have one name.
pub fn documented(bundled: &str) -> Result<String> {
    // Not a `serde_json::Value`: it would sort the keys.
    let document: Value = serde_json::from_str(bundled)?;
    let mut modules: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
    let mut errors: BTreeMap<String, Answer> = BTreeMap::new();
    for path in mapping(&document["paths"]).map(|(_, path)| path) {
        for operation in mapping(path).map(|(_, operation)| operation) {
            let id = text(&operation["operationId"])?;
            for (status, response) in mapping(&operation["responses"]) {
                let status = text(status)?;
                let found = answers(&document, status, response)
                    .with_context(|| format!("{id}: {status}"))?;
                for answer in found {
                    if response.get("$ref").is_none() {
                        modules.entry(snake(id)).or_default().push(answer);
                    } else if let Some(other) = errors.get(&answer.name) {
                        ensure!(
                            other.status == answer.status,
                            "{} has two statuses",
                            answer.name
                        );
                    } else {
                        errors.insert(answer.name.clone(), answer);
                    }
                }
            }
        }
    }
    let mut errors: Vec<_> = errors.into_values().collect();
    errors.sort_by(|a, b| a.status.cmp(&b.status));
    modules.insert("error".to_owned(), errors);

    let mut code = HEADER.trim_end().to_owned() + "\n";
    for (module, answers) in &modules {
        write_module(&mut code, module, answers)?;
    }
    Ok(code)
}

/// The answers with one status. The response is either written in the operation, with named examples, or a
/// component with one example.
fn answers(document: &Value, status: &str, response: &Value) -> Result<Vec<Answer>> {
    let component = response["$ref"].as_str();
    let response = resolve(document, response)?;
    let content = &response["content"]["application/json"];
    let schema = content["schema"]["$ref"]
        .as_str()
        .context("its schema has no name")?;
    let answer = |name: &str, about: String, body: &Value| {
        let label = name.rsplit('.').next().unwrap_or_default();
        Ok(Answer {
            name: name.to_owned(),
            constant: constant(label),
            about,
            rust: last_step(schema).to_owned(),
            status: status.to_owned(),
            body: serde_json::to_string_pretty(body)?,
        })
    };
    if let Some(component) = component {
        let body = content.get("example").context("it has no example")?;
        let about = text(&response["description"])?.to_owned();
        return Ok(vec![answer(last_step(component), about, body)?]);
    }
    let found: Result<Vec<_>> = mapping(&content["examples"])
        .map(|(_, example)| {
            let name = example["$ref"]
                .as_str()
                .context("an example is not a component")?;
            let example = resolve(document, example)?;
            let (summary, description) =
                (text(&example["summary"])?, text(&example["description"])?);
            answer(
                last_step(name),
                format!("{summary}.\n\n{description}"),
                &example["value"],
            )
        })
        .collect();
    ensure!(
        !matches!(&found, Ok(found) if found.is_empty()),
        "it has no example"
    );
    found
}

fn write_module(code: &mut String, module: &str, answers: &[Answer]) -> Result<()> {
    let Some(first) = answers.first() else {
        return Ok(());
    };
    ensure!(
        answers.iter().all(|answer| answer.rust == first.rust),
        "{module}: two types of answer"
    );
    let rust = &first.rust;
    match module {
        "error" => writeln!(
            code,
            "\n/// The errors that every operation may answer with."
        )?,
        _ => writeln!(
            code,
            "\n/// The answers that accept a message of `{module}`."
        )?,
    }
    writeln!(
        code,
        "pub mod {module} {{\n    use crate::Documented;\n    use acquire_io_api::types::{rust};\n"
    )?;
    writeln!(
        code,
        "    /// All of them.\n    pub const ALL: [Documented<{rust}>; {}] = [",
        answers.len()
    )?;
    for answer in answers {
        writeln!(code, "        {},", answer.constant)?;
    }
    writeln!(code, "    ];")?;
    for answer in answers {
        let Answer {
            name,
            constant,
            status,
            body,
            about,
            ..
        } = answer;
        let hashes = "#".repeat(hashes(body));
        writeln!(code)?;
        for line in about.trim_end().lines() {
            writeln!(code, "{}", format!("    /// {line}").trim_end())?;
        }
        writeln!(
            code,
            "    pub const {constant}: Documented<{rust}> = Documented::new("
        )?;
        writeln!(
            code,
            "        {name:?},\n        {status},\n        r{hashes}\"{body}\"{hashes},\n    );"
        )?;
    }
    writeln!(code, "}}")?;
    Ok(())
}

/// How many `#` a raw string of the text needs.
fn hashes(text: &str) -> usize {
    (1..)
        .find(|count| !text.contains(&format!("\"{}", "#".repeat(*count))))
        .unwrap_or(1)
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> Result<&'a Value> {
    let Some(target) = value["$ref"].as_str() else {
        return Ok(value);
    };
    let mut found = document;
    for step in target.trim_start_matches("#/").split('/') {
        found = found
            .get(step)
            .with_context(|| format!("{target} leads nowhere"))?;
    }
    Ok(found)
}

fn mapping(value: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    value.as_mapping().into_iter().flatten()
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().context("not a string")
}

fn last_step(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// `sendSms` as `send_sms`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// `newest` as `NEWEST`, `BadRequest` as `BAD_REQUEST`, `2021-04-02` as `DATED_2021_04_02`.
fn constant(label: &str) -> String {
    let name = snake(label).to_ascii_uppercase().replace('-', "_");
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("DATED_{name}")
    } else {
        name
    }
}
