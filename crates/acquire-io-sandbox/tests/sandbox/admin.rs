//! The endpoints that control the sandbox.

use std::time::Duration;

use acquire_io_sandbox::Sandbox;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::*;

async fn call(
    sandbox: &Sandbox,
    method: Method,
    path: &str,
    body: Value,
) -> Result<(StatusCode, Value)> {
    let request = http1().request(method, format!("{}/_sandbox/{path}", sandbox.base_url()));
    let request = request.header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await?;
    let (status, bytes) = (response.status(), response.bytes().await?);
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

#[tokio::test]
async fn fault_rules_can_be_changed_at_run_time() -> Result {
    let sandbox = Sandbox::start().await?;
    let rule = json!({"name": "r", "action": {"type": "answer", "status": 503}});
    let (status, listed) = call(&sandbox, Method::POST, "faults", rule.clone()).await?;
    assert_eq!(status, 201);
    assert_eq!(
        (&listed["id"], &listed["rule"]["name"]),
        (&json!(1), &json!("r"))
    );
    let send = async || -> Result<u16> {
        Ok(post(&http1(), &sandbox, CHAT, chat("hi"))
            .send()
            .await?
            .status()
            .as_u16())
    };
    assert_eq!(send().await?, 503);
    let (_, listed) = call(
        &sandbox,
        Method::PATCH,
        "faults/1",
        json!({"enabled": false}),
    )
    .await?;
    assert_eq!(
        (&listed["acted"], &listed["rule"]["enabled"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(send().await?, 200);
    let other = json!({"action": {"type": "answer", "status": 429}});
    call(&sandbox, Method::PUT, "faults/1", other.clone()).await?;
    assert_eq!(send().await?, 429);
    assert_eq!(
        call(&sandbox, Method::DELETE, "faults/1", json!(null))
            .await?
            .0,
        204
    );
    assert_eq!(send().await?, 200);
    let (_, all) = call(&sandbox, Method::PUT, "faults", json!([rule, other])).await?;
    assert_eq!(all.as_array().unwrap().len(), 2);
    let (_, all) = call(&sandbox, Method::GET, "faults", json!(null)).await?;
    assert_eq!((&all[0]["id"], &all[1]["matched"]), (&json!(2), &json!(0)));
    assert_eq!(
        call(&sandbox, Method::DELETE, "faults", json!(null))
            .await?
            .0,
        204
    );
    assert_eq!(send().await?, 200);
    Ok(())
}

#[tokio::test]
async fn wrong_requests_are_refused_with_the_reason() -> Result {
    let sandbox = Sandbox::start().await?;
    let bad = json!({"action": {"type": "answer", "status": 1}});
    let rows = [
        (
            Method::POST,
            "faults",
            bad.clone(),
            400,
            "fault rule: action: status 1 is not",
        ),
        (
            Method::POST,
            "faults",
            json!({"action": 1}),
            422,
            "Failed to deserialize",
        ),
        (
            Method::PUT,
            "faults",
            json!([bad]),
            400,
            "fault rule: action",
        ),
        (
            Method::PATCH,
            "faults/7",
            json!({"enabled": true}),
            404,
            "there is no fault rule 7",
        ),
        (
            Method::DELETE,
            "faults/7",
            json!(null),
            404,
            "there is no fault rule 7",
        ),
        (Method::DELETE, "faults/x", json!(null), 400, "Invalid URL"),
        (
            Method::GET,
            "wait",
            json!(null),
            400,
            "Failed to deserialize query string",
        ),
        (
            Method::GET,
            "wait?count=1&timeout=-1",
            json!(null),
            400,
            "timeout: -1 is not from 0",
        ),
        (
            Method::GET,
            "ledger?from=1",
            json!(null),
            400,
            "Failed to deserialize query string",
        ),
        (
            Method::GET,
            "nothing",
            json!(null),
            404,
            "there is no such endpoint",
        ),
    ];
    for (method, path, body, expected, text) in rows {
        let (status, answer) = call(&sandbox, method, path, body).await?;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(status, expected, "{path}: {answer}");
        assert!(message.starts_with(text), "{path}: {message}");
    }
    // None of these is recorded as a message.
    assert!(sandbox.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_ledger_can_be_read_awaited_and_reset() -> Result {
    let sandbox = Sandbox::start().await?;
    let (status, answer) = call(
        &sandbox,
        Method::GET,
        "wait?count=1&timeout=0.05",
        json!(null),
    )
    .await?;
    assert_eq!(
        (status.as_u16(), answer),
        (504, json!({"received": 0, "reached": false}))
    );
    for _ in 0..3 {
        post(&http2(), &sandbox, CHAT, chat("hi")).send().await?;
    }
    let (status, answer) = call(&sandbox, Method::GET, "wait?count=3", json!(null)).await?;
    assert_eq!(
        (status.as_u16(), answer),
        (200, json!({"received": 3, "reached": true}))
    );
    let (_, page) = call(&sandbox, Method::GET, "ledger?since=1&limit=1", json!(null)).await?;
    assert_eq!(
        (&page["received"], &page["dropped"], &page["more"]),
        (&json!(3), &json!(0), &json!(true))
    );
    let [entry] = page["entries"].as_array().unwrap().as_slice() else {
        panic!("{page}");
    };
    assert_eq!(entry["number"], 2);
    assert_eq!(entry["body"], chat("hi").to_string());
    assert_eq!(entry["version"], "HTTP/2.0");
    assert_eq!(
        call(&sandbox, Method::DELETE, "ledger", json!(null))
            .await?
            .0,
        204
    );
    let (_, page) = call(&sandbox, Method::GET, "ledger", json!(null)).await?;
    assert_eq!(
        page,
        json!({"received": 0, "dropped": 0, "more": false, "entries": []})
    );
    Ok(())
}

#[tokio::test]
async fn events_have_each_entry_and_end_with_the_sandbox() -> Result {
    let sandbox = Sandbox::start().await?;
    post(&http1(), &sandbox, CHAT, chat("first")).send().await?;
    let url = format!("{}/_sandbox/events?since=0", sandbox.base_url());
    let mut events = http1().get(url).send().await?;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    post(&http1(), &sandbox, CHAT, chat("a\r\n\r\nb"))
        .send()
        .await?;
    while text.matches("\n\n").count() < 2 {
        text += &String::from_utf8_lossy(&events.chunk().await?.unwrap());
    }
    assert!(
        text.contains("event: entry") && text.contains("id: 2"),
        "{text}"
    );
    assert!(text.contains("first"));
    let data = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .nth(1)
        .unwrap();
    let entry: Value = serde_json::from_str(data)?;
    assert_eq!(entry["body"], chat("a\r\n\r\nb").to_string());
    let begun = std::time::Instant::now();
    sandbox.stop().await?;
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(events.chunk().await?, None);
    Ok(())
}

#[tokio::test]
async fn the_account_and_the_document_can_be_read() -> Result {
    let sandbox = Sandbox::start().await?;
    let (_, state) = call(&sandbox, Method::GET, "state", json!(null)).await?;
    assert_eq!(state["account"]["cases"].as_array().unwrap().len(), 9);
    assert_eq!(
        state["shapes"]["sendSms"],
        json!({"used": "2021-04-02", "all": ["2021-04-02", "2021-03-19"]})
    );
    let (_, document) = call(&sandbox, Method::GET, "openapi.json", json!(null)).await?;
    let mut expected = crate::support::document();
    let url = sandbox.base_url();
    expected["servers"] =
        json!([{"url": url, "description": "This sandbox. It sends nothing to anyone."}]);
    assert!(document == expected, "{}", document["servers"]);
    // By the name under which it was asked for, which HTTP/2 has in no header.
    let http2 = reqwest::Client::builder().http2_prior_knowledge();
    let http2 = client(http2.resolve("localhost", sandbox.address()));
    let url = format!("http://localhost:{}", sandbox.address().port());
    let document = http2.get(format!("{url}/_sandbox/openapi.json"));
    let document = json_of(document.send().await?).await?;
    assert_eq!(document["servers"][0]["url"], url);

    let (_, seed) = call(&sandbox, Method::GET, "seed", json!(null)).await?;
    let seed = acquire_io_sandbox::Seed::from_json(&seed.to_string())?;
    assert_eq!(seed.cases.len(), 9);
    Ok(())
}
