//! The endpoints below `/_sandbox/`. The README lists them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api::OPENAPI_JSON;
use axum::body::Body;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::api::refused;
use crate::arrivals::Arrivals;
use crate::check::{Refusal, is_json};
use crate::fault::{Active, FaultRule};
use crate::ledger::Page;
use crate::server::Server;

/// How long `wait` waits by default, and at most, in seconds.
const WAIT: (f64, f64) = (10.0, 300.0);

type Shared = State<Arc<Server>>;

pub(super) fn router(server: Arc<Server>) -> Router<Arc<Server>> {
    Router::new()
        .route("/ledger", get(ledger).delete(reset))
        .route("/wait", get(wait))
        .route("/events", get(events))
        .route(
            "/faults",
            get(faults)
                .put(replace_faults)
                .post(add_fault)
                .delete(clear_faults),
        )
        .route(
            "/faults/{id}",
            patch(switch_fault).put(replace_fault).delete(remove_fault),
        )
        .route("/state", get(state))
        .route("/openapi.json", get(openapi))
        .fallback(async || Refusal::not_found("there is no such endpoint"))
        .layer(from_fn_with_state(server, guard))
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

/// Keeps foreign web pages out: a browser asks before it sends JSON to another origin, and gets no consent
/// here; and a page whose host name was pointed at this machine names that host.
async fn guard(State(server): Shared, request: Request, next: Next) -> Response {
    if server.is_loopback && !names_loopback(&request) {
        return Refusal::forbidden("the host must be localhost or an IP address").into_response();
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_safe && !is_json(request.headers()) {
        let message = "the header `Content-Type: application/json` is missing";
        return Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into_response();
    }
    next.run(request).await
}

fn names_loopback(request: &Request) -> bool {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let Some(host) = request.uri().host().or(host) else {
        return true;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
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
    let (since, limit) = (since.unwrap_or(0), limit.unwrap_or(usize::MAX));
    Ok(Json(server.ledger.since(since, limit)))
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
        // So that `curl --fail` fails.
        false => StatusCode::GATEWAY_TIMEOUT,
    };
    let received = server.ledger.received();
    Ok((
        status,
        Json(json!({"received": received, "reached": is_reached})),
    ))
}

/// The entries after `since`, or after the last one that the client has seen, or from now on.
async fn events(
    State(server): Shared,
    headers: HeaderMap,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, Refusal> {
    let Query(Since { since, .. }) = query?;
    let seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let since = seen.or(since).unwrap_or_else(|| server.ledger.last());
    let arrivals = Arrivals::new(Arc::clone(&server.ledger), server.stopping.clone(), since);
    let events = stream::unfold(arrivals, async |mut arrivals| {
        let entry = arrivals.next().await?;
        let event = Event::default().event("entry").id(entry.number.to_string());
        Some((event.json_data(&*entry), arrivals))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

async fn faults(State(server): Shared) -> Json<Vec<Active>> {
    Json(server.rules.list())
}

fn check(rule: &FaultRule) -> Result<(), Refusal> {
    rule.check()
        .map_err(|error| Refusal::invalid(error.to_string()))
}

async fn replace_faults(
    State(server): Shared,
    rules: Result<Json<Vec<FaultRule>>, JsonRejection>,
) -> Result<Json<Vec<Active>>, Refusal> {
    let Json(rules) = rules?;
    rules.iter().try_for_each(check)?;
    Ok(Json(server.rules.replace_all(rules)))
}

async fn add_fault(
    State(server): Shared,
    rule: Result<Json<FaultRule>, JsonRejection>,
) -> Result<(StatusCode, Json<Active>), Refusal> {
    let Json(rule) = rule?;
    check(&rule)?;
    Ok((StatusCode::CREATED, Json(server.rules.add(rule))))
}

async fn clear_faults(State(server): Shared) -> StatusCode {
    server.rules.replace_all(Vec::new());
    StatusCode::NO_CONTENT
}

/// What a request for one rule is answered with.
fn found<T>(id: u64, rule: Option<T>) -> Result<T, Refusal> {
    rule.ok_or_else(|| Refusal::not_found(format!("there is no fault rule {id}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    enabled: bool,
}

async fn switch_fault(
    State(server): Shared,
    id: Result<Path<u64>, PathRejection>,
    switch: Result<Json<Switch>, JsonRejection>,
) -> Result<Json<Active>, Refusal> {
    let (Path(id), Json(Switch { enabled })) = (id?, switch?);
    found(id, server.rules.switch(id, enabled)).map(Json)
}

async fn replace_fault(
    State(server): Shared,
    id: Result<Path<u64>, PathRejection>,
    rule: Result<Json<FaultRule>, JsonRejection>,
) -> Result<Json<Active>, Refusal> {
    let (Path(id), Json(rule)) = (id?, rule?);
    check(&rule)?;
    found(id, server.rules.replace(id, rule)).map(Json)
}

async fn remove_fault(
    State(server): Shared,
    id: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, Refusal> {
    let Path(id) = id?;
    let removed = server.rules.remove(id).then_some(StatusCode::NO_CONTENT);
    found(id, removed)
}

/// What the account holds, and how the sandbox is set.
async fn state(State(server): Shared) -> Json<Value> {
    let shapes: BTreeMap<_, _> = server
        .document
        .endpoints()
        .iter()
        .map(|endpoint| {
            let shapes = json!({"used": endpoint.shape(), "all": endpoint.shapes()});
            (endpoint.operation, shapes)
        })
        .collect();
    Json(json!({
        "account": server.account.seed,
        "shapes": shapes,
        "strict": server.document.is_strict(),
        "strange": server.strange,
        "bodyLimit": server.body_limit,
    }))
}

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI_JSON)
}
