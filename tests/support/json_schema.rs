//! OpenAPI 3.0 schemas as JSON Schema.

use serde_json::{Map, Value, json};

/// Converts a schema, or anything that holds schemas: `{type: T, nullable: true}` becomes
/// `{type: [T, "null"]}`. Nothing else in our document differs.
///
/// `nullable` without `type` has no meaning in OpenAPI 3.0, so it is dropped.
pub fn json_schema(openapi: &Value) -> Value {
    match openapi {
        Value::Object(members) => {
            let mut converted: Map<_, _> = members
                .iter()
                .map(|(key, value)| (key.clone(), json_schema(value)))
                .collect();
            if converted.get("nullable").is_some_and(Value::is_boolean) {
                let nullable = converted.remove("nullable") == Some(true.into());
                if let Some(one @ Value::String(_)) = converted.get_mut("type")
                    && nullable
                {
                    *one = json!([one, "null"]);
                }
            }
            converted.into()
        }
        Value::Array(items) => items.iter().map(json_schema).collect(),
        scalar => scalar.clone(),
    }
}
