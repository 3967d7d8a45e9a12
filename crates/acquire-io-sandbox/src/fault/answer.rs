//! An answer that a fault gives.

use std::collections::BTreeMap;

use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refusal::envelope;

const JSON: &str = "application/json; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";

/// An answer that a fault gives, see [`FaultRule::answer`](crate::FaultRule::answer).
///
/// ```
/// use acquire_io_sandbox::{Answer, FaultRule};
///
/// let busy = FaultRule::answer(Answer::new(503).header("retry-after", "1"));
/// let portal = FaultRule::answer(Answer::new(200).body("<p>Log in").content_type("text/html"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
#[must_use]
pub struct Answer {
    /// From 200 to 999.
    pub status: u16,
    /// Headers, for example `retry-after`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// By default JSON if the body is JSON, else plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// A text is sent as it is, anything else as JSON. By default the documented envelope if the status is an error,
    /// else nothing. Not allowed with 204 and 304.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Whether the message is accepted nevertheless, so that the answer is untrue. By default false.
    #[serde(default)]
    pub accept: bool,
}

impl Answer {
    /// An answer with a status from 200 to 999.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: BTreeMap::new(),
            content_type: None,
            body: None,
            accept: false,
        }
    }

    /// Adds a header, in place of one with the same name.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the body: a text is sent as it is, anything else as JSON.
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the header `content-type`.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Accepts the message nevertheless, so that the answer is untrue.
    pub fn but_accept(mut self) -> Self {
        self.accept = true;
        self
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let status = StatusCode::from_u16(self.status).ok();
        if status.is_none_or(|status| status.is_informational()) {
            return Err(format!("status {} is not from 200 to 999", self.status));
        }
        if matches!(self.status, 204 | 304) && self.body.is_some() {
            return Err(format!("an answer with status {} has no body", self.status));
        }
        let content_type = self
            .content_type
            .iter()
            .map(|it| ("content-type", it.as_str()));
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        headers
            .chain(content_type)
            .try_for_each(|(name, value)| header(name, value).map(drop))
    }

    /// The answer as it is sent.
    pub(super) fn response(&self) -> Response<Bytes> {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let (body, default_type) = match &self.body {
            Some(Value::String(text)) if is_json(text) => (text.clone().into(), JSON),
            Some(Value::String(text)) => (text.clone().into(), PLAIN),
            Some(json) => (json.to_string().into(), JSON),
            None => (default_body(status), JSON),
        };
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        let content_type = self.content_type.as_deref().unwrap_or(default_type);
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in [("content-type", content_type)].into_iter().chain(headers) {
            // `check` has refused invalid ones.
            if let Ok((name, value)) = header(name, value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

impl From<u16> for Answer {
    fn from(status: u16) -> Self {
        Self::new(status)
    }
}

/// Whether a text is a JSON object or array.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The documented envelope for an error, else nothing.
fn default_body(status: StatusCode) -> Bytes {
    if !status.is_client_error() && !status.is_server_error() {
        return Bytes::new();
    }
    let reason = status.canonical_reason().unwrap_or("an error");
    envelope(status, &format!("{reason}, on purpose"))
        .to_string()
        .into()
}

/// A header of an answer, unless it is one that would break the framing.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = name
        .parse()
        .map_err(|_| format!("{name:?} is not the name of a header"))?;
    if [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE].contains(&parsed) {
        return Err(format!("the server itself sets the header {name}"));
    }
    let value = value
        .parse()
        .map_err(|_| format!("header {name}: {value:?} can't be sent"))?;
    Ok((parsed, value))
}
