//! JSON that is kept as text: reading the members of an object, checking free values, changing a body.

use std::fmt;

use acquire_io_api::RawJson;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// The members of an object, in their order.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl Members<'_> {
    /// The names that an earlier member has too.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = &str> {
        let mut seen = std::collections::HashSet::new();
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names.filter(move |name| !seen.insert(*name))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

pub(crate) const NO_OBJECT: &str = "is not a JSON object";

/// How deep free JSON may be. serde_json, and most other parsers, read no deeper by default.
const DEEPEST: usize = 100;

/// JSON of free form that a caller gave: a text, or the fact that the value could not be written as JSON.
#[derive(Clone, PartialEq)]
pub(crate) enum Free {
    Json(RawJson),
    NotJson,
}

impl Free {
    pub(crate) fn new(value: &(impl Serialize + ?Sized)) -> Self {
        to_raw_value(value).map_or(Self::NotJson, |value| Self::Json(value.into()))
    }

    /// Splits a list into its items. Another value is the only item.
    pub(crate) fn into_items(self) -> Vec<Self> {
        let items = match &self {
            Self::Json(list) => list.parse::<Vec<Box<RawValue>>>().ok(),
            Self::NotJson => None,
        };
        match items {
            Some(items) => items
                .into_iter()
                .map(|item| Self::Json(item.into()))
                .collect(),
            None => vec![self],
        }
    }

    pub(crate) fn json(&self) -> Option<&RawJson> {
        match self {
            Self::Json(json) => Some(json),
            Self::NotJson => None,
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        self.json().is_none_or(|json| json.get().starts_with('{'))
    }

    /// What keeps it from being sent.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Json(json) => check(json.get(), 1).err(),
            Self::NotJson => Some("can't be written as JSON"),
        }
    }

    /// Adds the texts within it: its keys and strings.
    pub(crate) fn collect_texts(&self, texts: &mut Vec<String>) {
        if let Some(json) = self.json() {
            collect_texts(json.get(), texts);
        }
    }
}

impl Serialize for Free {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(json) => json.serialize(serializer),
            Self::NotJson => Err(S::Error::custom("a value of it can't be written as JSON")),
        }
    }
}

/// Refuses duplicate keys at any depth. Leaves numbers alone, which may be of any size.
fn check(json: &str, depth: usize) -> Result<(), &'static str> {
    if depth > DEEPEST {
        return Err("is nested too deep: 100 levels at most");
    }
    match json.as_bytes().first() {
        Some(b'{') => {
            let members: Members<'_> =
                serde_json::from_str(json).map_err(|_| "has a key that is no text")?;
            if members.repeated().next().is_some() {
                return Err("has an object with the same key twice");
            }
            members
                .0
                .iter()
                .try_for_each(|(_, value)| check(value.get(), depth + 1))
        }
        Some(b'[') => items(json)
            .iter()
            .try_for_each(|item| check(item.get(), depth + 1)),
        _ => Ok(()),
    }
}

fn items(list: &str) -> Vec<&RawValue> {
    serde_json::from_str(list).unwrap_or_default()
}

fn collect_texts(json: &str, texts: &mut Vec<String>) {
    match json.as_bytes().first() {
        Some(b'{') => {
            let members = serde_json::from_str(json).unwrap_or(Members(Vec::new()));
            for (name, value) in members.0 {
                texts.push(name);
                collect_texts(value.get(), texts);
            }
        }
        Some(b'[') => {
            for item in items(json) {
                collect_texts(item.get(), texts);
            }
        }
        Some(b'"') => texts.extend(serde_json::from_str::<String>(json)),
        _ => {}
    }
}

/// Sets the value at a JSON pointer (RFC 6901), or removes it. The rest of the text stays as it is.
///
/// None when there is no such place: the last part of a pointer is a key, and the object before it must exist.
pub(crate) fn edit(json: &str, pointer: &str, value: Option<&str>) -> Option<String> {
    let steps: Vec<_> = pointer
        .strip_prefix('/')?
        .split('/')
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect();
    edit_at(json, &steps, value)
}

fn edit_at(json: &str, steps: &[String], value: Option<&str>) -> Option<String> {
    let (step, rest) = steps.split_first()?;
    let mut parts: Vec<(Option<String>, String)>;
    if json.starts_with('{') {
        let Members(members) = serde_json::from_str(json).ok()?;
        let members = members.into_iter();
        parts = members
            .map(|(name, value)| (Some(name), value.get().to_owned()))
            .collect();
        let at = parts.iter().position(|part| part.0.as_ref() == Some(step));
        match (rest, value, at) {
            ([], Some(value), Some(at)) => parts[at].1 = value.to_owned(),
            ([], Some(value), None) => parts.push((Some(step.clone()), value.to_owned())),
            ([], None, Some(at)) => drop(parts.remove(at)),
            ([], None, None) => {}
            (rest, value, at) => parts[at?].1 = edit_at(&parts[at?].1, rest, value)?,
        }
    } else if json.starts_with('[') && !rest.is_empty() {
        parts = items(json)
            .into_iter()
            .map(|item| (None, item.get().to_owned()))
            .collect();
        let item = parts.get_mut(step.parse::<usize>().ok()?)?;
        item.1 = edit_at(&item.1, rest, value)?;
    } else {
        return None;
    }
    let parts: Option<Vec<String>> = parts
        .into_iter()
        .map(|(name, value)| match name {
            Some(name) => Some(format!("{}:{value}", serde_json::to_string(&name).ok()?)),
            None => Some(value),
        })
        .collect();
    let parts = parts?.join(",");
    Some(match json.starts_with('{') {
        true => format!("{{{parts}}}"),
        false => format!("[{parts}]"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_keeps_the_rest_of_the_text() {
        let body = r#"{"a":1e999,"b":{"c":[{"d":19.90}],"x/y~":"é"}}"#;
        #[rustfmt::skip]
        let table = [
            ("/a", Some("2"), Some(r#"{"a":2,"b":{"c":[{"d":19.90}],"x/y~":"é"}}"#)),
            ("/b/e", Some("[0.10]"), Some(r#"{"a":1e999,"b":{"c":[{"d":19.90}],"x/y~":"é","e":[0.10]}}"#)),
            ("/b/x~1y~0", None, Some(r#"{"a":1e999,"b":{"c":[{"d":19.90}]}}"#)),
            ("/b/c/0/d", Some("1.0"), Some(r#"{"a":1e999,"b":{"c":[{"d":1.0}],"x/y~":"é"}}"#)),
            ("/b/none", None, Some(body)),
            ("", Some("1"), None),
            ("a", Some("1"), None),
            ("/a/b", Some("1"), None),
            ("/none/b", Some("1"), None),
            ("/b/c/0", Some("1"), None),
            ("/b/c/1/d", Some("1"), None),
        ];
        for (pointer, value, expected) in table {
            assert_eq!(edit(body, pointer, value).as_deref(), expected, "{pointer}");
        }
    }

    #[test]
    fn duplicate_keys_are_found_at_any_depth() {
        let problem = |text: &str| Free::Json(serde_json::from_str(text).unwrap()).problem();
        assert_eq!(problem(r#"{"a":[{"b":1e999,"c":{}}],"d":"e"}"#), None);
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"[{"a":[[{"b":1,"\u0062":2}]]}]"#,
            r#"{"x":{"a":{},"b":2,"a":{}}}"#,
        ] {
            assert_eq!(problem(text), Some("has an object with the same key twice"));
        }
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(problem(&deep(99)), None);
        assert!(problem(&deep(101)).is_some());
    }
}
