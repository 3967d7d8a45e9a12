//! Whatever it is sent, the sandbox stays up and blames the client.

use std::sync::Arc;
use std::time::Duration;

use acquire_io_sandbox::Sandbox;
use fastrand::Rng;
use jsonschema::Validator;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::*;

/// The status of the first answer on a connection, if there is one.
async fn status(sandbox: &Sandbox, bytes: &[u8]) -> Result<Option<u16>> {
    let mut stream = TcpStream::connect(sandbox.address()).await?;
    stream.write_all(bytes).await?;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    // The end may be a reset.
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await?;
    let answer = String::from_utf8_lossy(&answer);
    let code = answer
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5)?.parse().ok());
    Ok(code)
}

async fn is_up(sandbox: &Sandbox) -> Result {
    assert_eq!(
        post(&http1(), sandbox, CHAT, chat("hi"))
            .send()
            .await?
            .status(),
        200
    );
    Ok(())
}

/// How many malformed requests are sent, by how many clients at once.
const MALFORMED: usize = 10_000;
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_get_4xx() -> Result {
    let sandbox = Arc::new(Sandbox::start().await?);
    let operations = Arc::new(operations());
    let mut clients = JoinSet::new();
    for seed in 0..CLIENTS {
        let (sandbox, operations) = (Arc::clone(&sandbox), Arc::clone(&operations));
        clients.spawn(async move {
            let client = if seed % 2 == 0 { http1() } else { http2() };
            let mut rng = Rng::with_seed(seed as u64);
            let mut malformed = 0;
            while malformed < MALFORMED / CLIENTS {
                if rng.u8(..4) == 0 {
                    let mut bytes = random_bytes(&mut rng);
                    bytes.extend(b"\r\n\r\n");
                    let status = status(&sandbox, &bytes).await.unwrap();
                    assert!(matches!(status, Some(400..500)), "{status:?}: {bytes:?}");
                    malformed += 1;
                    continue;
                }
                let operation = &operations[rng.usize(..operations.len())];
                let (request, is_malformed) = operation.request(&client, &sandbox, &mut rng);
                let request = request.build().unwrap();
                let context = format!("{seed}, {malformed}: {request:?}");
                let status = client.execute(request).await.unwrap().status();
                let is_accepted = !is_malformed && status == 200;
                assert!(
                    is_accepted || status.is_client_error(),
                    "{status}, {context}"
                );
                malformed += usize::from(is_malformed);
            }
        });
    }
    clients.join_all().await;
    is_up(&sandbox).await
}

/// What the document says of an operation, to be broken.
struct Operation {
    path: &'static str,
    documented: Value,
    validator: Validator,
}

fn operations() -> Vec<Operation> {
    let schemas = [
        ("sendChatMessage", "ChatMessageRequest"),
        ("sendMailMessage", "MailMessageRequest"),
        ("sendSms", "SmsRequest"),
    ];
    let operation = |(operation, schema)| {
        let mut root = json!({"components": document()["components"].take()});
        root["allOf"] = json!([{"$ref": format!("#/components/schemas/{schema}")}]);
        Operation {
            path: path_of(operation),
            documented: documented(operation),
            validator: jsonschema::draft4::new(&root).unwrap(),
        }
    };
    schemas.into_iter().map(operation).collect()
}

impl Operation {
    /// A request with one defect, and whether the document forbids it.
    fn request(&self, client: &Client, sandbox: &Sandbox, rng: &mut Rng) -> (RequestBuilder, bool) {
        let path = self.path;
        let text = self.documented.to_string();
        let good = || post(client, sandbox, path, &text);
        let request = match rng.u8(..10) {
            0 => good().body(random_bytes(rng)),
            // The documented bodies are ASCII.
            1 => good().body(text[..rng.usize(..text.len())].to_owned()),
            2 => {
                let method = [Method::GET, Method::PUT, Method::PATCH, Method::DELETE];
                let url = format!("{}{path}", sandbox.base_url());
                client.request(method[rng.usize(..4)].clone(), url)
            }
            3 => {
                let query = [
                    "x-user-type=",
                    "x-user-type=users",
                    "contactId=%00",
                    "a=b",
                    "=",
                    "%ff",
                ];
                let path = format!("{path}?{}", query[rng.usize(..query.len())]);
                post(client, sandbox, &path, &text)
            }
            4 => {
                let path = format!("{path}/{}", rng.u32(..));
                post(client, sandbox, &path, &text)
            }
            5 => {
                let headers = ["authorization", "content-type"];
                good().header(headers[rng.usize(..2)], "one too many")
            }
            _ => {
                let mut body = self.documented.clone();
                mutate(&mut body, rng);
                let request = good().body(body.to_string());
                return (request, !self.validator.is_valid(&body));
            }
        };
        (request, true)
    }
}

fn random_bytes(rng: &mut Rng) -> Vec<u8> {
    (0..rng.usize(1..300)).map(|_| rng.u8(..)).collect()
}

/// Changes something anywhere in a request.
fn mutate(value: &mut Value, rng: &mut Rng) {
    if rng.u8(..4) > 0 {
        match value {
            Value::Object(members) if !members.is_empty() => {
                let at = rng.usize(..members.len());
                if let Some((_, member)) = members.iter_mut().nth(at) {
                    return mutate(member, rng);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                let at = rng.usize(..items.len());
                return mutate(&mut items[at], rng);
            }
            _ => {}
        }
    }
    let strange = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(0.1),
        json!(""),
        json!("\u{0}\u{202e}😀"),
        json!("x".repeat(10_000)),
        json!([]),
        json!([[[[]]]]),
        json!({}),
        json!({"": {"": null}}),
    ];
    *value = strange[rng.usize(..strange.len())].clone();
}

#[tokio::test]
async fn flipped_bytes_of_a_request_get_no_5xx() -> Result {
    let sandbox = Sandbox::start().await?;
    let mut rng = Rng::with_seed(2);
    for _ in 0..1_000 {
        let mut bytes = raw_chat("hello").into_bytes();
        for _ in 0..rng.usize(1..6) {
            let at = rng.usize(..bytes.len());
            bytes[at] = rng.u8(..);
        }
        let status = status(&sandbox, &bytes).await?;
        // What was flipped may not matter.
        assert!(
            status.is_none_or(|status| status < 500 && status != 100),
            "{status:?}"
        );
    }
    is_up(&sandbox).await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_connections_at_once() -> Result {
    // Each takes two file descriptors here, of which many systems allow 1,024.
    let connections = std::env::var("CONNECTIONS").map_or(Ok(400), |it| it.parse())?;
    let sandbox = Sandbox::start().await?;
    let mut clients = JoinSet::new();
    let text = raw_chat("hi");
    for _ in 0..connections {
        let (address, text) = (sandbox.address(), text.clone());
        clients.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            // All are open before the first is answered.
            let (head, tail) = text.split_at(text.len() - 5);
            stream.write_all(head.as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
            stream.write_all(tail.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer.starts_with("HTTP/1.1 200"))
        });
    }
    while let Some(is_accepted) = clients.join_next().await {
        assert!(is_accepted??);
    }
    assert_eq!(sandbox.received().len(), connections);
    sandbox.stop().await?;
    Ok(())
}

#[tokio::test]
async fn stopping_answers_requests_in_progress() -> Result {
    let rule = rule(json!({"action": {"type": "delay", "ms": 300}}));
    let sandbox = Sandbox::builder().fault(rule).start().await?;
    let requests = [http1(), http2()].map(|client| {
        let request = post(&client, &sandbox, CHAT, chat("hi"));
        tokio::spawn(async move { request.send().await.map(|response| response.status()) })
    });
    sandbox.wait_for(2, Duration::from_secs(5)).await?;
    sandbox.stop().await?;
    for request in requests {
        assert_eq!(request.await??, 200);
    }
    Ok(())
}
