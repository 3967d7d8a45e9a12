//! Checks requests against the document.

mod document;
mod json;
mod query;
mod schema;

pub use document::Operation;
pub(crate) use document::{Document, Endpoint};
pub(crate) use query::Query;

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;

use crate::refusal::Refusal;

/// The API key of a request.
pub(crate) fn api_key(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Refusal::unauthorized(
            "exactly one header `Authorization: Bearer <API key>` is needed",
        ));
    };
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() => Ok(key),
        _ => Err(Refusal::unauthorized(
            "the header `Authorization` is not of the form `Bearer <API key>`",
        )),
    }
}

/// Whether a request declares its body as JSON, in any charset.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let media_type = value.to_str().unwrap_or_default().split(';').next();
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

/// A request's body, if the document allows it.
pub(crate) fn body(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, Refusal> {
    if !is_json(headers) {
        return Err(Refusal::invalid(
            "the header `Content-Type: application/json` is missing",
        ));
    }
    let value = json::parse(body).map_err(|error| Refusal::invalid(format!("body#: {error}")))?;
    endpoint.body.check("body#", &value)?;
    Ok(value)
}
