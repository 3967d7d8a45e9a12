//! The account, the settings and the document.

use std::collections::BTreeMap;
use std::sync::Arc;

use acquire_io_api::OPENAPI_JSON;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::request::Parts;
use serde_json::{Value, json};

use crate::account::Seed;
use crate::refusal::Refusal;
use crate::server::Server;

type Shared = State<Arc<Server>>;

pub(super) fn router() -> Router<Arc<Server>> {
    Router::new()
        .route("/state", get(state))
        .route("/seed", get(seed))
        .route("/openapi.json", get(openapi))
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
        "version": env!("CARGO_PKG_VERSION"),
        "bodyLimit": server.body_limit,
    }))
}

/// The account, in the form of the file for `--seed`.
async fn seed(State(server): Shared) -> Json<Seed> {
    Json(server.account.seed.clone())
}

/// The document, with this server in place of Acquire's.
async fn openapi(State(server): Shared, request: Parts) -> Result<Json<Value>, Refusal> {
    let mut document: Value = serde_json::from_str(OPENAPI_JSON).map_err(|error| {
        Refusal::new(http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    })?;
    let url = server.base_url(&request);
    document["servers"] =
        json!([{"url": url, "description": "This sandbox. It sends nothing to anyone."}]);
    Ok(Json(document))
}
