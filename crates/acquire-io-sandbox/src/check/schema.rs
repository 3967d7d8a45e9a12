//! Schemas of the document as validators.

use std::io;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// How many violations are reported at once.
const REPORTED: usize = 5;

/// One schema.
pub(crate) struct Schema(Validator);

impl Schema {
    /// `schema` may refer to `components`, the document's. Both are as [`convert`] leaves them.
    pub(super) fn new(schema: &Value, components: &Value) -> io::Result<Self> {
        // An inline schema is wrapped: beside a `$ref` nothing else counts.
        let root = json!({"allOf": [schema], "components": components});
        jsonschema::options()
            .with_draft(Draft::Draft4)
            .build(&root)
            .map(Self)
            .map_err(|error| io::Error::other(format!("the document's schema: {error}")))
    }

    pub(super) fn allows(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// Refuses a value, with the place of each violation as a JSON pointer below `part`, and its rule.
    pub(super) fn check(&self, part: &str, value: &Value) -> Result<(), Refusal> {
        let mut violations: Vec<String> = Vec::new();
        for error in self.0.iter_errors(value).take(REPORTED) {
            let (at, rule) = (error.instance_path(), error.kind().keyword());
            if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
                let unknown = unexpected.iter();
                violations
                    .extend(unknown.map(|key| undeclared(&format!("{part}{at}"), key, "key")));
                continue;
            }
            // Masked: the value is content of a message.
            violations.push(format!("{part}{at}: {} (rule: {rule})", error.masked()));
        }
        match violations.as_slice() {
            [] => Ok(()),
            violations => Err(Refusal::invalid(violations.join("; "))),
        }
    }
}

/// A violation of the sandbox's own rule: the document itself allows undeclared names.
pub(super) fn undeclared(at: &str, name: &str, what: &str) -> String {
    let name = name.replace('~', "~0").replace('/', "~1");
    format!("{at}/{name}: the document declares no such {what} (rule: strict)")
}

/// Converts OpenAPI 3.0 to JSON Schema in place, as far as requests need it: `int64` becomes bounds, and if `strict`,
/// undeclared keys are refused. Nothing in a request is `nullable`.
pub(super) fn convert(schema: &mut Value, strict: bool) {
    match schema {
        Value::Object(members) => {
            if members.get("format") == Some(&json!("int64")) {
                members.remove("format");
                members.entry("minimum").or_insert_with(|| i64::MIN.into());
                members.entry("maximum").or_insert_with(|| i64::MAX.into());
            }
            if strict && members.contains_key("properties") {
                let others = members.entry("additionalProperties");
                others.or_insert_with(|| false.into());
            }
            let inner = members.values_mut();
            inner.for_each(|schema| convert(schema, strict));
        }
        Value::Array(items) => items.iter_mut().for_each(|schema| convert(schema, strict)),
        _ => {}
    }
}
