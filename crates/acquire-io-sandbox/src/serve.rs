//! The endpoints: the documented ones, and those that control the sandbox.

mod account;
mod api;
mod body;
mod faults;
mod inbox;
mod ledger;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowMethods, Any, CorsLayer};

use crate::access::wants_html;
use crate::page;
use crate::refusal::Refusal;
use crate::server::Server;

/// How long a browser may cache what CORS allows.
const CORS_AGE: Duration = Duration::from_secs(600);

pub(crate) fn router(server: Arc<Server>) -> Router {
    let control = Router::new()
        .merge(ledger::router())
        .merge(inbox::router())
        .merge(faults::router())
        .merge(account::router())
        .merge(page::router())
        .fallback(async || Refusal::not_found("there is no such endpoint"));
    let mut router = Router::new()
        .nest("/_sandbox", control)
        .route("/", any(root))
        .fallback(api::handle)
        .with_state(Arc::clone(&server));
    if !server.access.origins().is_empty() {
        let origins = server.access.origins().to_vec();
        router = router.layer(
            CorsLayer::new()
                .allow_origin(origins)
                .allow_methods(AllowMethods::mirror_request())
                .allow_headers(AllowHeaders::mirror_request())
                .allow_private_network(true)
                .expose_headers(Any)
                .max_age(CORS_AGE),
        );
    }
    router
        .layer(from_fn_with_state(server, guard))
        .layer(map_response(mark))
}

/// The page, if the client accepts HTML. To any other client, `/` is a path like any other.
async fn root(state: State<Arc<Server>>, request: Request) -> Response {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_reading && wants_html(request.headers()) {
        return page::index();
    }
    api::handle(state, request).await
}

/// Refuses what may not be answered, before anything of it is read or recorded.
async fn guard(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match server.access.check(&head) {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Marks each answer, so that nobody takes the sandbox for the real server, no page of another origin can embed an
/// answer, and no browser takes a message for a web page.
async fn mark(mut answer: Response<Body>) -> Response<Body> {
    for (name, value) in [
        ("x-acquire-sandbox", "true"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        let name = HeaderName::from_static(name);
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}
