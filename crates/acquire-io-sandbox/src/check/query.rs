//! The query of a request.

use std::collections::BTreeMap;

use http::Uri;
use serde_json::Value;

use super::document::{Document, Endpoint};
use super::refusal::Refusal;

/// The parameters of a request, each as the document's type.
#[derive(Default)]
pub(crate) struct Query(BTreeMap<String, Value>);

impl Query {
    /// Reads the parameters that the document declares. Others are refused when the document is read
    /// strictly, and passed over otherwise.
    pub(crate) fn read(
        document: &Document,
        endpoint: &Endpoint,
        uri: &Uri,
    ) -> Result<Self, Refusal> {
        let text = uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text)
            .map_err(|error| Refusal::invalid(format!("query#: {error}")))?;
        let mut parameters = BTreeMap::new();
        for (name, text) in pairs {
            let Some(schema) = endpoint.parameters.get(&name) else {
                if document.is_strict() {
                    return Err(Refusal::invalid(format!(
                        "query#/{name}: the document declares no such parameter (rule: parameters)"
                    )));
                }
                continue;
            };
            // As a number if the document wants one, else as text.
            let number = text.parse::<i64>().ok().map(Value::from);
            let text = Value::from(text);
            let value = number.unwrap_or_else(|| text.clone());
            let value = match schema.check("query", &value) {
                Ok(()) => value,
                Err(_) => {
                    schema.check(&format!("query#/{name}"), &text)?;
                    text
                }
            };
            if parameters.insert(name.clone(), value).is_some() {
                return Err(Refusal::invalid(format!(
                    "query#/{name}: the parameter stands twice (rule: parameters)"
                )));
            }
        }
        Ok(Self(parameters))
    }

    /// Which side sends, `user` or `contact`, in whichever of the two spellings.
    pub(crate) fn user_type(&self) -> Result<Option<&str>, Refusal> {
        let newest = self.0.get("x-user-type").and_then(Value::as_str);
        let older = self.0.get("-x-user-type").and_then(Value::as_str);
        match (newest, older) {
            (Some(newest), Some(older)) if newest != older => Err(Refusal::invalid(
                "query#/x-user-type: contradicts -x-user-type, send one of the two",
            )),
            _ => Ok(newest.or(older)),
        }
    }

    pub(crate) fn contact_id(&self) -> Option<i64> {
        self.0.get("contactId").and_then(Value::as_i64)
    }
}
