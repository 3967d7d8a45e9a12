//! Schemas of the document as validators.

use std::io;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::refusal::Refusal;

/// How many violations are told at once.
const TOLD: usize = 5;

/// One schema.
pub(crate) struct Schema(Validator);

impl Schema {
    /// `schema` may refer to `components`, the document's components as [`convert`] leaves them.
    pub(super) fn new(schema: &Value, components: &Value) -> io::Result<Self> {
        // An inline schema is wrapped: beside a `$ref` nothing else counts.
        let root = json!({"allOf": [schema], "components": components});
        jsonschema::options()
            .with_draft(Draft::Draft4)
            .should_validate_formats(true)
            .build(&root)
            .map(Self)
            .map_err(|error| io::Error::other(format!("the document's schema: {error}")))
    }

    /// Each violation is told with the place, as a JSON pointer, and the rule.
    pub(crate) fn check(&self, part: &str, value: &Value) -> Result<(), Refusal> {
        let mut violations: Vec<String> = Vec::new();
        for error in self.0.iter_errors(value).take(TOLD) {
            let (at, rule) = (error.instance_path(), error.kind().keyword());
            // Without the value, which is the message of a person.
            violations.push(format!("{part}{at}: {} (rule: {rule})", error.masked()));
        }
        match violations.as_slice() {
            [] => Ok(()),
            violations => Err(Refusal::invalid(violations.join("; "))),
        }
    }
}

/// From OpenAPI 3.0 to JSON Schema, in place: `nullable` becomes a type, `int64` becomes bounds, and unless
/// it is strict, keys that the schema doesn't know are let through.
pub(super) fn convert(schema: &mut Value, strict: bool) {
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    if members.remove("nullable") == Some(Value::Bool(true)) {
        if let Some(kind) = members.get_mut("type") {
            *kind = json!([kind.take(), "null"]);
        }
        if let Some(Value::Array(values)) = members.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    if members
        .get("format")
        .is_some_and(|format| format == "int64")
    {
        members.remove("format");
        members.entry("minimum").or_insert_with(|| i64::MIN.into());
        members.entry("maximum").or_insert_with(|| i64::MAX.into());
    }
    if !strict && members.get("additionalProperties") == Some(&Value::Bool(false)) {
        members.remove("additionalProperties");
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(inner) = members.get_mut(keyword) {
            convert(inner, strict);
        }
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        let list = members.get_mut(keyword).and_then(Value::as_array_mut);
        list.into_iter()
            .flatten()
            .for_each(|inner| convert(inner, strict));
    }
    let properties = members.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(|all| all.values_mut()) {
        convert(property, strict);
    }
}
