//! Schemas of the document as validators.

use std::io;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use super::refusal::Refusal;

/// How many violations are reported at once.
const TOLD: usize = 5;

/// One schema.
pub(crate) struct Schema(Validator);

impl Schema {
    /// `schema` may refer to `components`, the document's. Both are as [`convert`] leaves them.
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

    pub(super) fn allows(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// Each violation is told with the place, as a JSON pointer below `part`, and the rule.
    pub(super) fn check(&self, part: &str, value: &Value) -> Result<(), Refusal> {
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

/// From OpenAPI 3.0 to JSON Schema, in place, as far as requests need it: `int64` becomes bounds, and unless
/// it is strict, keys that the schema doesn't know are let through. Nothing in a request is `nullable`.
pub(super) fn convert(schema: &mut Value, strict: bool) {
    match schema {
        Value::Object(members) => {
            if members.get("format") == Some(&json!("int64")) {
                members.remove("format");
                members.entry("minimum").or_insert_with(|| i64::MIN.into());
                members.entry("maximum").or_insert_with(|| i64::MAX.into());
            }
            if !strict && members.get("additionalProperties") == Some(&json!(false)) {
                members.remove("additionalProperties");
            }
            let inner = members.values_mut();
            inner.for_each(|schema| convert(schema, strict));
        }
        Value::Array(items) => items.iter_mut().for_each(|schema| convert(schema, strict)),
        _ => {}
    }
}
