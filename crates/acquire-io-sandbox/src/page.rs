//! The page to look at, on `/`, and its files below `/_sandbox/page/`.
//!
//! It knows no secrets: whatever it shows, it asks the endpoints of the sandbox for.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method};

/// It loads nothing from elsewhere, sends nothing elsewhere, and runs no script that stands in a text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Answers what belongs to the page. Everything else goes on, also a request for `/` by a client that doesn't
/// ask for HTML: to an API client it is a path like any other.
pub(crate) async fn serve(request: Request, next: Next) -> Response {
    let file = match *request.method() {
        Method::GET | Method::HEAD => file(request.uri().path(), request.headers()),
        _ => None,
    };
    let Some((content_type, text)) = file else {
        return next.run(request).await;
    };
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // The next version of the sandbox may listen on the same port.
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

fn file(path: &str, headers: &HeaderMap) -> Option<(&'static str, &'static str)> {
    let Some(name) = path.strip_prefix("/_sandbox/page/") else {
        let is_page = path == "/" && wants_html(headers);
        return is_page.then_some((HTML, include_str!("../page/index.html")));
    };
    let script = match name {
        "style.css" => return Some((CSS, include_str!("../page/style.css"))),
        "admin.js" => include_str!("../page/admin.js"),
        "app.js" => include_str!("../page/app.js"),
        "dom.js" => include_str!("../page/dom.js"),
        "faults.js" => include_str!("../page/faults.js"),
        "feed.js" => include_str!("../page/feed.js"),
        "gather.js" => include_str!("../page/gather.js"),
        "markdown.js" => include_str!("../page/markdown.js"),
        "messages.js" => include_str!("../page/messages.js"),
        "reference.js" => include_str!("../page/reference.js"),
        "text.js" => include_str!("../page/text.js"),
        _ => return None,
    };
    Some((SCRIPT, script))
}

fn wants_html(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    values.any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/html"))
    })
}
