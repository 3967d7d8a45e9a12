//! Clients that take more than their share.

use std::time::Duration;

use acquire_io_sandbox::{Sandbox, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::*;

const SOON: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(100);

/// What the server writes until it closes the connection.
async fn until_closed(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut read = Vec::new();
    timeout(SOON, stream.read_to_end(&mut read)).await??;
    Ok(read)
}

#[tokio::test]
async fn a_slow_client_is_disconnected() -> Result {
    let sandbox = Sandbox::builder().client_timeout(SHORT).start().await?;
    let body = raw_chat("hello");
    let settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for bytes in [
        &b""[..],
        // Neither version yet.
        b"P",
        b"GET /",
        &body.as_bytes()[..100],
        // HTTP/2 without a request, and with half a frame of one.
        settings,
        &[&settings[..], b"\0\0\x40\x01\x04\0\0\0\x01"].concat(),
    ] {
        let mut stream = TcpStream::connect(sandbox.address()).await?;
        stream.write_all(bytes).await?;
        until_closed(&mut stream).await?;
    }
    assert!(sandbox.received().is_empty());

    // A body that stalls is answered, and recorded.
    let mut stream = TcpStream::connect(sandbox.address()).await?;
    stream.write_all(&body.as_bytes()[..body.len() - 5]).await?;
    let answer = String::from_utf8(until_closed(&mut stream).await?)?;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        answer.contains("the body did not arrive within 100ms"),
        "{answer}"
    );
    let entry = sandbox.received().remove(0);
    assert_eq!((entry.verdict, entry.is_whole), (Verdict::Unread, false));
    Ok(())
}

#[tokio::test]
async fn an_idle_connection_is_closed() -> Result {
    let sandbox = Sandbox::builder().client_timeout(SHORT).start().await?;
    let text = raw_chat("hi").replace("connection: close\r\n", "");
    let mut stream = TcpStream::connect(sandbox.address()).await?;
    for _ in 0..2 {
        stream.write_all(text.as_bytes()).await?;
        let mut answer = [0; 15];
        stream.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        // The rest of the answer.
        let mut rest = vec![0; 64 * 1024];
        let _ = stream.read(&mut rest).await?;
    }
    until_closed(&mut stream).await?;
    Ok(())
}

/// The time that the server takes doesn't count.
#[tokio::test]
async fn a_slow_answer_is_not_cut() -> Result {
    let slow = rule(serde_json::json!({"action": {"type": "delay", "ms": 600}}));
    let builder = Sandbox::builder().client_timeout(SHORT).fault(slow);
    let sandbox = builder.start().await?;
    for client in [http1(), http2()] {
        let answer = post(&client, &sandbox, CHAT, chat("hi")).send().await?;
        assert_eq!(answer.status(), 200);
    }
    // Nor is a stream without events.
    let url = format!("{}/_sandbox/events", sandbox.base_url());
    let mut events = http1().get(url).send().await?;
    for _ in 0..10 {
        assert!(timeout(SOON, events.chunk()).await??.is_some());
    }
    Ok(())
}

/// It is disconnected even while its answer is being written.
#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() -> Result {
    let builder = Sandbox::builder().client_timeout(SHORT).connection_limit(1);
    let sandbox = builder.start().await?;
    let body = "x".repeat(14_000_000);
    post(&http1(), &sandbox, "/large", body).send().await?;
    let mut stream = TcpStream::connect(sandbox.address()).await?;
    let request = "GET /_sandbox/messages.ndjson HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    stream.readable().await?;
    // Only one connection is allowed, so the first was closed.
    let (answer, _) = timeout(SOON, raw(&sandbox, raw_chat("hi").as_bytes())).await??;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    Ok(())
}

#[tokio::test]
async fn idle_connections_make_room_for_others() -> Result {
    let sandbox = Sandbox::builder().connection_limit(4).start().await?;
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(TcpStream::connect(sandbox.address()).await?);
    }
    let request = post(&http1(), &sandbox, CHAT, chat("hi")).timeout(SOON);
    assert_eq!(request.send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() -> Result {
    let sandbox = Sandbox::start().await?;
    let address = sandbox.address();
    let error = Sandbox::builder().port(address.port()).start().await.err();
    let error = error.ok_or("it started")?;
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("can't listen on {address}: ")),
        "{message}"
    );
    assert!(
        message.ends_with("choose another port, or 0 for a free one"),
        "{message}"
    );
    Ok(())
}

#[tokio::test]
async fn a_page_of_the_ledger_is_bounded() -> Result {
    let sandbox = Sandbox::start().await?;
    for _ in 0..8 {
        let body = "x".repeat(2_000_000);
        post(&http1(), &sandbox, "/large", body).send().await?;
    }
    let (mut since, mut numbers) = (0, Vec::new());
    loop {
        let url = format!("{}/_sandbox/ledger?since={since}", sandbox.base_url());
        let text = http1().get(url).send().await?.text().await?;
        assert!(text.len() < 6_000_000, "{}", text.len());
        let page: serde_json::Value = serde_json::from_str(&text)?;
        let entries = page["entries"].as_array().ok_or("no entries")?;
        numbers.extend(entries.iter().map(|entry| entry["number"].clone()));
        since = numbers
            .last()
            .and_then(serde_json::Value::as_u64)
            .ok_or("no number")?;
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private_and_rotates() -> Result {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = std::env::temp_dir().join(format!("acquire-sandbox-log-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("ledger.ndjson");
    // One that others can read, from before.
    std::fs::write(&path, "")?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))?;
    let builder = Sandbox::builder()
        .ledger_file(&path)
        .ledger_file_limit(40_000);
    let sandbox = builder.start().await?;
    for _ in 0..20 {
        post(&http1(), &sandbox, CHAT, chat(&"x".repeat(4_000)))
            .send()
            .await?;
    }
    sandbox.stop().await?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        assert!((1..=40_000).contains(&metadata.len()), "{}", metadata.len());
        files.push(entry.file_name());
        let text = std::fs::read_to_string(entry.path())?;
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line)?;
        }
    }
    files.sort();
    assert_eq!(files, ["ledger.ndjson", "ledger.ndjson.1"]);
    let last = std::fs::read_to_string(&path)?;
    let last: serde_json::Value = serde_json::from_str(last.lines().last().unwrap_or_default())?;
    assert_eq!(last["number"], 20);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
