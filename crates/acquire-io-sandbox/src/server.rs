//! The three endpoints over HTTP.

use std::sync::Arc;

use acquire_io_api::types::{ChatMessageRequest, MailMessageRequest, SmsRequest, UserType};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::Answers;
use crate::ledger::{Ledger, Received};

/// Bounds a request's body, in bytes.
const REQUEST_LIMIT: usize = 16 * 1024 * 1024;

struct Server {
    ledger: Arc<Ledger>,
    authorization: String,
    answers: Answers,
}

/// Why a request is refused: the status, the code and the message of the documented envelope.
type Refusal = (StatusCode, &'static str, String);

pub(crate) fn router(ledger: Arc<Ledger>, api_key: String) -> Router {
    let server = Server {
        ledger,
        authorization: format!("Bearer {api_key}"),
        answers: Answers::default(),
    };
    Router::new()
        .route("/api/v1/crm/messenger/chat/add-message", post(chat))
        .route("/api/v1/mail/add-message", post(mail))
        .route("/api/v1/voip/send-sms", post(sms))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(DefaultBodyLimit::max(REQUEST_LIMIT))
        .with_state(Arc::new(server))
}

#[derive(Deserialize)]
struct ChatQuery {
    #[serde(rename = "x-user-type", alias = "-x-user-type")]
    user_type: Option<UserType>,
    #[serde(rename = "contactId")]
    contact_id: Option<i64>,
}

async fn chat(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = server
        .read::<ChatMessageRequest>(&headers, &body)
        .and_then(|request| {
            let query: ChatQuery = read_query(&uri)?;
            Ok(server
                .answers
                .chat(&request, query.user_type, query.contact_id))
        });
    server.finish(method, uri, headers, body, answer)
}

async fn mail(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = server
        .read::<MailMessageRequest>(&headers, &body)
        .map(|request| server.answers.mail(&request.data));
    server.finish(method, uri, headers, body, answer)
}

async fn sms(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = server
        .read::<SmsRequest>(&headers, &body)
        .map(|request| server.answers.sms(&request));
    server.finish(method, uri, headers, body, answer)
}

async fn unknown(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let refusal = (
        StatusCode::NOT_FOUND,
        "ERROR_RECORD_NOT_FOUND",
        format!("there is no endpoint {method} {}", uri.path()),
    );
    server.finish(method, uri, headers, body, Err(refusal))
}

fn read_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Refusal> {
    serde_urlencoded::from_str(uri.query().unwrap_or_default())
        .map_err(|error| invalid(format!("query: {error}")))
}

fn invalid(message: String) -> Refusal {
    (StatusCode::BAD_REQUEST, "ERROR_INVALID_INPUT", message)
}

impl Server {
    fn read<T: DeserializeOwned>(&self, headers: &HeaderMap, body: &[u8]) -> Result<T, Refusal> {
        let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        if authorization != Some(self.authorization.as_bytes()) {
            let message = match authorization {
                None => "the header `Authorization: Bearer <API key>` is missing",
                Some(_) => "the API key is not the one of this sandbox",
            };
            return Err((
                StatusCode::UNAUTHORIZED,
                "ERROR_UNAUTHORIZED",
                message.to_owned(),
            ));
        }
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.starts_with("application/json")) {
            return Err(invalid(
                "the header `Content-Type: application/json` is missing".to_owned(),
            ));
        }
        serde_json::from_slice(body).map_err(|error| invalid(format!("body: {error}")))
    }

    /// Records the request and makes the answer.
    fn finish(
        &self,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
        answer: Result<Value, Refusal>,
    ) -> Response {
        let (status, answer) = match answer {
            Ok(answer) => (StatusCode::OK, answer),
            Err((status, code, message)) => (
                status,
                json!({"error": {"code": code, "message": message, "data": null}}),
            ),
        };
        self.ledger.record(Received {
            method,
            uri,
            headers,
            body,
            status,
        });
        let headers = [
            (
                CONTENT_TYPE,
                HeaderValue::from_static("application/json; charset=utf-8"),
            ),
            // So that it can't be taken for the real server.
            (
                HeaderName::from_static("x-acquire-sandbox"),
                HeaderValue::from_static("true"),
            ),
        ];
        (status, headers, answer.to_string()).into_response()
    }
}
