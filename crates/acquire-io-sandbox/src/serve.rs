//! The endpoints over HTTP: the documented ones, and those that steer the sandbox.

mod admin;
mod api;
mod body;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::page;
use crate::server::Server;

pub(crate) fn router(server: Arc<Server>) -> Router {
    Router::new()
        .nest("/_sandbox", admin::router(Arc::clone(&server)))
        .fallback(api::handle)
        .with_state(server)
        .layer(from_fn(page::serve))
        .layer(map_response(mark))
}

/// So that it can't be taken for the real server.
async fn mark(mut answer: Response) -> Response {
    let name = HeaderName::from_static("x-acquire-sandbox");
    answer
        .headers_mut()
        .insert(name, HeaderValue::from_static("true"));
    answer
}
