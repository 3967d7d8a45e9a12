//! The edits between the document and what the client generator reads. An edit that changes nothing is stale, which is an
//! error that names it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::coverage::unstated::is_unstated;
use crate::schema::{for_each_reference, for_each_schema, reference};

/// A set of edits.
#[derive(Debug, Clone, Copy)]
pub struct Edits<'a> {
    /// Names that get a placeholder.
    pub renames: &'a [Rename],
    /// Changes to all schemas alike.
    pub rules: &'a [Rule],
    /// Schemas that a hand-written type replaces.
    pub replacements: &'a [Replacement],
}

/// A property or parameter whose Rust name collides with a sibling's. The generator reads the placeholder; afterwards the
/// string literals of the generated code get the name on the wire back.
#[derive(Debug, Clone, Copy)]
pub struct Rename {
    /// The JSON pointer of the property, or of the parameter's `name`.
    pub pointer: &'static str,
    /// In camelCase, so that the Rust name differs from it and gets a `serde(rename)`.
    pub placeholder: &'static str,
    /// The name on the wire.
    pub wire: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// A change to all schemas alike.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What it does.
    pub name: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Applies it, and returns the number of changes.
    pub apply: fn(&mut Value) -> Result<usize>,
}

/// A component schema that a hand-written type replaces.
#[derive(Debug, Clone, Copy)]
pub struct Replacement {
    /// The name of the component.
    pub schema: &'static str,
    /// The path of the type.
    pub rust: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The edits of this project.
pub const EDITS: Edits<'static> = Edits {
    renames: &[
        Rename {
            pointer: "/components/schemas/Sms/properties/case_id",
            placeholder: "snakeCaseId",
            wire: "case_id",
            reason: "collides with caseId",
        },
        Rename {
            pointer: "/components/schemas/CarrierRecord/properties/To",
            placeholder: "capitalizedTo",
            wire: "To",
            reason: "collides with to",
        },
        Rename {
            pointer: "/components/schemas/CarrierRecord/properties/From",
            placeholder: "capitalizedFrom",
            wire: "From",
            reason: "collides with from",
        },
        Rename {
            pointer: "/components/schemas/CarrierRecord/properties/Body",
            placeholder: "capitalizedBody",
            wire: "Body",
            reason: "collides with body",
        },
        Rename {
            pointer: "/components/parameters/OlderUserType/name",
            placeholder: "olderUserType",
            wire: "-x-user-type",
            reason: "collides with x-user-type",
        },
    ],
    rules: &[
        Rule {
            name: "JSON of any form is FreeForm",
            reason: "keeps numbers of any size and the order of keys, in requests too",
            apply: name_free_form,
        },
        Rule {
            name: "no responses that no page states",
            reason: "a body of another form would lose its status; without them the client returns the whole response",
            apply: drop_unstated_responses,
        },
        Rule {
            name: "NullableX is X",
            reason: "an optional property takes null anyway, so Rust needs one newtype per identifier",
            apply: drop_nullable_prefix,
        },
        Rule {
            name: "a component schema or an item of a list is not nullable",
            reason: "a component would become a newtype over Option, though an optional property takes null anyway; \
                     null items are left out when a list is read",
            apply: strip_nullable,
        },
        Rule {
            name: "an optional list or map is nullable",
            reason: "it becomes an Option, so that null is accepted and an empty one differs from none",
            apply: mark_optional_collections,
        },
    ],
    replacements: &[
        Replacement {
            schema: "FreeForm",
            rust: "crate::RawJson",
            reason: "most of a body's bytes, and rarely read: kept as text and parsed on demand",
        },
        Replacement {
            schema: "AnyValue",
            rust: "crate::RawJson",
            reason: "its type is unknown: kept as text",
        },
        Replacement {
            schema: "Timestamp",
            rust: "crate::Timestamp",
            reason: "keeps the text, so that an unexpected date can't make an answer unreadable",
        },
    ],
};

impl Edits<'_> {
    /// Applies the edits to a copy of the document for the generator.
    ///
    /// # Errors
    /// When an edit is stale, or would lose something.
    pub fn apply(&self, document: &mut Value) -> Result<()> {
        refuse_required_null(document)?;
        for rename in self.renames {
            rename
                .apply(document)
                .with_context(|| format!("stale rename of {}", rename.pointer))?;
        }
        for rule in self.rules {
            let changes = (rule.apply)(document).with_context(|| rule.name)?;
            ensure!(
                changes > 0,
                "stale rule \"{}\": it changes nothing",
                rule.name
            );
        }
        for replacement in self.replacements {
            let mut count = 0;
            for_each_reference(document, &mut |target| {
                let schema = target.strip_prefix("#/components/schemas/");
                count += usize::from(schema == Some(replacement.schema));
            });
            ensure!(
                count > 0,
                "stale replacement of {}: nothing refers to it",
                replacement.schema
            );
        }
        Ok(())
    }
}

impl Rename {
    /// Whether it is of a parameter, otherwise of a property.
    pub(crate) fn is_parameter(&self) -> bool {
        self.pointer.starts_with("/components/parameters/")
    }

    fn apply(&self, document: &mut Value) -> Result<()> {
        ensure!(
            !document.to_string().contains(self.placeholder),
            "the document has its placeholder {}",
            self.placeholder
        );
        let value = document
            .pointer_mut(self.pointer)
            .context("nothing there")?;
        if self.is_parameter() {
            ensure!(*value == self.wire, "its name is {value}");
            *value = self.placeholder.into();
            return Ok(());
        }
        let property = value.take();
        let (properties, name) = self.pointer.rsplit_once('/').context("not a property")?;
        ensure!(name == self.wire, "its name is {name}");
        let schema = properties
            .strip_suffix("/properties")
            .context("not a property")?;
        let schema = document.pointer_mut(schema).context("nothing there")?;
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.remove(name);
            properties.insert(self.placeholder.to_owned(), property);
        }
        let required = schema.get_mut("required").and_then(Value::as_array_mut);
        for entry in required.into_iter().flatten() {
            if *entry == name {
                *entry = self.placeholder.into();
            }
        }
        Ok(())
    }
}

/// The rules are right only if a property that may be null is optional.
fn refuse_required_null(document: &mut Value) -> Result<()> {
    let mut lost = Vec::new();
    let original = document.clone();
    for_each_schema(document, &mut |schema| {
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let target = reference(&schema["properties"][name]).unwrap_or_default();
            if original
                .pointer(target)
                .is_some_and(|schema| schema["nullable"] == true)
            {
                lost.push(format!("{name} is required and may be null: #{target}"));
            }
        }
    });
    ensure!(lost.is_empty(), "{}", lost.join("\n"));
    Ok(())
}

fn name_free_form(document: &mut Value) -> Result<usize> {
    let mut changes = 0;
    for_each_schema(document, &mut |schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let items = schema
            .remove("items")
            .map(|items| ("items".to_owned(), items));
        let mut inner = Map::from_iter(items);
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let properties = properties.into_iter().flat_map(Map::values_mut);
        for place in properties.chain(inner.values_mut()) {
            if is_free_form(place) {
                *place = json!({"$ref": "#/components/schemas/FreeForm"});
                changes += 1;
            }
        }
        schema.append(&mut inner);
    });
    Ok(changes)
}

/// An object with any keys, or an empty schema.
fn is_free_form(schema: &Value) -> bool {
    match schema.as_object() {
        Some(schema) if schema.is_empty() => true,
        Some(schema) => {
            schema.get("type") == Some(&json!("object"))
                && schema.get("additionalProperties") == Some(&json!(true))
                && !schema.contains_key("properties")
        }
        None => false,
    }
}

fn drop_unstated_responses(document: &mut Value) -> Result<usize> {
    let components = document["components"]["responses"].as_object();
    let unstated: BTreeSet<String> = components
        .into_iter()
        .flatten()
        .filter(|(_, response)| is_unstated(response))
        .map(|(name, _)| format!("/components/responses/{name}"))
        .collect();
    let mut changes = 0;
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let paths = paths.into_iter().flat_map(Map::values_mut);
    let operations = paths
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for responses in operations.filter_map(|it| it.get_mut("responses")?.as_object_mut()) {
        let before = responses.len();
        responses.retain(|_, response| reference(response).is_none_or(|at| !unstated.contains(at)));
        changes += before - responses.len();
    }
    Ok(changes)
}

fn drop_nullable_prefix(document: &mut Value) -> Result<usize> {
    const PREFIX: &str = "Nullable";
    let schemas = schemas(document)?;
    let names: Vec<String> = schemas
        .keys()
        .filter_map(|name| Some(name.strip_prefix(PREFIX)?.to_owned()))
        .collect();
    for name in &names {
        let Some(mut schema) = schemas.remove(&format!("{PREFIX}{name}")) else {
            continue;
        };
        if let Some(description) = schema["description"].as_str() {
            schema["description"] = description.replace(", or null", "").into();
        }
        schemas.entry(name).or_insert(schema);
    }
    for_each_reference(document, &mut |target| {
        if let Some(name) = target.strip_prefix("#/components/schemas/Nullable") {
            *target = format!("#/components/schemas/{name}");
        }
    });
    Ok(names.len())
}

fn strip_nullable(document: &mut Value) -> Result<usize> {
    let components = schemas(document)?.values_mut();
    let mut changes = components
        .filter_map(|schema| schema.as_object_mut()?.remove("nullable"))
        .count();
    for_each_schema(document, &mut |schema| {
        let items = schema.get_mut("items").and_then(Value::as_object_mut);
        changes += usize::from(items.is_some_and(|items| items.remove("nullable").is_some()));
    });
    Ok(changes)
}

fn schemas(document: &mut Value) -> Result<&mut Map<String, Value>> {
    let schemas = document.pointer_mut("/components/schemas");
    schemas.and_then(Value::as_object_mut).context("no schemas")
}

fn mark_optional_collections(document: &mut Value) -> Result<usize> {
    let mut changes = 0;
    for_each_schema(document, &mut |schema| {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            let is_map = property["type"] == "object" && property.get("properties").is_none();
            let is_collection = property["type"] == "array" || is_map;
            if is_collection && property["nullable"] != true && !required.contains(&json!(name)) {
                property["nullable"] = true.into();
                changes += 1;
            }
        }
    });
    Ok(changes)
}
