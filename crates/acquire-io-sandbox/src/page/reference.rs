//! The API reference: Swagger UI, for this server.

use std::sync::Arc;

use utoipa_swagger_ui::{Config, serve};

use super::file::{File, HTML, SCRIPT};

/// Swagger UI sets styles in its elements, and makes elements from text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    connect-src 'self'; img-src 'self' data:; font-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The file with a name, the page for none.
pub(super) fn file(name: &str) -> Option<File> {
    match name {
        "" => {
            let page = include_str!("../../page/reference.html");
            Some(File::new(HTML, page, POLICY))
        }
        "start.js" => {
            let script = include_str!("../../page/reference.js");
            Some(File::new(SCRIPT, script, POLICY))
        }
        "swagger-ui-bundle.js" | "swagger-ui.css" => {
            let found = serve(name, Arc::new(Config::default())).ok()??;
            Some(File {
                content_type: found.content_type.into(),
                content: found.bytes,
                policy: POLICY,
            })
        }
        _ => None,
    }
}
