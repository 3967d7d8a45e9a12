//! The types' `JsonSchema` against the document's components.
//!
//! Not compared: limits such as `minimum`, and where null is allowed:
//! an `Option` takes it everywhere.

use std::collections::BTreeMap;

use acquire_io_api::{RawJson, Timestamp, types};
use acquire_io_tests::{Result, documents};
use schemars::schema_for;
use serde_json::Value;

/// The schema of each type, by the name of its component.
fn types() -> BTreeMap<&'static str, Value> {
    macro_rules! generated {
        ($($name:ident)*) => {
            [$((stringify!($name), schema_for!(types::$name).to_value())),*]
        };
    }
    let generated = generated! {
        ApiError ApiErrorDetail CarrierRecord Case CaseId ChatMessageRequest ChatMessageResponse
        ChatMessageType Contact ContactId MailAddress MailMessage MailMessageRequest
        MailMessageResponse MailMessageType Message MessageId NewChatMessage NewMailMessage
        Participant ParticipantId PersonId Sms SmsId SmsRequest SmsResponse SmsResult ThreadId
        Timeline TimelineId User UserType
    };
    let hand_written = [
        ("AnyValue", schema_for!(RawJson).to_value()),
        ("FreeForm", schema_for!(RawJson).to_value()),
        ("Timestamp", schema_for!(Timestamp).to_value()),
    ];
    generated.into_iter().chain(hand_written).collect()
}

fn components() -> Result<BTreeMap<String, Value>> {
    let document = documents::openapi()?;
    let schemas = document
        .pointer("/components/schemas")
        .ok_or("no schemas")?;
    Ok(serde_json::from_value(schemas.clone())?)
}

/// What is compared of a schema, one line for each property: `caseId (required): CaseId`.
fn describe(schema: &Value) -> Vec<String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return vec![shape(schema)];
    };
    let required: Vec<_> = strings(schema.get("required")).collect();
    let mut lines: Vec<_> = properties
        .iter()
        .map(|(name, property)| {
            let mark = if required.contains(&name.as_str()) {
                " (required)"
            } else {
                ""
            };
            format!("{name}{mark}: {}", shape(property))
        })
        .collect();
    let absent = required
        .iter()
        .filter(|name| !properties.contains_key(**name));
    lines.extend(absent.map(|name| format!("{name} (required): absent")));
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        lines.push("no others".to_owned());
    }
    lines.sort();
    lines
}

fn shape(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return match name {
            "AnyValue" | "FreeForm" => "anything".to_owned(),
            "Timestamp" => "string".to_owned(),
            _ => twin(name).unwrap_or(name).to_owned(),
        };
    }
    // How schemars says `Option` of a type.
    if let Some([schema, null]) = schema
        .get("anyOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        assert_eq!(null["type"], "null");
        return shape(schema);
    }
    if schema.get("enum").is_some() {
        let mut values: Vec<_> = strings(schema.get("enum")).collect();
        values.sort_unstable();
        return values.join(" | ");
    }
    let Some(kind) = strings(schema.get("type")).find(|kind| *kind != "null") else {
        // A schema that says nothing, and nothing that this function doesn't know.
        let known = ["$schema", "title", "description", "example"];
        let members = schema.as_object().into_iter().flatten();
        let others: Vec<_> = members
            .filter(|(key, _)| !known.contains(&key.as_str()))
            .collect();
        assert!(
            others.is_empty() && *schema != Value::Bool(false),
            "{schema}"
        );
        return "anything".to_owned();
    };
    match (kind, schema.get("format").and_then(Value::as_str)) {
        ("array", _) => format!("list of {}", shape(&schema["items"])),
        ("object", _) => {
            // Kept as its text, a `RawJson`: the wrapper checks that it is an object.
            assert_eq!(schema["additionalProperties"], true, "{schema}");
            "anything".to_owned()
        }
        (kind, Some(format)) => format!("{kind}, {format}"),
        (kind, None) => kind.to_owned(),
    }
}

/// The strings of a list, or the one string.
fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.chain(value).filter_map(Value::as_str)
}

/// The type of a component that may be null. In Rust an optional property takes null anyway.
fn twin(name: &str) -> Option<&str> {
    name.strip_prefix("Nullable")
}

#[test]
fn each_type_says_what_its_component_says() -> Result {
    let components = components()?;
    for (name, schema) in types() {
        let component = components.get(name);
        // An identifier that is in answers only.
        let component = component.or_else(|| components.get(&format!("Nullable{name}")));
        let component = component.ok_or_else(|| format!("no component {name}"))?;
        assert_eq!(describe(&schema), describe(component), "{name}");
    }
    Ok(())
}

#[test]
fn each_component_has_a_type_or_a_twin_that_has_one() -> Result {
    let (types, components) = (types(), components()?);
    for (name, component) in &components {
        if types.contains_key(name.as_str()) {
            assert_eq!(twin(name), None, "{name}");
            continue;
        }
        let of = twin(name).ok_or_else(|| format!("{name} has no type here: add it"))?;
        assert_eq!(describe(component), describe(&types[of]), "{name}");
    }
    Ok(())
}

#[test]
fn the_crate_names_the_document_that_it_is_generated_from() -> Result {
    let document: Value = serde_json::from_str(acquire_io_api::OPENAPI_JSON)?;
    assert_eq!(document, documents::openapi()?);
    let fingerprint = xtask::codegen::client::sha256(acquire_io_api::OPENAPI_JSON);
    assert_eq!(acquire_io_api::OPENAPI_SHA256, fingerprint);
    Ok(())
}
