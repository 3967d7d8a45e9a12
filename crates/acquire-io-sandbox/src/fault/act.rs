//! What happens to one request.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use http::HeaderValue;
use http::header::CONTENT_LENGTH;
use tokio::time::sleep;

use super::action::{Action, Stage};
use super::answer::Answer;
use crate::net::{Connection, Ending, Handling};

/// How long a hanging request is kept.
const HANG: Duration = Duration::from_secs(3_600);
/// How much of an answer's head is written by default: `HTTP/1.1 200`, with nothing after it.
const HEAD_PART: usize = 12;
/// How long written bytes get to leave before the connection is broken.
const SETTLE: Duration = Duration::from_millis(20);

/// What the rules chose for a request.
#[derive(Default)]
pub(crate) struct Fault {
    pub(crate) delay: Duration,
    pub(crate) action: Option<Action>,
    /// The rule's name.
    pub(crate) label: Option<String>,
    /// How often the rule has acted, including this time.
    pub(crate) turn: u64,
}

impl Fault {
    /// The stage at which the exchange ends.
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

    /// The answer that replaces the sandbox's own, and whether the message is accepted nevertheless.
    pub(crate) fn answer(&self) -> Option<(Response<Bytes>, bool)> {
        match self.action.as_ref()? {
            Action::Answer(answer) => Some((answer.response(), answer.accept)),
            Action::Redirect { status, location } => {
                let answer = Answer::new(*status).header("location", location);
                Some((answer.response(), false))
            }
            _ => None,
        }
    }

    /// Breaks the connection, or keeps it open without an answer. The exchange ends here.
    pub(crate) async fn stop(&self, connection: &Connection) -> Infallible {
        match self.action {
            Some(Action::Break { how, .. }) => connection.end(how),
            _ => {
                sleep(HANG).await;
                connection.end(Ending::Close);
            }
        }
        pending().await
    }

    /// The answer as it is sent: complete or cut.
    pub(crate) fn cut(&self, answer: Response<Bytes>, connection: &Connection) -> Response {
        let length = answer.body().len();
        let (bytes, wait, how) = match self.action {
            Some(Action::Break {
                stage: Stage::AnswerHead,
                how,
                bytes,
            }) => {
                connection.cut_after(bytes.unwrap_or(HEAD_PART).max(1), how);
                return answer.map(Body::from);
            }
            Some(Action::Break {
                stage: Stage::AnswerBody,
                how,
                bytes,
            }) => (bytes, SETTLE, how),
            Some(Action::Hang {
                stage: Stage::AnswerBody,
            }) => (None, HANG, Ending::Close),
            _ => return answer.map(Body::from),
        };
        let (mut head, body) = answer.into_parts();
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
        let part = body.slice(..bytes.unwrap_or(length / 2).min(length));
        let connection = connection.clone();
        let handling = Handling::new(&connection);
        // Polled when the HTTP stack asks for more, so after it took the part.
        let rest = async move {
            sleep(wait).await;
            connection.end(how);
            drop(handling);
            pending::<Result<Bytes, Infallible>>().await
        };
        let body = stream::iter([Ok(part)]).chain(stream::once(rest));
        Response::from_parts(head, Body::from_stream(body))
    }
}
