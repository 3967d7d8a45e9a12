//! Who may ask: programs, the sandbox's own page, and the pages of named origins.
//!
//! A browser sends requests for any page that its user opens. Headers name the page's origin, and the host that it
//! asked for. Without these checks a page of another origin could fill the ledger, and one whose host name was pointed
//! at this machine (DNS rebinding) could read it.

use std::io;
use std::net::IpAddr;

use http::header::{ACCEPT, AUTHORIZATION, HOST, ORIGIN, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The hosts and origins that are allowed besides the sandbox's own.
pub(crate) struct Access {
    hosts: Vec<String>,
    origins: Vec<HeaderValue>,
}

impl Access {
    pub(crate) fn new(hosts: Vec<String>, origins: &[String]) -> io::Result<Self> {
        for host in &hosts {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            if host.is_empty() || !host.chars().all(is_name) {
                return Err(invalid(format!(
                    "allowed host {host:?}: give a name alone, such as sandbox.internal, without scheme and port"
                )));
            }
        }
        let origins = origins.iter().map(|text| origin(text));
        Ok(Self {
            hosts,
            origins: origins.collect::<io::Result<_>>()?,
        })
    }

    /// The allowed origins, for CORS.
    pub(crate) fn origins(&self) -> &[HeaderValue] {
        &self.origins
    }

    /// Refuses a request that must not be answered. It is not recorded.
    pub(crate) fn check(&self, request: &Parts) -> Result<(), Refusal> {
        let mut host = request.uri.authority().map(|it| it.as_str());
        for value in request.headers.get_all(HOST) {
            let value = value.to_str().unwrap_or_default();
            self.check_host(value)?;
            host = host.or(Some(value));
        }
        if let Some(authority) = request.uri.authority() {
            self.check_host(authority.as_str())?;
        }
        let mut has_allowed_origin = false;
        for origin in request.headers.get_all(ORIGIN) {
            if self.origins.contains(origin) {
                has_allowed_origin = true;
            } else if !is_same(origin, host) {
                return Err(foreign(origin));
            }
        }
        if !has_allowed_origin && is_cross_site(&request.headers) {
            return Err(Refusal::forbidden(
                "a page of another origin caused this request: to look at the sandbox, type its address into the \
                 browser",
            ));
        }
        if is_browsing(request) {
            return Err(Refusal::not_found(
                "there is no such page: the sandbox's page is on /",
            ));
        }
        Ok(())
    }

    fn check_host(&self, host: &str) -> Result<(), Refusal> {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let ip = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let is_known = name.eq_ignore_ascii_case("localhost")
            || ip.unwrap_or(name).parse::<IpAddr>().is_ok()
            || self.hosts.iter().any(|it| it.eq_ignore_ascii_case(name));
        if is_known {
            return Ok(());
        }
        Err(Refusal::forbidden(format!(
            "the host {name} is not one of this sandbox: use localhost or an IP address, or start the sandbox with \
             `--allow-host {name}`"
        )))
    }
}

fn foreign(origin: &HeaderValue) -> Refusal {
    // A file, or a page in a sandboxed frame.
    if origin == "null" {
        return Refusal::forbidden(
            "a page without an origin, such as a file, sent this: serve it from a web server, and start the sandbox \
             with `--allow-origin` and the origin of that server",
        );
    }
    let origin = origin.to_str().unwrap_or("?");
    Refusal::forbidden(format!(
        "a page of the origin {origin} sent this: to allow its requests, start the sandbox with \
         `--allow-origin {origin}`"
    ))
}

/// An origin as browsers write it: a scheme, a host, and the port unless it is the scheme's.
fn origin(text: &str) -> io::Result<HeaderValue> {
    let problem = || {
        invalid(format!(
            "allowed origin {text:?}: give it as a browser does, such as http://localhost:3000, without a path"
        ))
    };
    let uri: Uri = text.parse().map_err(|_| problem())?;
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority())
    else {
        return Err(problem());
    };
    let port = match (scheme, authority.port_u16()) {
        (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    let origin = format!("{scheme}://{}{port}", authority.host().to_ascii_lowercase());
    if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
        return Err(problem());
    }
    origin.parse().map_err(|_| problem())
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Whether the origin is that of the requested host. The scheme may differ, behind a proxy.
fn is_same(origin: &HeaderValue, host: Option<&str>) -> bool {
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    matches!((authority, host), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

/// Whether a browser says that a foreign page caused the request. Another port of the same host is `same-site`.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(SEC_FETCH_SITE).iter();
    values.any(|value| value != "same-origin" && value != "none")
}

/// Whether a browser asks for an image, a script or a page where there is none. Without TLS, and not on loopback, it
/// doesn't say for which page it does that.
fn is_browsing(request: &Parts) -> bool {
    let is_reading = matches!(request.method, Method::GET | Method::HEAD);
    let is_there = match request.uri.path() {
        "/" => wants_html(&request.headers),
        path => path.starts_with("/_sandbox/"),
    };
    let agent = request.headers.get(USER_AGENT);
    is_reading
        && !is_there
        && agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
        && !request.headers.contains_key(AUTHORIZATION)
}

/// Whether a client accepts a web page.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    values.any(|value| {
        let value = value.to_str().unwrap_or_default();
        value.contains("text/html")
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn status(access: &Access, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        access
            .check(&parts)
            .map_or_else(|it| it.status.as_u16(), |()| 200)
    }

    #[test]
    fn programs_and_the_sandboxs_own_page_are_allowed() {
        let access =
            Access::new(vec!["sandbox".into()], &["http://localhost:3000".into()]).unwrap();
        let table: [(&[(&str, &str)], u16); 21] = [
            (&[], 200),
            (&[("host", "localhost")], 200),
            (&[("host", "LocalHost:8080")], 200),
            (&[("host", "127.0.0.1:8080")], 200),
            (&[("host", "[::1]:8080")], 200),
            (&[("host", "192.168.1.7:8080")], 200),
            (&[("host", "Sandbox:8080")], 200),
            (&[("host", "evil.example")], 403),
            (&[("host", "localhost.evil.example:8080")], 403),
            (&[("host", "sandbox.evil.example")], 403),
            (&[("host", "127.0.0.1.nip.io")], 403),
            (&[("host", "")], 403),
            (&[("host", "localhost"), ("host", "evil.example")], 403),
            (
                &[("host", "localhost:1"), ("origin", "http://localhost:1")],
                200,
            ),
            (
                &[("host", "localhost:1"), ("origin", "http://localhost:2")],
                403,
            ),
            (&[("host", "localhost:1"), ("origin", "null")], 403),
            (
                &[("host", "localhost:1"), ("origin", "http://localhost:3000")],
                200,
            ),
            (
                &[
                    ("host", "localhost:1"),
                    ("origin", "http://localhost:3000"),
                    ("sec-fetch-site", "same-site"),
                ],
                200,
            ),
            (
                &[("host", "localhost:1"), ("sec-fetch-site", "same-site")],
                403,
            ),
            (
                &[("host", "localhost:1"), ("sec-fetch-site", "cross-site")],
                403,
            ),
            (&[("host", "localhost:1"), ("sec-fetch-site", "none")], 200),
        ];
        for (headers, expected) in table {
            assert_eq!(status(&access, "/", headers), expected, "{headers:?}");
            let api = "/api/v1/voip/send-sms";
            assert_eq!(status(&access, api, headers), expected, "{headers:?}");
        }
        assert_eq!(
            status(&access, "http://evil.example/", &[("host", "localhost")]),
            403
        );
        let image = [("user-agent", "Mozilla/5.0"), ("accept", "image/*,*/*")];
        let page = [("user-agent", "Mozilla/5.0"), ("accept", "text/html,*/*")];
        assert_eq!(status(&access, "/", &page), 200);
        assert_eq!(status(&access, "/", &image), 404);
        assert_eq!(status(&access, "/favicon.ico", &page), 404);
        assert_eq!(status(&access, "/_sandbox/ledger", &image), 200);
    }

    #[test]
    fn hosts_and_origins_are_normalized_or_rejected() {
        for host in ["", "http://a", "a:80", "a/b", "*"] {
            assert!(Access::new(vec![host.into()], &[]).is_err(), "{host}");
        }
        for (text, expected) in [
            ("http://localhost:3000", Some("http://localhost:3000")),
            ("https://Example.org:443/", Some("https://example.org")),
            ("http://[::1]:5173", Some("http://[::1]:5173")),
            ("localhost:3000", None),
            ("http://localhost/path", None),
            ("http://a@localhost", None),
            ("ftp://localhost", None),
            ("null", None),
            ("*", None),
        ] {
            let access = Access::new(Vec::new(), &[text.into()]);
            let found = access
                .ok()
                .map(|it| it.origins()[0].to_str().unwrap().to_owned());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
