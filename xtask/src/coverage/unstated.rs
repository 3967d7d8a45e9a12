//! Finds what the document says although no page does, and that isn't marked with [`MARK`].

use std::collections::BTreeSet;

use serde_json::Value;

use super::pages::Pages;
use crate::schema::{reference, step};

/// How a description marks what no page says.
pub(crate) const MARK: &str = "Not stated by any page";

/// Keywords that limit a value. `format: int64` is no limit: no page bounds an integer, and the examples exceed 32 bits.
const LIMITS: [&str; 19] = [
    "enum",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "additionalProperties",
    "not",
    "default",
    "deprecated",
];

/// The places without a page and without the mark. `valued` are the schemas that have a value other than null in an example.
pub(crate) fn gaps(document: &Value, pages: &Pages, valued: &BTreeSet<String>) -> BTreeSet<String> {
    let mut search = Search {
        document,
        pages,
        valued,
        visited: BTreeSet::new(),
        gaps: BTreeSet::new(),
    };
    search.look_at_statements();
    search.look_at_parameters_and_responses();
    search.look_at_bodies();
    search.gaps
}

/// Whether a description begins with the mark, so that no page states any of it.
pub(crate) fn is_unstated(described: &Value) -> bool {
    let description = described["description"].as_str();
    description.is_some_and(|text| text.starts_with(MARK))
}

/// Which side of an operation a schema belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Request,
    Answer,
}

struct Search<'a> {
    document: &'a Value,
    pages: &'a Pages,
    valued: &'a BTreeSet<String>,
    visited: BTreeSet<String>,
    gaps: BTreeSet<String>,
}

impl<'a> Search<'a> {
    fn get(&self, at: &str) -> &'a Value {
        self.document.pointer(at).unwrap_or(&Value::Null)
    }

    fn keys(&self, at: &str) -> Vec<String> {
        let members = self.get(at).as_object();
        members.map_or_else(Vec::new, |members| members.keys().cloned().collect())
    }

    fn resolve(&self, at: &str) -> String {
        reference(self.get(at)).map_or_else(|| at.to_owned(), |target| self.resolve(target))
    }

    fn is_marked(&self, at: &str) -> bool {
        let description = self.get(at)["description"].as_str();
        description.is_some_and(|text| text.contains(MARK))
    }

    /// Whether the description at a place names this property after the mark.
    fn marks(&self, at: &str, property: &str) -> bool {
        let description = self.get(at)["description"].as_str().unwrap_or_default();
        let marked = description.split_once(MARK);
        marked.is_some_and(|(_, text)| text.contains(&format!("`{property}`")))
    }

    fn look_at_statements(&mut self) {
        for statement in &self.pages.statements {
            for at in &statement.supports {
                if self.get(at).is_null() {
                    let (page, text) = (&statement.page, &statement.text);
                    self.gaps
                        .insert(format!("{page}, \"{text}\": there is no {at}"));
                }
            }
        }
    }

    fn look_at_parameters_and_responses(&mut self) {
        for name in self.keys("/components/parameters") {
            let at = format!("/components/parameters/{}", step(&name));
            if !self.pages.has_row(&at) && !self.is_marked(&at) {
                self.gaps.insert(at.clone());
            }
            for keyword in ["required", "deprecated"] {
                self.look_at_limit(&at, keyword);
            }
            self.look_at_schema(&format!("{at}/schema"), Side::Request);
        }
        for name in self.keys("/components/responses") {
            let at = format!("/components/responses/{}", step(&name));
            if !self.pages.support(&at) && !self.is_marked(&at) {
                self.gaps.insert(at);
            }
        }
    }

    fn look_at_bodies(&mut self) {
        for path in self.keys("/paths") {
            let path = format!("/paths/{}", step(&path));
            for method in self.keys(&path) {
                for (body, side) in [
                    ("requestBody", Side::Request),
                    ("responses/200", Side::Answer),
                ] {
                    let body = self.resolve(&format!("{path}/{method}/{body}"));
                    self.look_at_schema(&format!("{body}/content/application~1json/schema"), side);
                }
            }
        }
    }

    fn look_at_schema(&mut self, at: &str, side: Side) {
        let schema = self.resolve(at);
        if self.get(&schema).is_null() || !self.visited.insert(schema.clone()) {
            return;
        }
        for keyword in LIMITS {
            self.look_at_limit(&schema, keyword);
        }
        self.look_at_required(&schema);
        for name in self.keys(&format!("{schema}/properties")) {
            let property = format!("{schema}/properties/{}", step(&name));
            let is_supported = match side {
                Side::Request => self.pages.has_row(&property) || self.pages.support(&property),
                Side::Answer => self.is_seen(&property) || self.pages.support(&property),
            };
            let is_marked = self.is_marked(&property)
                || self.marks(&schema, &name)
                || self.marks(&self.resolve(&property), &name);
            if !is_supported && !is_marked {
                self.gaps.insert(property.clone());
            }
            self.look_at_schema(&property, side);
        }
        for part in self.keys_of_list(&format!("{schema}/allOf")) {
            self.look_at_schema(&part, side);
        }
        self.look_at_schema(&format!("{schema}/items"), side);
        self.look_at_schema(&format!("{schema}/additionalProperties"), side);
    }

    fn keys_of_list(&self, at: &str) -> Vec<String> {
        let count = self.get(at).as_array().map_or(0, Vec::len);
        (0..count).map(|index| format!("{at}/{index}")).collect()
    }

    /// Whether an example has a value for the property, so that its type is known, or the document gives no type.
    fn is_seen(&self, at: &str) -> bool {
        let items = format!("{at}/items");
        match self.get(&items) {
            Value::Null => {
                self.valued.contains(at) || self.get(&self.resolve(at))["type"].is_null()
            }
            _ => self.is_seen(&items),
        }
    }

    fn look_at_limit(&mut self, schema: &str, keyword: &str) {
        let at = format!("{schema}/{keyword}");
        let value = self.get(&at);
        let is_limit =
            !value.is_null() && *value != true && *value != "int64" && !value.is_object();
        let is_flag = ["required", "deprecated"].contains(&keyword) && *value == true;
        if (is_limit || is_flag) && !self.pages.support(&at) && !self.is_marked(schema) {
            self.gaps.insert(at);
        }
    }

    /// Each required property needs a star, or a sentence about all of them.
    fn look_at_required(&mut self, schema: &str) {
        let at = format!("{schema}/required");
        if self.pages.support(&at) || self.is_marked(schema) {
            return;
        }
        for name in self.get(&at).as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !self
                .pages
                .stars(&format!("{schema}/properties/{}", step(name)))
            {
                self.gaps.insert(format!("{at}: {name}"));
            }
        }
    }
}
