//! JSON that is kept as text: a value that is parsed on demand, and the members of an object.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON value of free form, kept as text and parsed on demand.
///
/// Requests and answers hold data whose keys differ between accounts (`meta`, `fields`, `clientDetails`, …). The text
/// is kept byte for byte, so numbers of any size and the order of keys survive. Most callers never read this data in an
/// answer, and parsing it would take most of the time of decoding.
///
/// Two values are equal when their texts are. `Debug` prints the length only: the content may be personal data.
///
/// ```
/// use acquire_io_api::RawJson;
///
/// let fields: RawJson = serde_json::from_str(r#"{ "city": "Oslo" }"#)?;
/// assert_eq!(fields.get(), r#"{ "city": "Oslo" }"#);
///
/// #[derive(serde::Deserialize)]
/// struct Fields { city: String }
/// assert_eq!(fields.parse::<Fields>()?.city, "Oslo");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Writes a value as JSON.
    ///
    /// # Errors
    /// When the value can't be written as JSON, for example a map whose keys aren't strings.
    pub fn from_value(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// The JSON text, as it was received.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Parses the text as a `T`.
    ///
    /// # Errors
    /// When the JSON isn't a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.get())
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for RawJson {}

impl From<Box<RawValue>> for RawJson {
    fn from(value: Box<RawValue>) -> Self {
        Self(value)
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.get().len())
    }
}

/// Any JSON value.
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for RawJson {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RawJson".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        true.into()
    }
}

/// The members of a JSON object, in order. With the value type `&RawValue` or `Box<RawValue>`, each value is kept as text.
///
/// Unlike a map it keeps a key that occurs twice, so that a reader can refuse it: parsers differ in which value they take.
///
/// ```
/// use acquire_io_api::Members;
/// use serde_json::value::RawValue;
///
/// let members: Members<&RawValue> = serde_json::from_str(r#"{"b": 1e999, "a": [1], "b": 2}"#)?;
/// assert_eq!(members.repeated().collect::<Vec<_>>(), ["b"]);
/// assert_eq!(serde_json::to_string(&members)?, r#"{"b":1e999,"a":[1],"b":2}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct Members<V>(pub Vec<(String, V)>);

impl<V> Members<V> {
    /// The keys that an earlier member has too.
    pub fn repeated(&self) -> impl Iterator<Item = &str> {
        let mut seen = HashSet::new();
        let keys = self.0.iter().map(|(key, _)| key.as_str());
        keys.filter(move |key| !seen.insert(*key))
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for InOrder<V> {
            type Value = Members<V>;

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

        deserializer.deserialize_map(InOrder(PhantomData))
    }
}

impl<V: Serialize> Serialize for Members<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Prints the number of members only.
impl<V> fmt::Debug for Members<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Members({})", self.0.len())
    }
}
