//! Each fault as clients see it, and its entry in the ledger.

use std::time::{Duration, Instant};

use acquire_io_sandbox::{Answer, FaultRule, Sandbox, Verdict};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::*;

async fn failing(action: Value) -> Result<Sandbox> {
    Ok(Sandbox::builder()
        .fault(rule(json!({"action": action})))
        .start()
        .await?)
}

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn connections_break_at_every_stage() -> Result {
    // The stage, the verdict, whether a body is known, whether a status is.
    let rows = [
        ("head", Verdict::Unread, false, false),
        ("body", Verdict::Unread, true, false),
        ("received", Verdict::Accepted, true, false),
        ("answer-head", Verdict::Accepted, true, true),
        ("answer-body", Verdict::Accepted, true, true),
    ];
    for (stage, verdict, has_body, has_status) in rows {
        for how in ["close", "reset"] {
            let sandbox = failing(json!({"type": "break", "stage": stage, "how": how})).await?;
            let (text, is_reset) =
                timeout(SOON, raw(&sandbox, raw_chat("hi").as_bytes())).await??;
            assert_eq!(is_reset, how == "reset", "{stage} {how}");
            match stage {
                "answer-head" if how == "close" => assert_eq!(text, "HTTP/1.1 200"),
                "answer-body" if how == "close" => {
                    let (head, body) = text.split_once("\r\n\r\n").unwrap();
                    let length = head.split("content-length: ").nth(1).unwrap();
                    let length: usize = length.split("\r\n").next().unwrap().parse()?;
                    assert_eq!(body.len(), length / 2);
                }
                "answer-head" | "answer-body" => {}
                _ => assert_eq!(text, ""),
            }
            let response = post(&http2(), &sandbox, CHAT, chat("hi")).send().await;
            match stage {
                "answer-body" => assert!(response?.bytes().await.is_err()),
                _ => assert!(response.is_err(), "{stage}"),
            }
            let received = sandbox.received();
            assert_eq!(received.len(), 2, "{stage}");
            for entry in received {
                assert_eq!(entry.verdict, verdict, "{stage}");
                assert_eq!(entry.fault.as_deref(), Some("break"));
                assert_eq!(!entry.body.is_empty(), has_body, "{stage}");
                assert_eq!(entry.status.is_some(), has_status, "{stage}");
                assert_eq!(entry.is_whole, verdict == Verdict::Accepted, "{stage}");
            }
            sandbox.stop().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_large_body_can_break_in_the_middle() -> Result {
    let action = json!({"type": "break", "stage": "body", "bytes": 300_000, "how": "reset"});
    let sandbox = failing(action).await?;
    for client in [http1(), http2()] {
        let body = chat(&"x".repeat(3_000_000));
        assert!(post(&client, &sandbox, CHAT, body).send().await.is_err());
    }
    for entry in sandbox.received() {
        assert!(
            (300_000..2_000_000).contains(&entry.body.len()),
            "{}",
            entry.body.len()
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_request_can_hang_at_every_stage() -> Result {
    for stage in ["head", "body", "received", "answer-body"] {
        let sandbox = failing(json!({"type": "hang", "stage": stage})).await?;
        let patience = Duration::from_millis(200);
        let mut stream = TcpStream::connect(sandbox.address()).await?;
        stream.write_all(raw_chat("hi").as_bytes()).await?;
        let mut read = Vec::new();
        assert!(
            timeout(patience, stream.read_to_end(&mut read))
                .await
                .is_err(),
            "{stage}"
        );
        assert_eq!(!read.is_empty(), stage == "answer-body");
        let request = post(&http2(), &sandbox, CHAT, chat("hi"))
            .timeout(patience)
            .send();
        let is_late = match request.await {
            Ok(response) => response
                .bytes()
                .await
                .is_err_and(|error| error.is_timeout()),
            Err(error) => error.is_timeout(),
        };
        assert!(is_late, "{stage}");
        let expected = match stage {
            "head" | "body" => Verdict::Unread,
            _ => Verdict::Accepted,
        };
        assert!(
            sandbox
                .received()
                .iter()
                .all(|entry| entry.verdict == expected)
        );
        assert_eq!(sandbox.received().len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn any_answer_can_be_given() -> Result {
    let answer = json!({"type": "answer", "status": 503, "headers": {"retry-after": "7"}});
    let sandbox = failing(answer).await?;
    for client in [http1(), http2()] {
        let response = post(&client, &sandbox, CHAT, chat("hi")).send().await?;
        assert_eq!(
            (
                response.status().as_u16(),
                &response.headers()["retry-after"]
            ),
            (503, &"7".parse()?)
        );
        assert_eq!(
            json_of(response).await?["error"]["code"],
            "ERROR_SERVER_ERROR"
        );
    }
    assert_eq!(sandbox.received()[0].verdict, Verdict::Unread);

    let html = json!({"type": "answer", "status": 502, "contentType": "text/html", "body": "<p>"});
    sandbox.set_faults(vec![rule(json!({"action": html}))])?;
    let response = post(&http1(), &sandbox, CHAT, chat("hi")).send().await?;
    assert_eq!(response.headers()["content-type"], "text/html");
    assert_eq!(response.text().await?, "<p>");

    let lie = json!({"type": "answer", "status": 500, "accept": true, "body": {"a": 1}});
    sandbox.set_faults(vec![rule(json!({"action": lie}))])?;
    let response = post(&http1(), &sandbox, CHAT, chat("hi")).send().await?;
    assert_eq!(
        (response.status().as_u16(), json_of(response).await?),
        (500, json!({"a": 1}))
    );
    let last = sandbox.received().pop().unwrap();
    assert_eq!(
        (last.verdict, last.status.unwrap().as_u16()),
        (Verdict::Accepted, 500)
    );

    let redirect = json!({"type": "redirect", "location": "/elsewhere"});
    sandbox.set_faults(vec![rule(json!({"action": redirect}))])?;
    let response = post(&http1(), &sandbox, CHAT, chat("hi")).send().await?;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (307, &"/elsewhere".parse()?)
    );
    Ok(())
}

#[tokio::test]
async fn delays_add_up_and_go_on() -> Result {
    let builder = Sandbox::builder()
        .fault(rule(json!({"action": {"type": "delay", "ms": 60}})))
        .fault(rule(
            json!({"action": {"type": "delay", "ms": 60, "stage": "head"}}),
        ))
        .fault(rule(json!({"action": {"type": "answer", "status": 429}})));
    let sandbox = builder.start().await?;
    let begun = Instant::now();
    let response = post(&http1(), &sandbox, CHAT, chat("hi")).send().await?;
    assert_eq!(response.status(), 429);
    assert!(begun.elapsed() >= Duration::from_millis(120));
    Ok(())
}

#[tokio::test]
async fn a_strange_answer_can_be_asked_for() -> Result {
    let sandbox = failing(json!({"type": "strange", "seed": 3, "oddities": ["null"]})).await?;
    let answer = json_of(post(&http1(), &sandbox, CHAT, chat("hi")).send().await?).await?;
    sandbox.set_faults(Vec::new())?;
    let plain = json_of(post(&http1(), &sandbox, CHAT, chat("hi")).send().await?).await?;
    assert_ne!(answer["data"], plain["data"]);
    Ok(())
}

#[tokio::test]
async fn a_json_body_of_a_fault_is_json() -> Result {
    for (answer, expected) in [
        (
            Answer::new(200).body(json!({"error": true})),
            "application/json; charset=utf-8",
        ),
        (
            Answer::new(200).body(r#"{"error": true}"#),
            "application/json; charset=utf-8",
        ),
        (Answer::new(500), "application/json; charset=utf-8"),
        (Answer::new(200).body("{ no"), "text/plain; charset=utf-8"),
        (Answer::new(200).body("<p>"), "text/plain; charset=utf-8"),
        (
            Answer::new(200).body("{}").content_type("text/html"),
            "text/html",
        ),
    ] {
        let sandbox = Sandbox::builder()
            .fault(FaultRule::answer(answer))
            .start()
            .await?;
        let answer = post(&http1(), &sandbox, CHAT, chat("hi")).send().await?;
        assert_eq!(answer.headers()["content-type"], expected);
    }
    Ok(())
}
