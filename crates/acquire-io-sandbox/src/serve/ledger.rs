//! Endpoints of the ledger: reading it, waiting for entries, following it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::inbox::Row;
use crate::ledger::{Arrivals, Page, Received};
use crate::refusal::Refusal;
use crate::server::Server;

/// How long `wait` waits by default, and at most, in seconds.
const WAIT: (f64, f64) = (10.0, 300.0);
/// How many entries a page has at most.
const PAGE: usize = 1_000;
/// How many bytes of entries a page has at most, unless its first entry is longer.
const PAGE_BYTES: usize = 2 << 20;
/// How often an idle stream of events sends a comment, at least.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

type Shared = State<Arc<Server>>;

pub(super) fn router() -> Router<Arc<Server>> {
    Router::new()
        .route("/ledger", get(ledger).delete(reset))
        .route("/ledger/{number}", get(entry))
        .route("/wait", get(wait))
        .route("/events", get(events))
}

/// The entry with a number, if it is still kept.
pub(super) fn find(server: &Server, number: u64) -> Result<Arc<Received>, Refusal> {
    server
        .ledger
        .entry(number)
        .ok_or_else(|| Refusal::not_found(format!("there is no entry {number}, or it was dropped")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    since: Option<u64>,
    limit: Option<usize>,
}

async fn ledger(
    State(server): Shared,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Json<Page>, Refusal> {
    let Query(Since { since, limit }) = query?;
    let limit = limit.unwrap_or(PAGE).min(PAGE);
    Ok(Json(server.ledger.page(
        since.unwrap_or(0),
        limit,
        PAGE_BYTES,
    )))
}

async fn entry(
    State(server): Shared,
    number: Result<Path<u64>, PathRejection>,
) -> Result<Json<Arc<Received>>, Refusal> {
    let Path(number) = number?;
    find(&server, number).map(Json)
}

async fn reset(State(server): Shared) -> StatusCode {
    server.ledger.reset();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    count: u64,
    timeout: Option<f64>,
}

async fn wait(
    State(server): Shared,
    query: Result<Query<Wait>, QueryRejection>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Query(Wait {
        count,
        timeout: seconds,
    }) = query?;
    let (default, longest) = WAIT;
    let seconds = seconds.unwrap_or(default);
    let bound = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|_| seconds <= longest)
        .ok_or_else(|| {
            let message = format!("timeout: {seconds} is not from 0 to {longest} seconds");
            Refusal::invalid(message)
        })?;
    let mut stopping = server.stopping.clone();
    let is_reached = tokio::select! {
        outcome = timeout(bound, server.ledger.reached(count)) => outcome.is_ok(),
        _ = stopping.wait_for(|stopping| *stopping) => false,
    };
    let status = match is_reached {
        true => StatusCode::OK,
        // An error, so that `curl --fail` fails.
        false => StatusCode::GATEWAY_TIMEOUT,
    };
    let received = server.ledger.received();
    Ok((
        status,
        Json(json!({"received": received, "reached": is_reached})),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Follow {
    since: Option<u64>,
    #[serde(default)]
    summary: bool,
}

/// The entries after the last one that the client has seen, or after `since`, or from now on.
async fn events(
    State(server): Shared,
    headers: HeaderMap,
    query: Result<Query<Follow>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, Refusal> {
    let Query(Follow { since, summary }) = query?;
    let seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let since = seen.or(since).unwrap_or_else(|| server.ledger.last());
    let arrivals = Arrivals::new(Arc::clone(&server.ledger), server.stopping.clone(), since);
    let events = stream::unfold(arrivals, move |mut arrivals| async move {
        let entry = arrivals.next().await?;
        let event = Event::default().event("entry").id(entry.number.to_string());
        let event = match summary {
            true => event.json_data(Row::of(&entry)),
            false => event.json_data(&*entry),
        };
        Some((event, arrivals))
    });
    let interval = KEEP_ALIVE.min(server.client_timeout / 2);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(interval)))
}
