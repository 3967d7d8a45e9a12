//! What happens to one request.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, StatusCode};
use http_body::Frame;
use serde_json::Value;
use tokio::time::{Sleep, sleep};

use super::action::{Action, Stage, header};
use crate::check::envelope;
use crate::net::{Connection, Ending};

/// How long a hanging request is kept.
const HANG: Duration = Duration::from_secs(3_600);
/// How much of an answer's head is written by default: `HTTP/1.1 200`, with nothing after it.
const HEAD_PART: usize = 12;
/// How long written bytes take to leave, before the connection is broken behind them.
const SETTLE: Duration = Duration::from_millis(20);

/// What the rules chose for a request.
#[derive(Default)]
pub(crate) struct Fault {
    pub(crate) delay: Duration,
    pub(crate) action: Option<Action>,
    /// The rule's name.
    pub(crate) label: Option<String>,
    /// How often the rule has acted, this time included.
    pub(crate) turn: u64,
}

impl Fault {
    /// The stage at which the exchange ends for good.
    pub(crate) fn stops_at(&self) -> Option<Stage> {
        match self.action {
            Some(Action::Break { stage, .. } | Action::Hang { stage }) => Some(stage),
            _ => None,
        }
    }

    /// How much of the request's body is read before it.
    pub(crate) fn part(&self) -> usize {
        match self.action {
            Some(Action::Break {
                bytes: Some(bytes), ..
            }) => bytes,
            _ => 1,
        }
    }

    /// The answer that stands in for the sandbox's own.
    pub(crate) fn answer(&self) -> Option<Response<Bytes>> {
        let mut answer = Response::default();
        match self.action.as_ref()? {
            Action::Answer {
                status,
                headers,
                content_type,
                body,
                ..
            } => {
                *answer.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
                let default_type = match body {
                    Some(Value::String(_)) => "text/plain; charset=utf-8",
                    _ => "application/json; charset=utf-8",
                };
                *answer.body_mut() = match body {
                    Some(Value::String(text)) => text.clone().into(),
                    Some(json) => json.to_string().into(),
                    None => default_body(answer.status()),
                };
                let content_type = content_type.as_deref().unwrap_or(default_type);
                let content_type = [("content-type", content_type)];
                let headers = headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                for (name, value) in content_type.into_iter().chain(headers) {
                    // The rule was checked.
                    if let Ok((name, value)) = header(name, value) {
                        answer.headers_mut().insert(name, value);
                    }
                }
            }
            Action::Redirect { status, location } => {
                *answer.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
                if let Ok((name, value)) = header("location", location) {
                    answer.headers_mut().insert(name, value);
                }
            }
            _ => return None,
        }
        Some(answer)
    }

    /// Breaks the connection or keeps it waiting, and never returns; returns if it does neither.
    pub(crate) async fn stop(&self, connection: &Connection) {
        match self.action {
            Some(Action::Break { how, .. }) => {
                connection.end(how);
                pending::<()>().await;
            }
            Some(Action::Hang { .. }) => {
                sleep(HANG).await;
                connection.end(Ending::Close);
                pending::<()>().await;
            }
            _ => {}
        }
    }

    /// The answer as it goes out: whole, or cut.
    pub(crate) fn cut(&self, answer: Response<Bytes>, connection: &Connection) -> Response {
        let (mut head, body) = answer.into_parts();
        let length = body.len();
        let part = |bytes: Option<usize>| body.slice(..bytes.unwrap_or(length / 2).min(length));
        let cut = match self.action {
            Some(Action::Break {
                stage: Stage::AnswerHead,
                how,
                bytes,
            }) => {
                connection.cut_after(bytes.unwrap_or(HEAD_PART).max(1), how);
                None
            }
            Some(Action::Break {
                stage: Stage::AnswerBody,
                how,
                bytes,
            }) => Some((part(bytes), SETTLE, how)),
            Some(Action::Hang {
                stage: Stage::AnswerBody,
            }) => Some((part(None), HANG, Ending::Close)),
            _ => None,
        };
        let Some((part, wait, how)) = cut else {
            return Response::from_parts(head, body.into());
        };
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
        let cut = CutBody {
            part: Some(part),
            connection: connection.clone(),
            wait,
            waiting: None,
            how,
        };
        Response::from_parts(head, Body::new(cut))
    }
}

fn default_body(status: StatusCode) -> Bytes {
    if !status.is_client_error() && !status.is_server_error() {
        return Bytes::new();
    }
    let code = match status {
        StatusCode::UNAUTHORIZED => "ERROR_UNAUTHORIZED",
        StatusCode::FORBIDDEN => "ERROR_UNAUTHORIZED_ACCESS",
        StatusCode::NOT_FOUND => "ERROR_RECORD_NOT_FOUND",
        status if status.is_client_error() => "ERROR_INVALID_INPUT",
        _ => "ERROR_SERVER_ERROR",
    };
    let reason = status.canonical_reason().unwrap_or("an error");
    envelope(code, &format!("{reason}, on purpose"))
        .to_string()
        .into()
}

/// A part of a body, after which the connection ends.
struct CutBody {
    part: Option<Bytes>,
    connection: Connection,
    wait: Duration,
    /// Begins when the HTTP stack asks for more: then the part is on its way.
    waiting: Option<Pin<Box<Sleep>>>,
    how: Ending,
}

impl http_body::Body for CutBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(part) = self.part.take()
            && !part.is_empty()
        {
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        let wait = self.wait;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(wait)));
        if waiting.as_mut().poll(cx).is_ready() {
            self.connection.end(self.how);
        }
        Poll::Pending
    }
}
