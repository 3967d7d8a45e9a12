//! Why a request is refused, and the answer that says so.
//!
//! Who may ask is decided in `access.rs`, what the document allows in `check`, and what the account knows in
//! `account.rs`; `serve/api.rs` asks them in this order.

use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

/// The longest message of a refusal, in characters: it may quote what the request holds.
const MESSAGE_LIMIT: usize = 1_000;

/// The status, and what the documented envelope says.
#[derive(Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// For the header `Allow`.
    pub(crate) allow: Option<Method>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_LIMIT) {
            message.truncate(end);
            message.push('…');
        }
        Self {
            status,
            message,
            allow: None,
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("the body is longer than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub(crate) fn late(limit: Duration) -> Self {
        let message = format!("the body did not arrive within {limit:?}");
        Self::new(StatusCode::REQUEST_TIMEOUT, message)
    }

    pub(crate) fn wrong_method(allow: Method) -> Self {
        let message = format!("the method must be {allow}");
        Self {
            allow: Some(allow),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, message)
        }
    }

    /// The answer, in the documented envelope.
    pub(crate) fn answer(&self) -> Response<Bytes> {
        let mut answer = json_answer(self.status, &envelope(self.status, &self.message));
        let allow = self.allow.as_ref().and_then(|it| it.as_str().parse().ok());
        if let Some(allow) = allow {
            answer.headers_mut().insert(ALLOW, allow);
        }
        answer
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.answer().map(Body::from)
    }
}

/// Turns the rejection of an extractor into a refusal.
macro_rules! refuse {
    ($($rejection:ty),*) => {
        $(impl From<$rejection> for Refusal {
            fn from(rejection: $rejection) -> Self {
                Self::new(rejection.status(), rejection.body_text())
            }
        })*
    };
}
refuse!(JsonRejection, QueryRejection, PathRejection);

/// An error in the documented envelope, with the documented code for its status.
pub(crate) fn envelope(status: StatusCode, message: &str) -> Value {
    let code = match status {
        StatusCode::UNAUTHORIZED => "ERROR_UNAUTHORIZED",
        StatusCode::FORBIDDEN => "ERROR_UNAUTHORIZED_ACCESS",
        StatusCode::NOT_FOUND => "ERROR_RECORD_NOT_FOUND",
        status if status.is_client_error() => "ERROR_INVALID_INPUT",
        _ => "ERROR_SERVER_ERROR",
    };
    json!({"error": {"code": code, "message": message, "data": null}})
}

/// An answer in JSON.
pub(crate) fn json_answer(status: StatusCode, value: &Value) -> Response<Bytes> {
    // In no more memory than it needs: the ledger keeps it.
    let text = value.to_string().into_bytes().into_boxed_slice();
    let mut answer = Response::new(Bytes::from(text));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}
