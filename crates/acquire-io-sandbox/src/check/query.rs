//! The query of a request.

use std::collections::BTreeMap;

use http::Uri;
use serde_json::Value;

use super::document::{Document, Endpoint};
use super::schema::undeclared;
use crate::refusal::Refusal;

/// The parameters of a request, each as the document's type.
pub(crate) struct Query(BTreeMap<String, Value>);

impl Query {
    /// Reads the parameters that the document declares. Others are refused if the document is strict, else ignored.
    pub(crate) fn read(
        document: &Document,
        endpoint: &Endpoint,
        uri: &Uri,
    ) -> Result<Self, Refusal> {
        let mut parameters = BTreeMap::new();
        for (name, text) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            let Some(schema) = endpoint.parameters.get(&*name) else {
                if document.is_strict() {
                    return Err(Refusal::invalid(undeclared("query#", &name, "parameter")));
                }
                continue;
            };
            let at = format!("query#/{name}");
            let value = match text.parse::<i64>().map(Value::from) {
                Ok(number) if schema.allows(&number) => number,
                _ => {
                    let text = Value::from(text);
                    schema.check(&at, &text)?;
                    text
                }
            };
            if parameters.insert(name.into_owned(), value).is_some() {
                return Err(Refusal::invalid(format!(
                    "{at}: the parameter is given twice"
                )));
            }
        }
        Ok(Self(parameters))
    }

    /// Which side sends, `user` or `contact`, in either of the two spellings.
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
