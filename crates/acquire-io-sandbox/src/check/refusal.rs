//! Why a request is refused.

use http::StatusCode;
use serde_json::{Value, json};

/// The longest message of a refusal, in characters: it may quote what the request holds.
const MESSAGE_LIMIT: usize = 1_000;

/// The status, and what the documented envelope says.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    code: &'static str,
    message: String,
    /// For the header `Allow`.
    pub(crate) allow: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_LIMIT) {
            message.truncate(end);
            message.push('…');
        }
        Self {
            status,
            code,
            message,
            allow: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ERROR_INVALID_INPUT", message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "ERROR_UNAUTHORIZED", message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "ERROR_UNAUTHORIZED_ACCESS", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "ERROR_RECORD_NOT_FOUND", message)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "ERROR_INVALID_INPUT",
            format!("the body is longer than {limit} bytes"),
        )
    }

    pub(crate) fn wrong_method(allow: &str) -> Self {
        Self {
            allow: Some(allow.to_owned()),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "ERROR_INVALID_INPUT",
                format!("the method must be {allow}"),
            )
        }
    }

    /// The documented envelope.
    pub(crate) fn envelope(&self) -> Value {
        envelope(self.code, &self.message)
    }
}

/// An error in the documented form.
pub(crate) fn envelope(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "data": null}})
}
