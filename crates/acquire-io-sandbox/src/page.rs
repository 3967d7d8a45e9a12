//! The page for a browser and the API reference: their files, and what a browser may do with them.
//!
//! The files hold no secrets. What they show, their scripts ask the endpoints of the sandbox for.

use std::borrow::Cow;
#[cfg(feature = "swagger-ui")]
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_DNS_PREFETCH_CONTROL,
};

use crate::refusal::Refusal;

/// The page loads and sends nothing from or to elsewhere, and runs no script but its own. Its frames show mail.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";
/// Nothing runs, nothing is loaded, and no form is sent. `sandbox` also holds outside the page's frame.
const MAIL: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Swagger UI sets styles in its elements, and makes elements from text.
#[cfg(feature = "swagger-ui")]
const REFERENCE: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    connect-src 'self'; img-src 'self' data:; font-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Its paths below `/_sandbox`.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let router = Router::new().route("/page/{name}", get(page_file));
    #[cfg(feature = "swagger-ui")]
    let router = router
        .route("/api", get(reference))
        .route("/api/", get(reference))
        .route("/api/{name}", get(reference_file));
    router
}

/// The page itself.
pub(crate) fn index() -> Response {
    File::new(HTML, include_str!("../page/index.html"), PAGE).into_response()
}

async fn page_file(Path(name): Path<String>) -> Result<File, Refusal> {
    let script = match name.as_str() {
        "style.css" => return Ok(File::new(CSS, include_str!("../page/style.css"), PAGE)),
        "app.js" => include_str!("../page/app.js"),
        "dom.js" => include_str!("../page/dom.js"),
        "faults.js" => include_str!("../page/faults.js"),
        "inbox.js" => include_str!("../page/inbox.js"),
        "message.js" => include_str!("../page/message.js"),
        "sandbox.js" => include_str!("../page/sandbox.js"),
        "text.js" => include_str!("../page/text.js"),
        _ => return Err(no_file(&name)),
    };
    Ok(File::new(SCRIPT, script, PAGE))
}

#[cfg(feature = "swagger-ui")]
async fn reference() -> File {
    File::new(HTML, include_str!("../page/reference.html"), REFERENCE)
}

#[cfg(feature = "swagger-ui")]
async fn reference_file(Path(name): Path<String>) -> Result<File, Refusal> {
    if name == "start.js" {
        let script = include_str!("../page/reference.js");
        return Ok(File::new(SCRIPT, script, REFERENCE));
    }
    let is_ours = ["swagger-ui-bundle.js", "swagger-ui.css"].contains(&name.as_str());
    let config = Arc::new(utoipa_swagger_ui::Config::default());
    match utoipa_swagger_ui::serve(&name, config) {
        Ok(Some(found)) if is_ours => Ok(File {
            content_type: found.content_type.into(),
            content: found.bytes,
            policy: REFERENCE,
        }),
        _ => Err(no_file(&name)),
    }
}

fn no_file(name: &str) -> Refusal {
    Refusal::not_found(format!("there is no file {name}"))
}

/// The HTML of an e-mail, whoever sent it.
pub(crate) fn mail(html: String) -> Response {
    let file = File {
        content_type: HTML.into(),
        content: html.into_bytes().into(),
        policy: MAIL,
    };
    file.into_response()
}

/// A file for a browser.
struct File {
    content_type: Cow<'static, str>,
    content: Cow<'static, [u8]>,
    /// The header `content-security-policy`.
    policy: &'static str,
}

impl File {
    fn new(content_type: &'static str, content: &'static str, policy: &'static str) -> Self {
        Self {
            content_type: content_type.into(),
            content: content.as_bytes().into(),
            policy,
        }
    }
}

impl IntoResponse for File {
    fn into_response(self) -> Response {
        let content = match self.content {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        };
        let headers = [
            (CONTENT_TYPE, &*self.content_type),
            (CONTENT_SECURITY_POLICY, self.policy),
            (X_DNS_PREFETCH_CONTROL, "off"),
            (REFERRER_POLICY, "no-referrer"),
            // Another version of the sandbox may listen on the same port next.
            (CACHE_CONTROL, "no-store"),
        ];
        (headers, Body::from(content)).into_response()
    }
}
