//! The endpoints over HTTP: the documented ones, and those that steer the sandbox.

mod admin;
mod api;
mod body;

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tokio::sync::watch;

use crate::answer::Strange;
use crate::check::Document;
use crate::fault::Rules;
use crate::ledger::Ledger;
use crate::page;
use crate::state::Account;

/// Everything that a request may need.
pub(crate) struct Server {
    pub(crate) document: Document,
    pub(crate) account: Account,
    pub(crate) rules: Rules,
    pub(crate) ledger: Arc<Ledger>,
    /// Makes every answer strange.
    pub(crate) strange: Option<Strange>,
    /// The time in answers, if it isn't the real one.
    pub(crate) time: Option<SystemTime>,
    /// The longest body of a request, in bytes.
    pub(crate) body_limit: usize,
    /// Whether only this machine can connect.
    pub(crate) is_loopback: bool,
    pub(crate) stopping: watch::Receiver<bool>,
}

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
