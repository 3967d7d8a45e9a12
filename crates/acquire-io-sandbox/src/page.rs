//! The page to look at, on `/`, and its files below `/_sandbox/page/`; the API reference, on `/_sandbox/api`.
//!
//! They know no secrets: whatever they show, they ask the endpoints of the sandbox for.

mod file;
#[cfg(feature = "swagger-ui")]
mod reference;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::ACCEPT;
use http::{HeaderMap, Method};

use file::{CSS, File, HTML, SCRIPT};

/// It loads nothing from elsewhere, sends nothing elsewhere, and runs no script that a text holds. Its frames show mail.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";
/// Nothing runs, nothing is loaded, and no form is sent. `sandbox` holds also outside of the page's frame.
const MAIL: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Answers what belongs to the page. Everything else goes on, also a request for `/` by a client that doesn't
/// ask for HTML: to an API client it is a path like any other.
pub(crate) async fn serve(request: Request, next: Next) -> Response {
    let file = match *request.method() {
        Method::GET | Method::HEAD => file(request.uri().path(), request.headers()),
        _ => None,
    };
    match file {
        Some(file) => file.into_response(),
        None => next.run(request).await,
    }
}

/// The HTML of an e-mail, from whomever it is.
pub(crate) fn mail(html: String) -> Response {
    let file = File {
        content_type: HTML.into(),
        content: html.into_bytes().into(),
        policy: MAIL,
    };
    file.into_response()
}

fn file(path: &str, headers: &HeaderMap) -> Option<File> {
    #[cfg(feature = "swagger-ui")]
    if let Some(name) = path.strip_prefix("/_sandbox/api") {
        return reference::file(name.trim_start_matches('/'));
    }
    let Some(name) = path.strip_prefix("/_sandbox/page/") else {
        let is_page = path == "/" && wants_html(headers);
        return is_page.then(|| File::new(HTML, include_str!("../page/index.html"), PAGE));
    };
    let script = match name {
        "style.css" => return Some(File::new(CSS, include_str!("../page/style.css"), PAGE)),
        "app.js" => include_str!("../page/app.js"),
        "dom.js" => include_str!("../page/dom.js"),
        "faults.js" => include_str!("../page/faults.js"),
        "inbox.js" => include_str!("../page/inbox.js"),
        "message.js" => include_str!("../page/message.js"),
        "sandbox.js" => include_str!("../page/sandbox.js"),
        "text.js" => include_str!("../page/text.js"),
        _ => return None,
    };
    Some(File::new(SCRIPT, script, PAGE))
}

fn wants_html(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    values.any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/html"))
    })
}
