//! What the ledger holds, and for how long.

use std::io::ErrorKind;
use std::time::Duration;

use acquire_io_sandbox::{FaultRule, Operation, Sandbox, Verdict};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::*;

#[tokio::test]
async fn an_entry_has_the_request_and_the_answer() -> Result {
    let sandbox = Sandbox::start().await?;
    let path = format!("{CHAT}?x-user-type=user");
    let response = post(&http2(), &sandbox, &path, chat("hi")).send().await?;
    let answer = response.bytes().await?;
    let entry = sandbox.received().pop().unwrap();
    assert_eq!(
        (entry.number, entry.operation),
        (1, Some(Operation::SendChatMessage))
    );
    assert_eq!(entry.method, "POST");
    assert_eq!(entry.uri.path_and_query().unwrap().as_str(), path);
    assert_eq!(entry.headers["authorization"], "Bearer sandbox-key");
    assert_eq!(entry.body, chat("hi").to_string());
    assert!(entry.is_whole);
    assert_eq!(
        (entry.verdict, entry.status.unwrap().as_u16()),
        (Verdict::Accepted, 200)
    );
    assert_eq!(entry.answer, answer);
    let debug = format!("{entry:?}");
    assert!(
        !debug.contains("sandbox-key") && !debug.contains("hi"),
        "{debug}"
    );
    let json = serde_json::to_value(&entry)?;
    assert_eq!(json["headers"]["authorization"], "***");
    assert!(!json.to_string().contains("sandbox-key"));
    Ok(())
}

#[tokio::test]
async fn the_oldest_are_dropped_and_counted() -> Result {
    for (entries, bytes) in [(3, usize::MAX), (usize::MAX, 16_000)] {
        let sandbox = Sandbox::builder()
            .ledger_limits(entries, bytes)
            .start()
            .await?;
        for number in 0..20 {
            post(&http1(), &sandbox, CHAT, chat(&format!("message {number}")))
                .send()
                .await?;
        }
        let received = sandbox.received();
        assert!((1..=6).contains(&received.len()), "{}", received.len());
        assert_eq!(received.last().unwrap().number, 20);
        let url = format!("{}/_sandbox/ledger", sandbox.base_url());
        let page = json_of(http1().get(url).send().await?).await?;
        assert_eq!(page["received"], 20);
        assert_eq!(page["dropped"], 20 - received.len());
        sandbox.wait_for(20, Duration::ZERO).await?;
    }
    Ok(())
}

/// Each entry has its copy.
#[tokio::test]
async fn the_name_of_a_fault_counts() -> Result {
    let slow = FaultRule::delay(Duration::ZERO).named("n".repeat(10_000));
    let builder = Sandbox::builder().ledger_limits(usize::MAX, 50_000);
    let sandbox = builder.fault(slow).start().await?;
    for _ in 0..10 {
        post(&http1(), &sandbox, "/", "").send().await?;
    }
    assert!(sandbox.received().len() < 5);
    Ok(())
}

#[tokio::test]
async fn messages_can_be_awaited_and_followed() -> Result {
    let sandbox = Sandbox::start().await?;
    let error = sandbox
        .wait_for(1, Duration::from_millis(20))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "0 of 1 requests arrived within 20ms");

    let mut arrivals = sandbox.arrivals();
    let request = post(&http1(), &sandbox, CHAT, chat("hi"));
    let sending = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        request.send().await
    });
    assert_eq!(sandbox.wait_for(1, Duration::from_secs(10)).await?.len(), 1);
    assert_eq!(sending.await??.status(), 200);
    assert_eq!(arrivals.next().await.unwrap().number, 1);

    sandbox.reset();
    assert!(sandbox.received().is_empty());
    post(&http1(), &sandbox, CHAT, chat("hi")).send().await?;
    assert_eq!(sandbox.wait_for(1, Duration::ZERO).await?[0].number, 2);
    sandbox.stop().await?;
    assert_eq!(arrivals.next().await.unwrap().number, 2);
    assert!(arrivals.next().await.is_none());
    Ok(())
}

#[tokio::test]
async fn an_incomplete_request_is_recorded() -> Result {
    let sandbox = Sandbox::start().await?;
    let mut stream = TcpStream::connect(sandbox.address()).await?;
    let text = raw_chat("hello there");
    stream
        .write_all(&text.as_bytes()[..text.len() - 10])
        .await?;
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(stream);
    let entry = sandbox.wait_for(1, Duration::from_secs(5)).await?.remove(0);
    assert_eq!((entry.verdict, entry.is_whole), (Verdict::Unread, false));
    assert!(!entry.body.is_empty());
    Ok(())
}

#[tokio::test]
async fn entries_are_written_to_a_file() -> Result {
    let path = std::env::temp_dir().join(format!("acquire-sandbox-{}.ndjson", std::process::id()));
    let sandbox = Sandbox::builder().ledger_file(&path).start().await?;
    for _ in 0..3 {
        post(&http1(), &sandbox, CHAT, chat("hi")).send().await?;
    }
    sandbox.stop().await?;
    let text = std::fs::read_to_string(&path)?;
    std::fs::remove_file(&path)?;
    let numbers: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).map(|entry| entry["number"].clone()))
        .collect::<std::result::Result<_, _>>()?;
    assert_eq!(numbers, [1, 2, 3]);
    Ok(())
}
