//! The fault rules.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::routing::{get, patch};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::fault::{ActiveFault, FaultRule, Preset};
use crate::refusal::Refusal;
use crate::server::Server;

type Shared = State<Arc<Server>>;

pub(super) fn router() -> Router<Arc<Server>> {
    Router::new()
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
        .route("/presets", get(presets))
}

async fn presets() -> Json<Vec<impl Serialize>> {
    Json(Preset::ALL.map(Preset::described).into())
}

async fn faults(State(server): Shared) -> Json<Vec<ActiveFault>> {
    Json(server.rules.list())
}

fn check(rule: &FaultRule) -> Result<(), Refusal> {
    rule.check()
        .map_err(|error| Refusal::invalid(error.to_string()))
}

async fn replace_faults(
    State(server): Shared,
    rules: Result<Json<Vec<FaultRule>>, JsonRejection>,
) -> Result<Json<Vec<ActiveFault>>, Refusal> {
    let Json(rules) = rules?;
    rules.iter().try_for_each(check)?;
    Ok(Json(server.rules.replace_all(rules)))
}

async fn add_fault(
    State(server): Shared,
    rule: Result<Json<FaultRule>, JsonRejection>,
) -> Result<(StatusCode, Json<ActiveFault>), Refusal> {
    let Json(rule) = rule?;
    check(&rule)?;
    Ok((StatusCode::CREATED, Json(server.rules.add(rule))))
}

async fn clear_faults(State(server): Shared) -> StatusCode {
    server.rules.replace_all(Vec::new());
    StatusCode::NO_CONTENT
}

/// The rule, or a refusal if there is none with this number.
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
) -> Result<Json<ActiveFault>, Refusal> {
    let (Path(id), Json(Switch { enabled })) = (id?, switch?);
    found(id, server.rules.switch(id, enabled)).map(Json)
}

async fn replace_fault(
    State(server): Shared,
    id: Result<Path<u64>, PathRejection>,
    rule: Result<Json<FaultRule>, JsonRejection>,
) -> Result<Json<ActiveFault>, Refusal> {
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
