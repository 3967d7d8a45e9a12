//! Clients and documented bodies.

use std::collections::BTreeMap;

use acquire_io_sandbox::{FaultRule, Sandbox};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

pub(crate) const CHAT: &str = "/api/v1/crm/messenger/chat/add-message";
pub(crate) const MAIL: &str = "/api/v1/mail/add-message";
pub(crate) const SMS: &str = "/api/v1/voip/send-sms";

pub(crate) fn document() -> Value {
    serde_json::from_str(acquire_io_api::OPENAPI_JSON).unwrap()
}

/// The documented bodies whose names begin so, by the rest of their names.
pub(crate) fn examples(prefix: &str) -> BTreeMap<String, Value> {
    let document = document();
    let examples = document["components"]["examples"].as_object().unwrap();
    let found: BTreeMap<_, _> = examples
        .iter()
        .filter_map(|(name, example)| {
            Some((
                name.strip_prefix(prefix)?.to_owned(),
                example["value"].clone(),
            ))
        })
        .collect();
    assert!(!found.is_empty(), "{prefix}");
    found
}

pub(crate) fn path_of(operation: &str) -> &'static str {
    match operation {
        "sendChatMessage" => CHAT,
        "sendMailMessage" => MAIL,
        _ => SMS,
    }
}

/// A request that is accepted.
pub(crate) fn documented(operation: &str) -> Value {
    let prefix = format!("{operation}.request.");
    examples(&prefix).remove("newest").unwrap()
}

pub(crate) fn http1() -> Client {
    client(Client::builder().http1_only())
}

pub(crate) fn http2() -> Client {
    client(Client::builder().http2_prior_knowledge())
}

pub(crate) fn client(builder: reqwest::ClientBuilder) -> Client {
    let builder = builder
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    builder.retry(reqwest::retry::never()).build().unwrap()
}

/// A request with key and content type.
pub(crate) fn post(
    client: &Client,
    sandbox: &Sandbox,
    path: &str,
    body: impl ToString,
) -> RequestBuilder {
    client
        .post(format!("{}{path}", sandbox.base_url()))
        .bearer_auth(sandbox.api_key())
        .header("content-type", "application/json")
        .body(body.to_string())
}

pub(crate) fn chat(text: &str) -> Value {
    json!({"caseId": 28, "message": {"type": "message", "message": text}})
}

pub(crate) async fn json_of(response: Response) -> Result<Value> {
    assert_eq!(response.headers()["x-acquire-sandbox"], "true");
    Ok(serde_json::from_slice(&response.bytes().await?)?)
}

pub(crate) fn rule(json: Value) -> FaultRule {
    FaultRule::from_json(&json.to_string()).unwrap()
}

/// What a raw client reads until the end of the stream, and whether that was a reset.
pub(crate) async fn raw(sandbox: &Sandbox, bytes: &[u8]) -> Result<(String, bool)> {
    let mut stream = TcpStream::connect(sandbox.address()).await?;
    stream.write_all(bytes).await?;
    let mut read = Vec::new();
    let outcome = stream.read_to_end(&mut read).await;
    let is_reset = outcome.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
    Ok((String::from_utf8_lossy(&read).into_owned(), is_reset))
}

/// A chat message as the bytes of HTTP/1.1, after which the connection is not kept.
pub(crate) fn raw_chat(text: &str) -> String {
    let body = chat(text).to_string();
    format!(
        "POST {CHAT} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer sandbox-key\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The message of a refusal, after checking the rest of it.
pub(crate) async fn refused(response: Response, status: u16, code: &str) -> Result<String> {
    assert_eq!(response.status(), status);
    let answer = json_of(response).await?;
    let message = answer["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(
        answer,
        json!({"error": {"code": code, "message": message, "data": null}})
    );
    Ok(message)
}

/// A documented request with a change.
pub(crate) fn changed(operation: &str, pointer: &str, value: Value) -> Value {
    let mut request = documented(operation);
    *request.pointer_mut(pointer).unwrap() = value;
    request
}
