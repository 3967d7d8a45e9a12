//! Whatever comes, the sandbox stays up, and the fault is the client's.

use std::time::Duration;

use acquire_io_sandbox::Sandbox;
use fastrand::Rng;
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

#[tokio::test]
async fn random_bytes_get_4xx_or_nothing() -> Result {
    let sandbox = Sandbox::start().await?;
    let mut rng = Rng::with_seed(1);
    for round in 0..2_000 {
        let mut bytes: Vec<u8> = (0..rng.usize(1..300)).map(|_| rng.u8(..)).collect();
        if round % 2 == 0 {
            // A good head, a random body.
            let head = raw_chat("").replace("content-length", "x-length");
            let head = head.split("\r\n\r\n").next().unwrap_or_default();
            let head = format!("{head}\r\ncontent-length: {}\r\n\r\n", bytes.len());
            bytes.splice(0..0, head.into_bytes());
        }
        let status = status(&sandbox, &bytes).await?;
        assert!(
            status.is_none_or(|status| (400..500).contains(&status)),
            "{status:?}: {bytes:?}"
        );
        assert!(round % 2 == 1 || status.is_some());
    }
    is_up(&sandbox).await
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
async fn mutated_requests_get_no_5xx() -> Result {
    let sandbox = Sandbox::start().await?;
    let mut rng = Rng::with_seed(3);
    let (mut refused, clients) = (0, [http1(), http2()]);
    for round in 0..2_000 {
        let operation = ["sendChatMessage", "sendMailMessage", "sendSms"][round % 3];
        let mut request = documented(operation);
        mutate(&mut request, &mut rng);
        let request = post(&clients[round % 2], &sandbox, path_of(operation), &request);
        let status = request.send().await?.status();
        assert!(status == 200 || status.is_client_error(), "{status}");
        refused += usize::from(status.is_client_error());
    }
    assert!(refused > 1_000, "{refused}");
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
async fn stopping_answers_what_is_under_way() -> Result {
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
