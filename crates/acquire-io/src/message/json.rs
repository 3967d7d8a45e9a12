//! JSON that is kept as text: values of free form, and values to set in a request's body.

use acquire_io_api::{Members, RawJson};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// JSON of free form from a caller, or the fact that the value could not be written as JSON.
#[derive(Clone, PartialEq)]
pub(crate) enum Free {
    Json(RawJson),
    NotJson,
}

impl Free {
    pub(crate) fn new(value: &(impl Serialize + ?Sized)) -> Self {
        to_raw_value(value).map_or(Self::NotJson, |value| Self::Json(value.into()))
    }

    /// The items of a list. Any other value is a single item.
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

    /// Adds all keys and strings in it.
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

/// Values to set in a request's JSON, by JSON pointer.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Additions(pub(crate) Vec<(String, Free)>);

impl Additions {
    /// Sets a value. Replaces an earlier one at the same pointer.
    pub(crate) fn set(&mut self, pointer: String, value: Free) {
        match self.0.iter_mut().find(|(taken, _)| *taken == pointer) {
            Some((_, old)) => *old = value,
            None => self.0.push((pointer, value)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Free)> {
        self.0
            .iter()
            .map(|(pointer, value)| (pointer.as_str(), value))
    }
}

impl Serialize for Additions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (pointer, value) in &self.0 {
            map.serialize_entry(pointer, value)?;
        }
        map.end()
    }
}

/// The items of a list.
pub(crate) fn items(list: &str) -> Vec<&RawValue> {
    serde_json::from_str(list).unwrap_or_default()
}

fn collect_texts(json: &str, texts: &mut Vec<String>) {
    match json.as_bytes().first() {
        Some(b'{') => {
            let members = serde_json::from_str::<Members<&RawValue>>(json);
            for (name, value) in members.into_iter().flat_map(|members| members.0) {
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
    let value = value.map(serde_json::from_str).transpose().ok()?;
    let edited = edit_at(json, &steps(pointer)?, value)?;
    Some(edited.get().to_owned())
}

/// The unescaped parts of a JSON pointer. None for the pointer to the whole document, and for an invalid one.
pub(crate) fn steps(pointer: &str) -> Option<Vec<String>> {
    let steps = pointer.strip_prefix('/')?.split('/');
    let unescaped = |step: &str| {
        let mut parts = step.split('~');
        let mut text = parts.next()?.to_owned();
        for part in parts {
            text.push(match part.as_bytes().first()? {
                b'0' => '~',
                b'1' => '/',
                _ => return None,
            });
            text.push_str(&part[1..]);
        }
        Some(text)
    };
    steps.map(unescaped).collect()
}

fn edit_at(json: &str, steps: &[String], value: Option<&RawValue>) -> Option<Box<RawValue>> {
    let (step, rest) = steps.split_first()?;
    let edited;
    if json.starts_with('[') {
        let index = step.parse::<usize>().ok()?;
        let is_index = index.to_string() == *step && !rest.is_empty();
        let mut items = items(json);
        let item = items.get_mut(index).filter(|_| is_index)?;
        edited = edit_at(item.get(), rest, value)?;
        *item = &edited;
        return to_raw_value(&items).ok();
    }
    let Members(mut members) = serde_json::from_str(json).ok()?;
    let at = members.iter().position(|(name, _)| name == step);
    match (rest, value, at) {
        ([], Some(value), Some(at)) => members[at].1 = value,
        ([], Some(value), None) => members.push((step.clone(), value)),
        ([], None, Some(at)) => drop(members.remove(at)),
        ([], None, None) => {}
        (rest, value, at) => {
            edited = edit_at(members[at?].1.get(), rest, value)?;
            members[at?].1 = &edited;
        }
    }
    to_raw_value(&Members(members)).ok()
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
            ("/b/c/00/d", Some("1"), None),
            ("/b/x~", Some("1"), None),
            ("/b/x~2", Some("1"), None),
        ];
        for (pointer, value, expected) in table {
            assert_eq!(edit(body, pointer, value).as_deref(), expected, "{pointer}");
        }
    }
}
