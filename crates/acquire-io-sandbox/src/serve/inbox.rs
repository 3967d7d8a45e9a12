//! The ledger as people look at it: lists, conversations, mail, exports and commands.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::request::Parts;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::ledger::find;
use crate::inbox::{self, Conversation, Row, conversations};
use crate::ledger::{Channel, Filter, Verdict};
use crate::page;
use crate::refusal::Refusal;
use crate::server::Server;

/// How many messages a list has by default, and at most.
const LIST: (usize, usize) = (200, 1_000);

type Shared = State<Arc<Server>>;

pub(super) fn router() -> Router<Arc<Server>> {
    Router::new()
        .route("/messages", get(messages))
        .route("/messages.ndjson", get(export))
        .route("/conversations", get(list_conversations))
        .route("/ledger/{number}/html", get(mail))
        .route("/ledger/{number}/curl", get(curl))
        .route("/ledger/{number}/acquire", get(acquire))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    channel: Option<Channel>,
    verdict: Option<Verdict>,
    case: Option<i64>,
    text: Option<String>,
    before: Option<u64>,
    limit: Option<usize>,
}

impl Search {
    fn filter(&self) -> Filter {
        let mut filter = Filter::new();
        (filter.channel, filter.verdict) = (self.channel, self.verdict);
        (filter.case, filter.text) = (self.case, self.text.clone());
        filter
    }
}

/// The newest first. On a thread for blocking work: searching a long ledger takes a while.
async fn messages(
    State(server): Shared,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(search) = query?;
    let (default, most) = LIST;
    let limit = search.limit.unwrap_or(default).min(most);
    let list = spawn_blocking(move || {
        let filter = search.filter();
        let before = search.before.unwrap_or(u64::MAX);
        let entries = server.ledger.all();
        let mut found = entries
            .iter()
            .rev()
            .filter(|entry| entry.number < before && filter.matches(entry));
        let messages: Vec<Row<'_>> = found
            .by_ref()
            .take(limit)
            .map(|entry| Row::of(entry))
            .collect();
        json!({
            "received": server.ledger.received(),
            "kept": entries.len(),
            "more": found.next().is_some(),
            "messages": messages,
        })
    });
    list.await.map(Json).map_err(failed)
}

fn failed(error: impl ToString) -> Refusal {
    Refusal::new(http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

/// A line of JSON for each entry, in order of arrival.
async fn export(
    State(server): Shared,
    query: Result<Query<Search>, QueryRejection>,
) -> Result<impl IntoResponse, Refusal> {
    let Query(search) = query?;
    let filter = search.filter();
    let entries = server.ledger.all().into_iter();
    let found = entries.filter(move |entry| filter.matches(entry));
    let lines = found.map(|entry| {
        let mut line = serde_json::to_vec(&*entry)?;
        line.push(b'\n');
        Ok::<_, serde_json::Error>(Bytes::from(line))
    });
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"acquire-sandbox.ndjson\"",
        ),
    ];
    Ok((headers, Body::from_stream(stream::iter(lines))))
}

async fn list_conversations(State(server): Shared) -> Json<Vec<Conversation>> {
    Json(conversations(&server.ledger.all(), &server.account.seed))
}

/// A browser runs no script of it, and loads nothing for it.
async fn mail(
    State(server): Shared,
    number: Result<Path<u64>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(number) = number?;
    let entry = find(&server, number)?;
    let html = inbox::html(&entry)
        .ok_or_else(|| Refusal::not_found(format!("entry {number} has no HTML")))?;
    Ok(page::mail(html))
}

async fn curl(
    State(server): Shared,
    request: Parts,
    number: Result<Path<u64>, PathRejection>,
) -> Result<String, Refusal> {
    let Path(number) = number?;
    let base_url = server.base_url(&request);
    Ok(inbox::curl(&*find(&server, number)?, &base_url))
}

async fn acquire(
    State(server): Shared,
    number: Result<Path<u64>, PathRejection>,
) -> Result<String, Refusal> {
    let Path(number) = number?;
    inbox::acquire(&*find(&server, number)?).ok_or_else(|| {
        Refusal::not_found(format!("the command `acquire` can't send entry {number}"))
    })
}
