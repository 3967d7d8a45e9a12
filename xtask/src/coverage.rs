//! Compares the document with the vendor's pages, both ways: it describes each key of the documented bodies and each row of
//! the parameter tables, it describes nothing that no page shows, and what no page states is marked. Places in the document
//! are JSON pointers.

pub mod pages;
pub(crate) mod unstated;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use crate::bundle::bundle;
use crate::schema::{reference, step};
use pages::{Pages, Row};

/// The result of a comparison. Each gap is named by its place.
#[derive(Debug, Default)]
pub struct Report {
    /// The number of keys in the documented bodies that a schema describes.
    pub described_keys: usize,
    /// The number of keys inside values of free form.
    pub free_keys: usize,
    /// Keys and rows that the document doesn't describe.
    pub undescribed: BTreeSet<String>,
    /// Schemas, properties and parameters that no page shows.
    pub unshown: BTreeSet<String>,
    /// Values, and types of rows, that the document rules out.
    pub contradictions: BTreeSet<String>,
    /// Properties, parameters, limits and responses that no page states and that aren't marked.
    pub unstated: BTreeSet<String>,
}

impl Report {
    /// Whether there is no gap.
    pub fn is_complete(&self) -> bool {
        let gaps = [
            &self.undescribed,
            &self.unshown,
            &self.contradictions,
            &self.unstated,
        ];
        gaps.iter().all(|gaps| gaps.is_empty())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (described, free) = (self.described_keys, self.free_keys);
        writeln!(
            f,
            "{described} keys described, {free} keys inside free-form values"
        )?;
        for (title, gaps) in [
            ("keys that no schema describes", &self.undescribed),
            (
                "properties and parameters that no page shows",
                &self.unshown,
            ),
            ("values that contradict their schema", &self.contradictions),
            (
                "places that no page states and that aren't marked",
                &self.unstated,
            ),
        ] {
            writeln!(f, "{title}: {}", gaps.len())?;
            gaps.iter().try_for_each(|gap| writeln!(f, "  {gap}"))?;
        }
        Ok(())
    }
}

/// Compares the project's document with the documented bodies, tables and sentences.
///
/// # Errors
/// When a file can't be read.
pub fn of_project(root: &Path) -> Result<Report> {
    let document = serde_json::from_str(&bundle(&root.join("openapi"))?)?;
    Ok(compare(&document, &Pages::of_project(root)?))
}

/// Compares a bundled document with its examples and with what the pages say.
pub fn compare(document: &Value, pages: &Pages) -> Report {
    let mut comparison = Comparison {
        document,
        shown: BTreeSet::new(),
        valued: BTreeSet::new(),
        report: Report::default(),
    };
    let operations = comparison.operations();
    comparison.read_examples(&operations);
    for row in &pages.rows {
        comparison.read_row(row, &operations);
    }
    comparison.look_for_unshown(&operations);

    let mut report = comparison.report;
    report.unshown.retain(|gap| !pages.support(gap));
    report.unstated = unstated::gaps(document, pages, &comparison.valued);
    report
}

struct Operation<'a> {
    id: &'a str,
    parameters: Vec<String>,
    /// The media types of the request and of the answer 200.
    bodies: [String; 2],
}

struct Comparison<'a> {
    document: &'a Value,
    /// The schemas, properties and parameters that an example or a row shows.
    shown: BTreeSet<String>,
    /// The properties and items that an example fills with more than null.
    valued: BTreeSet<String>,
    report: Report,
}

impl<'a> Comparison<'a> {
    fn get(&self, at: &str) -> &'a Value {
        self.document.pointer(at).unwrap_or(&Value::Null)
    }

    fn children(&self, at: &str) -> Vec<String> {
        match self.get(at) {
            Value::Object(members) => members
                .keys()
                .map(|key| format!("{at}/{}", step(key)))
                .collect(),
            Value::Array(items) => (0..items.len())
                .map(|index| format!("{at}/{index}"))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Where a chain of `$ref` ends.
    fn resolve(&self, at: &str) -> String {
        reference(self.get(at)).map_or_else(|| at.to_owned(), |target| self.resolve(target))
    }

    /// The parts of a schema: itself, and those of its `allOf`, with each `$ref` resolved.
    fn parts(&self, schema: &str) -> Vec<String> {
        let schema = self.resolve(schema);
        let all_of = self.children(&format!("{schema}/allOf"));
        let mut parts: Vec<_> = all_of.iter().flat_map(|part| self.parts(part)).collect();
        parts.push(schema);
        parts
    }

    fn operations(&self) -> Vec<Operation<'a>> {
        let methods = self
            .children("/paths")
            .into_iter()
            .flat_map(|path| self.children(&path));
        let operations = methods.filter_map(|at| {
            let parameters = self.children(&format!("{at}/parameters"));
            let bodies = ["requestBody", "responses/200"]
                .map(|body| self.resolve(&format!("{at}/{body}")) + "/content/application~1json");
            Some(Operation {
                id: self.get(&at)["operationId"].as_str()?,
                parameters: parameters
                    .iter()
                    .map(|parameter| self.resolve(parameter))
                    .collect(),
                bodies,
            })
        });
        operations.collect()
    }

    fn read_examples(&mut self, operations: &[Operation<'_>]) {
        let mut unused: BTreeSet<_> = self.children("/components/examples").into_iter().collect();
        for body in operations.iter().flat_map(|operation| &operation.bodies) {
            for example in self.children(&format!("{body}/examples")) {
                let example = self.resolve(&example);
                unused.remove(&example);
                let name = example.rsplit('/').next().unwrap_or_default();
                let value = &self.get(&example)["value"];
                self.read(&format!("{body}/schema"), value, &format!("{name}: $"));
            }
        }
        let unused = unused
            .iter()
            .map(|at| format!("{at} belongs to no operation"));
        self.report.undescribed.extend(unused);
    }

    fn read(&mut self, schema: &str, value: &Value, path: &str) {
        let parts = self.parts(schema);
        for part in &parts {
            let contradiction = contradiction(self.get(part), value);
            let contradiction = contradiction.map(|why| format!("{path}: {why}"));
            self.report.contradictions.extend(contradiction);
        }
        match value {
            Value::Object(members) => {
                self.shown.extend(parts.iter().cloned());
                for (key, member) in members {
                    let inner = format!("properties/{}", step(key));
                    self.read_inner(&parts, &inner, member, &format!("{path}.{key}"));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.read_inner(&parts, "items", item, &format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }

    /// Reads a member or an item by the schemas that the parts have for it.
    fn read_inner(&mut self, parts: &[String], inner: &str, value: &Value, path: &str) {
        let is_key = inner != "items";
        let mut schemas: Vec<_> = parts.iter().map(|part| format!("{part}/{inner}")).collect();
        schemas.retain(|schema| !self.get(schema).is_null());
        self.shown.extend(schemas.iter().cloned());
        if !value.is_null() {
            self.valued.extend(schemas.iter().cloned());
        }
        if schemas.is_empty() && is_key {
            schemas = parts
                .iter()
                .map(|part| format!("{part}/additionalProperties"))
                .collect();
            schemas.retain(|schema| self.get(schema).is_object() && !is_free(self.get(schema)));
        }
        for schema in &schemas {
            self.read(schema, value, path);
        }
        let free = |part: &String| {
            let others = &self.get(part)["additionalProperties"];
            is_free(self.get(part)) || is_key && (*others == true || is_free(others))
        };
        if !schemas.is_empty() {
            self.report.described_keys += usize::from(is_key);
        } else if parts.iter().any(free) {
            self.report.free_keys += usize::from(is_key) + count_keys(value);
        } else {
            self.report.undescribed.insert(path.to_owned());
        }
    }

    fn read_row(&mut self, row: &Row, operations: &[Operation<'_>]) {
        let (at, title) = (
            &row.described_at,
            format!("{}: {} {}", row.page, row.place, row.name),
        );
        let is_key = at.starts_with("/components/securitySchemes/") && !self.get(at).is_null();
        let operation = operations
            .iter()
            .find(|operation| operation.id == row.operation_id);
        let described = operation.is_some_and(|operation| {
            let mut request = BTreeMap::new();
            self.collect(&format!("{}/schema", operation.bodies[0]), &mut request);
            match row.place.as_str() {
                _ if is_key => row.name == "Authorization",
                "body" => {
                    at.ends_with(&format!("/properties/{}", step(&row.name)))
                        && request.values().flatten().any(|property| property == at)
                }
                place => {
                    let (name, found) = (&self.get(at)["name"], &self.get(at)["in"]);
                    *name == *row.name && found == place && operation.parameters.contains(at)
                }
            }
        });
        if !described {
            let gap = format!("{title} (not {at} of {})", row.operation_id);
            self.report.undescribed.insert(gap);
            return;
        }
        self.shown.insert(at.clone());
        let schema = if row.place == "body" {
            at.clone()
        } else {
            format!("{at}/schema")
        };
        let parts = self.parts(&schema);
        let fits = |part: &String| self.get(part)["type"] == *row.r#type;
        if !is_key && !parts.iter().any(fits) {
            let contradiction = format!("{title} is of type {}, {at} is not", row.r#type);
            self.report.contradictions.insert(contradiction);
        }
    }

    fn look_for_unshown(&mut self, operations: &[Operation<'_>]) {
        let mut schemas = BTreeMap::new();
        for operation in operations {
            for body in &operation.bodies {
                self.collect(&format!("{body}/schema"), &mut schemas);
            }
            schemas.insert(String::new(), operation.parameters.clone());
            self.report
                .unshown
                .extend(operation.parameters.iter().cloned());
        }
        for (schema, properties) in schemas {
            let is_shown = self.shown.contains(&schema) || schema.is_empty();
            self.report
                .unshown
                .extend(if is_shown { properties } else { vec![schema] });
        }
        self.report.unshown.retain(|at| !self.shown.contains(at));
    }

    /// Collects the object schemas that a schema reaches, each with its properties.
    fn collect(&self, schema: &str, found: &mut BTreeMap<String, Vec<String>>) {
        for part in self.parts(schema) {
            let properties = self.children(&format!("{part}/properties"));
            if found.contains_key(&part) || self.get(&part).is_null() {
                continue;
            }
            if !properties.is_empty() {
                found.insert(part.clone(), properties.clone());
            }
            properties
                .iter()
                .for_each(|property| self.collect(property, found));
            self.collect(&format!("{part}/items"), found);
            self.collect(&format!("{part}/additionalProperties"), found);
        }
    }
}

/// Whether a schema accepts any value.
fn is_free(schema: &Value) -> bool {
    const LIMITS: [&str; 8] = [
        "$ref",
        "type",
        "properties",
        "enum",
        "allOf",
        "oneOf",
        "anyOf",
        "not",
    ];
    schema.is_object() && LIMITS.iter().all(|limit| schema.get(limit).is_none())
}

fn count_keys(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len() + members.values().map(count_keys).sum::<usize>(),
        Value::Array(items) => items.iter().map(count_keys).sum(),
        _ => 0,
    }
}

/// Why a value contradicts a schema, without looking into its members.
fn contradiction(schema: &Value, value: &Value) -> Option<String> {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
    };
    let expected = schema["type"].as_str()?;
    let fits = match found {
        "null" => schema["nullable"] == true,
        "integer" => ["integer", "number"].contains(&expected),
        found => found == expected,
    };
    if !fits {
        return Some(format!("{found}, not {expected}"));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|known| !known.contains(value))
    {
        return Some(format!("{value}, not one of {}", schema["enum"]));
    }
    let mut required = schema["required"].as_array().into_iter().flatten();
    let missing = required.find(|name| {
        value.is_object() && name.as_str().is_some_and(|name| value.get(name).is_none())
    });
    missing.map(|name| format!("without {name}, which is required"))
}
