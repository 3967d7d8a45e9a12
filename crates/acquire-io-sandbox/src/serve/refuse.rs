//! Refusals as answers.

use axum::body::Body;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use crate::check::Refusal;

/// In the documented envelope.
pub(super) fn refused(refusal: &Refusal) -> Response<Bytes> {
    let mut answer = json(refusal.status, &refusal.envelope());
    let allow = refusal
        .allow
        .as_ref()
        .and_then(|it| it.as_str().parse().ok());
    if let Some(allow) = allow {
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}

pub(super) fn json(status: StatusCode, value: &Value) -> Response<Bytes> {
    // In no more memory than it needs: the ledger keeps it.
    let text = value.to_string().into_bytes().into_boxed_slice();
    let mut answer = Response::new(Bytes::from(text));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        refused(&self).map(Body::from)
    }
}

/// Takes an extractor's rejection for a refusal.
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
