//! Walking the schemas of an OpenAPI document.

use serde_json::Value;

/// A key as one step of a JSON pointer.
pub(crate) fn step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The pointer of a `$ref`, if the value is one.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix('#')
}

/// Calls `visit` with the target of each `$ref`.
pub(crate) fn for_each_reference(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref") {
                visit(target);
            }
            members
                .values_mut()
                .for_each(|member| for_each_reference(member, visit));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| for_each_reference(item, visit)),
        _ => {}
    }
}

/// Calls `visit` with each schema below `/components/schemas`, an outer one before its inner ones.
pub(crate) fn for_each_schema(document: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    let schemas = document.pointer_mut("/components/schemas");
    for schema in members(schemas) {
        descend(schema, visit);
    }
}

fn descend(schema: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    visit(schema);
    for property in members(schema.get_mut("properties")) {
        descend(property, visit);
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(inner) = schema.get_mut(keyword) {
            descend(inner, visit);
        }
    }
    for keyword in ["allOf", "oneOf", "anyOf"] {
        let list = schema.get_mut(keyword).and_then(Value::as_array_mut);
        for inner in list.into_iter().flatten() {
            descend(inner, visit);
        }
    }
}

fn members(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    let object = value.and_then(Value::as_object_mut);
    object.into_iter().flat_map(|object| object.values_mut())
}
