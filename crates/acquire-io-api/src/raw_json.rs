//! JSON that is kept as text and parsed on demand.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A JSON value of free form, kept as text and parsed on demand.
///
/// Requests and answers hold data whose keys differ between accounts (`meta`, `fields`, `clientDetails`, …). The text
/// is kept byte for byte, so numbers of any size and the order of keys survive. Most callers never look at that of
/// an answer, and parsing it would take most of the time of decoding one.
///
/// Two are equal when their texts are. `Debug` prints the length only: the content may be personal data.
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

    /// Parses the text.
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
