//! A file for a browser, with what the browser may do with it.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_DNS_PREFETCH_CONTROL,
};

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const CSS: &str = "text/css; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file for a browser.
pub(super) struct File {
    pub(super) content_type: Cow<'static, str>,
    pub(super) content: Cow<'static, [u8]>,
    /// The header `content-security-policy`.
    pub(super) policy: &'static str,
}

impl File {
    pub(super) fn new(
        content_type: &'static str,
        content: &'static str,
        policy: &'static str,
    ) -> Self {
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
            // The next version of the sandbox may listen on the same port.
            (CACHE_CONTROL, "no-store"),
        ];
        (headers, Body::from(content)).into_response()
    }
}
