//! The endpoints below `/_sandbox/`. The README lists them.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use acquire_io_api::OPENAPI_JSON;
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

use super::Server;
use crate::check::{envelope, is_json};
use crate::fault::{FaultRule, Listed};
use crate::ledger::Arrivals;

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
        .fallback(|| async {
            Failure(
                StatusCode::NOT_FOUND,
                "there is no such endpoint".to_owned(),
            )
        })
        .layer(from_fn_with_state(server, guard))
}

/// Why a request to an admin endpoint failed.
struct Failure(StatusCode, String);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let code = match self.0 {
            StatusCode::NOT_FOUND => "ERROR_RECORD_NOT_FOUND",
            StatusCode::FORBIDDEN => "ERROR_UNAUTHORIZED_ACCESS",
            _ => "ERROR_INVALID_INPUT",
        };
        (self.0, Json(envelope(code, &self.1))).into_response()
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

/// Keeps foreign web pages out: a browser asks before it sends JSON to another origin, and gets no consent
/// here; and a page whose host name was pointed at this machine names that host.
async fn guard(State(server): Shared, request: Request, next: Next) -> Response {
    if server.is_loopback && !names_loopback(&request) {
        let message = "the host must be localhost or an IP address".to_owned();
        return Failure(StatusCode::FORBIDDEN, message).into_response();
    }
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_safe && !is_json(request.headers()) {
        let message = "the header `Content-Type: application/json` is missing".to_owned();
        return Failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).into_response();
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
) -> Result<Json<Value>, Failure> {
    let Query(Since { since, limit }) = query?;
    let page = server
        .ledger
        .since(since.unwrap_or(0), limit.unwrap_or(usize::MAX));
    let entries: Vec<_> = page.entries.iter().map(AsRef::as_ref).collect();
    Ok(Json(json!({
        "received": page.received, "dropped": page.dropped, "entries": entries,
    })))
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
) -> Result<Response, Failure> {
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
            Failure(StatusCode::BAD_REQUEST, message)
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
    let received = server.ledger.since(u64::MAX, 0).received;
    Ok((
        status,
        Json(json!({"received": received, "reached": is_reached})),
    )
        .into_response())
}

/// The entries after `since`, or after the last one that the client has seen, or from now on.
async fn events(
    State(server): Shared,
    headers: HeaderMap,
    query: Result<Query<Since>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let Query(Since { since, .. }) = query?;
    let seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let since = seen.or(since).unwrap_or_else(|| server.ledger.last());
    let arrivals = Arrivals::new(Arc::clone(&server.ledger), server.stopping.clone(), since);
    let events = stream::unfold(arrivals, |mut arrivals| async {
        let entry = arrivals.next().await?;
        let text = serde_json::to_string(&*entry).unwrap_or_default();
        let event = Event::default()
            .event("entry")
            .id(entry.number.to_string())
            .data(text);
        Some((Ok(event), arrivals))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

async fn faults(State(server): Shared) -> Json<Vec<Listed>> {
    Json(server.rules.list())
}

fn checked(rule: FaultRule) -> Result<FaultRule, Failure> {
    match rule.check() {
        Ok(()) => Ok(rule),
        Err(error) => Err(Failure(
            StatusCode::BAD_REQUEST,
            format!("fault rule: {error}"),
        )),
    }
}

async fn replace_faults(
    State(server): Shared,
    rules: Result<Json<Vec<FaultRule>>, JsonRejection>,
) -> Result<Json<Vec<Listed>>, Failure> {
    let rules = rules?
        .0
        .into_iter()
        .map(checked)
        .collect::<Result<_, _>>()?;
    server.rules.replace_all(rules);
    Ok(Json(server.rules.list()))
}

async fn add_fault(
    State(server): Shared,
    rule: Result<Json<FaultRule>, JsonRejection>,
) -> Result<(StatusCode, Json<Listed>), Failure> {
    let listed = server.rules.add(checked(rule?.0)?);
    Ok((StatusCode::CREATED, Json(listed)))
}

async fn clear_faults(State(server): Shared) -> StatusCode {
    server.rules.replace_all(Vec::new());
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    enabled: bool,
}

fn no_rule(id: u64) -> Failure {
    Failure(
        StatusCode::NOT_FOUND,
        format!("there is no fault rule {id}"),
    )
}

async fn switch_fault(
    State(server): Shared,
    id: Result<Path<u64>, PathRejection>,
    switch: Result<Json<Switch>, JsonRejection>,
) -> Result<Json<Listed>, Failure> {
    let (Path(id), Json(Switch { enabled })) = (id?, switch?);
    server
        .rules
        .switch(id, enabled)
        .map(Json)
        .ok_or_else(|| no_rule(id))
}

async fn replace_fault(
    State(server): Shared,
    id: Result<Path<u64>, PathRejection>,
    rule: Result<Json<FaultRule>, JsonRejection>,
) -> Result<Json<Listed>, Failure> {
    let (Path(id), rule) = (id?, checked(rule?.0)?);
    server
        .rules
        .replace(id, rule)
        .map(Json)
        .ok_or_else(|| no_rule(id))
}

async fn remove_fault(
    State(server): Shared,
    id: Result<Path<u64>, PathRejection>,
) -> Result<StatusCode, Failure> {
    let Path(id) = id?;
    match server.rules.remove(id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_rule(id)),
    }
}

/// What the account holds, and how the sandbox is set.
async fn state(State(server): Shared) -> Json<Value> {
    let endpoints = server.document.endpoints().iter().zip(&server.templates);
    let shapes = endpoints.map(|(endpoint, (shape, _))| {
        let all: Vec<_> = endpoint.answers.iter().map(|(name, _)| name).collect();
        (
            endpoint.operation.id().to_owned(),
            json!({"used": shape, "all": all}),
        )
    });
    Json(json!({
        "account": server.account.seed,
        "shapes": shapes.collect::<serde_json::Map<_, _>>(),
        "strict": server.document.is_strict(),
        "strange": server.strange,
        "bodyLimit": server.body_limit,
    }))
}

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI_JSON)
}
