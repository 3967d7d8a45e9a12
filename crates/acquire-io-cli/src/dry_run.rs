//! The request of `--dry-run`, without the key.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use acquire_io_sandbox::cli::inert;
use acquire_io_sandbox::shell::word;
use bytes::Bytes;
use http::{HeaderValue, Request};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::output::Output;

/// In place of the key.
const HIDDEN: &str = "Bearer <hidden>";

/// As it would be on the wire of HTTP/1.1.
pub(crate) fn http(request: &Request<Bytes>, output: &mut Output) -> io::Result<()> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    output.line(format_args!("{} {target} HTTP/1.1", request.method()))?;
    for (name, value) in request.headers() {
        output.line(format_args!("{name}: {}", shown(value)))?;
    }
    if let Some(host) = uri.authority() {
        output.line(format_args!("host: {host}"))?;
    }
    output.line(format_args!("content-length: {}\n", request.body().len()))?;
    output.foreign(request.body())
}

#[derive(Serialize)]
struct Json<'a> {
    method: &'a str,
    url: String,
    headers: BTreeMap<&'a str, Cow<'a, str>>,
    body: Box<RawValue>,
}

/// As one JSON object.
pub(crate) fn json(request: &Request<Bytes>, output: &mut Output) -> io::Result<()> {
    // Within JSON a line break is between values, never in one.
    let body = text(request).replace(['\n', '\r'], " ");
    let headers = request.headers().iter();
    output.json(&Json {
        method: request.method().as_str(),
        url: request.uri().to_string(),
        headers: headers
            .map(|(name, value)| (name.as_str(), shown(value)))
            .collect(),
        body: RawValue::from_string(body)?,
    })
}

/// As a command for a POSIX shell. curl gets the key from the environment by standard input, since other users can read
/// arguments.
pub(crate) fn curl(request: &Request<Bytes>, output: &mut Output) -> io::Result<()> {
    let method = request.method();
    let url = word(&request.uri().to_string());
    let mut command = format!(
        "printf 'authorization: Bearer %s\\n' \"$ACQUIRE_API_KEY\" |\n  curl -X {method} {url} -H @-"
    );
    for (name, value) in request.headers() {
        if !value.is_sensitive() {
            let header = word(&format!("{name}: {}", shown(value)));
            command.push_str(&format!(" \\\n  -H {header}"));
        }
    }
    // Unprintable characters are escaped as JSON, so that a terminal and the clipboard keep them.
    let body = word(&inert::json(&text(request)));
    command.push_str(&format!(" \\\n  --data-raw {body}\n"));
    output.bytes(command.as_bytes())
}

fn text(request: &Request<Bytes>) -> Cow<'_, str> {
    String::from_utf8_lossy(request.body())
}

fn shown(value: &HeaderValue) -> Cow<'_, str> {
    match value.is_sensitive() {
        true => HIDDEN.into(),
        false => String::from_utf8_lossy(value.as_bytes()),
    }
}
