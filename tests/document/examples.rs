//! The document's examples against its schemas.

use std::collections::BTreeSet;

use acquire_io_tests::json_schema::json_schema;
use acquire_io_tests::{Result, documents};
use jsonschema::Validator;
use serde_json::{Value, json};

/// The validator of the schema at a JSON pointer of the document.
fn validator(document: &Value, pointer: &str) -> Result<Validator> {
    let schema = json!({
        "$ref": format!("#{pointer}"),
        "components": json_schema(&document["components"]),
        "paths": json_schema(&document["paths"]),
    });
    Ok(jsonschema::draft202012::new(&schema)?)
}

/// What is wrong with a value, one line for each error.
fn errors(document: &Value, pointer: &str, value: &Value) -> Result<Vec<String>> {
    let validator = validator(document, pointer)?;
    let errors = validator.iter_errors(value);
    Ok(errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect())
}

fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Calls `visit` with each object of the document and its JSON pointer. Examples are passed over: what
/// they hold is not the document's.
fn for_each_object(
    value: &Value,
    pointer: &str,
    visit: &mut dyn FnMut(&str, &Value) -> Result,
) -> Result {
    match value {
        Value::Object(members) => {
            visit(pointer, value)?;
            let parts = members
                .iter()
                .filter(|(key, _)| !["example", "examples"].contains(&key.as_str()));
            for (key, member) in parts {
                for_each_object(member, &format!("{pointer}/{}", step(key)), visit)?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                for_each_object(item, &format!("{pointer}/{index}"), visit)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The named examples of requests and answers: the documented bodies.
#[test]
fn each_documented_body_is_valid() -> Result {
    let document = documents::openapi()?;
    let mut valid = BTreeSet::new();
    for_each_object(&document, "", &mut |pointer, object| {
        let examples = object.get("examples").and_then(Value::as_object);
        for example in examples.into_iter().flat_map(serde_json::Map::values) {
            let Some(target) = example["$ref"]
                .as_str()
                .and_then(|target| target.strip_prefix('#'))
            else {
                continue;
            };
            let body = document.pointer(target).ok_or("leads nowhere")?;
            let found = errors(&document, &format!("{pointer}/schema"), &body["value"])?;
            assert_eq!(found, [""; 0], "{target} at {pointer}");
            valid.extend(target.rsplit('/').next().map(str::to_owned));
        }
        Ok(())
    })?;
    let documented: BTreeSet<_> = documents::requests()?
        .into_iter()
        .chain(documents::responses()?)
        .collect();
    assert_eq!(valid, documented);
    Ok(())
}

/// The inline examples: of error answers, and beside schemas.
#[test]
fn each_inline_example_is_valid() -> Result {
    let document = documents::openapi()?;
    let mut of_bodies = 0;
    let mut of_schemas = 0;
    for_each_object(&document, "", &mut |pointer, object| {
        // A property may be called `example`; it is a schema then.
        if pointer.ends_with("/properties") {
            return Ok(());
        }
        let Some(example) = object.get("example") else {
            return Ok(());
        };
        let schema = if object.get("schema").is_some() {
            of_bodies += 1;
            format!("{pointer}/schema")
        } else {
            of_schemas += 1;
            pointer.to_owned()
        };
        assert_eq!(errors(&document, &schema, example)?, [""; 0], "{pointer}");
        Ok(())
    })?;
    // Eleven error answers and a header; a schema here and there.
    assert_eq!(of_bodies, 12);
    assert!(of_schemas > 100, "{of_schemas}");
    Ok(())
}

/// Values that are no object or list. Of an object each property has one, of a list its items.
#[test]
fn each_value_has_an_example() -> Result {
    let document = documents::openapi()?;
    let schemas = &document["components"]["schemas"];
    let mut lacking = Vec::new();
    for_each_object(schemas, "", &mut |pointer, object| {
        let is_map_of_names = pointer.is_empty() || pointer.ends_with("/properties");
        let is_composed = ["$ref", "properties", "items"]
            .iter()
            .any(|key| object.get(key).is_some());
        let is_item = pointer.ends_with("/items");
        if !(is_map_of_names || is_composed || is_item || object.get("example").is_some()) {
            lacking.push(pointer.to_owned());
        }
        Ok(())
    })?;
    assert_eq!(lacking, [""; 0]);
    Ok(())
}

/// So that the tests above can fail.
#[test]
fn what_is_wrong_is_rejected() -> Result {
    let document = documents::openapi()?;
    let rejected = |component: &str, value: Value| -> Result<bool> {
        Ok(!errors(
            &document,
            &format!("/components/schemas/{component}"),
            &value,
        )?
        .is_empty())
    };
    let message = json!({"type": "message", "message": "hi"});
    let chat = |value| rejected("ChatMessageRequest", value);

    assert!(!chat(json!({"caseId": 1, "message": message}))?);
    assert!(chat(json!({"message": message}))?, "no caseId");
    assert!(
        chat(json!({"caseId": null, "message": message}))?,
        "null is not a case"
    );
    assert!(
        chat(json!({"caseId": 1.5, "message": message}))?,
        "half a case"
    );
    assert!(
        chat(json!({"caseId": 1, "message": message, "delay": "1"}))?,
        "a text is no number"
    );
    assert!(
        chat(json!({"caseId": 1, "message": {"type": "telegram", "message": "hi"}}))?,
        "unknown type"
    );
    assert!(
        chat(json!({"caseId": 1, "message": {"type": "note"}}))?,
        "no text"
    );

    assert!(!rejected("NullableCaseId", json!(null))?);
    assert!(rejected("CaseId", json!(null))?);
    assert!(!rejected("Case", json!(null))?);
    assert!(!rejected("Case", json!({"id": null}))?);
    assert!(!rejected(
        "Case",
        json!({"id": 1, "new": 1, "parentId": null})
    )?);
    assert!(rejected("Case", json!({"id": "1"}))?, "an ID is a number");
    assert!(
        rejected("Case", json!({"id": 1, "timeline": {"case": {"id": "1"}}}))?,
        "deep inside"
    );
    Ok(())
}
