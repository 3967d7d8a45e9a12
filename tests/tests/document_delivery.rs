//! What the document's `x-delivery` says, held against the client's verdicts.

use std::time::Duration;

use acquire_io::{CaseId, Chat, Client, Delivery, Error, NextStep, Sent};
use acquire_io_sandbox::{FaultRule, Sandbox};
use acquire_io_tests::fault::reserved_port;
use acquire_io_tests::{Result, documents};
use serde_json::{Value, json};

fn extension() -> Result<Value> {
    Ok(documents::openapi()?["x-delivery"].take())
}

/// The verdict on an answer with this status, whatever its body.
fn by_status(status: &str) -> Result<Value> {
    let by_status = extension()?["byStatus"].take();
    let class = format!("{}XX", status.get(..1).ok_or("no status")?);
    let keys = [status, &class, "default"];
    let verdict = keys.into_iter().find_map(|key| by_status.get(key).cloned());
    Ok(verdict.ok_or("no default")?)
}

async fn send(base_url: &str, api_key: &str) -> Result<std::result::Result<Sent, Error>> {
    let client = Client::builder()
        .base_url(base_url)
        .api_key(api_key)
        .build()?;
    let chat = Chat::new(CaseId(28)).as_agent().text("hi");
    Ok(client.send(chat).await)
}

/// The client's verdict, as the document writes it.
async fn verdict_of_client(base_url: &str, api_key: &str) -> Result<&'static str> {
    let outcome = send(base_url, api_key).await?;
    let delivery = outcome.map_or_else(|error| error.delivery(), |_| Delivery::Accepted);
    Ok(match delivery {
        Delivery::Accepted => "accepted",
        Delivery::Refused => "refused",
        Delivery::NotSent => "not-sent",
        Delivery::Unknown => "unknown",
    })
}

async fn verdict_with_fault(action: &Value) -> Result<&'static str> {
    let rule = FaultRule::from_json(&json!({"action": action}).to_string())?;
    let sandbox = Sandbox::builder().fault(rule).start().await?;
    verdict_of_client(&sandbox.base_url(), sandbox.api_key()).await
}

#[test]
fn each_answer_has_the_verdict_of_its_status() -> Result {
    let document = documents::openapi()?;
    let mut answers = 0;
    for path in document["paths"].as_object().ok_or("no paths")?.values() {
        let responses = path["post"]["responses"].as_object().ok_or("no answers")?;
        for (status, response) in responses {
            let response = match response["$ref"].as_str() {
                Some(target) => document
                    .pointer(target.trim_start_matches('#'))
                    .ok_or("leads nowhere")?,
                None => response,
            };
            assert_eq!(response["x-delivery"], by_status(status)?, "{status}");
            answers += 1;
        }
    }
    assert_eq!(answers, 3 * 7);
    Ok(())
}

#[tokio::test]
async fn the_client_says_the_same_of_each_status() -> Result {
    for status in [
        200, 201, 204, 300, 302, 307, 400, 401, 404, 408, 409, 429, 460, 499, 500, 503, 999,
    ] {
        let action = json!({"type": "answer", "status": status, "accept": true});
        let verdict = verdict_with_fault(&action).await?;
        assert_eq!(verdict, by_status(&status.to_string())?, "{status}");
    }
    Ok(())
}

#[tokio::test]
async fn the_client_says_the_same_of_each_body() -> Result {
    let rules = extension()?["byBody"].take();
    let [rule] = rules.as_array().ok_or("no rules")?.as_slice() else {
        return Err("a rule that is not tested".into());
    };
    assert_eq!(rule["status"], "2XX");
    let has = rule["has"].as_str().ok_or("no key")?;
    let lacks = rule["lacks"].as_str().ok_or("no key")?;
    let says = json!({"code": "CHAT_ALREADY_JOINED", "message": "no", "data": null});
    let refusal = json!({"type": "answer", "status": 200, "body": {has: says}});
    assert_eq!(verdict_with_fault(&refusal).await?, rule["verdict"]);

    let data = json!({"id": 1});
    let with_both = json!({"type": "answer", "status": 200, "body": {has: says, lacks: data}});
    assert_eq!(verdict_with_fault(&with_both).await?, by_status("200")?);
    Ok(())
}

#[tokio::test]
async fn the_client_says_the_same_of_each_failure() -> Result {
    let by_failure = extension()?["byFailure"].take();

    let (_port, nobody) = reserved_port()?;
    let verdict = verdict_of_client(&format!("http://{nobody}"), "key").await?;
    assert_eq!(verdict, by_failure["no-connection"]);

    for stage in ["body", "received", "answer-head"] {
        let action = json!({"type": "break", "stage": stage});
        let verdict = verdict_with_fault(&action).await?;
        assert_eq!(verdict, by_failure["default"], "{stage}");
    }
    Ok(())
}

#[tokio::test]
async fn each_verdict_says_whether_to_send_again() -> Result {
    let extension = extension()?;
    assert_eq!(extension["idempotencyKey"], false);
    let verdicts = extension["verdicts"].as_object().ok_or("no verdicts")?;
    let send_again = |name: &str| {
        verdicts
            .get(name)
            .map(|verdict| verdict["sendAgain"].clone())
    };
    assert_eq!(verdicts.len(), 4);
    assert_eq!(send_again("accepted"), Some(json!("never")));
    assert_eq!(send_again("refused"), Some(json!("after-mending")));
    assert_eq!(send_again("not-sent"), Some(json!("freely")));
    assert_eq!(send_again("unknown"), Some(json!("person-decides")));

    let refused = failure_with_status(400).await?;
    assert_eq!(refused.next_step(), NextStep::FixMessage);
    let unknown = failure_with_status(500).await?;
    assert_eq!(unknown.next_step(), NextStep::LookFirst);
    let (_port, nobody) = reserved_port()?;
    let not_sent = send(&format!("http://{nobody}"), "key").await?.err();
    let at_once = NextStep::SendAgain {
        after: Duration::ZERO,
    };
    assert_eq!(not_sent.map(|error| error.next_step()), Some(at_once));
    Ok(())
}

async fn failure_with_status(status: u16) -> Result<Error> {
    let action = json!({"type": "answer", "status": status});
    let rule = FaultRule::from_json(&json!({"action": action}).to_string())?;
    let sandbox = Sandbox::builder().fault(rule).start().await?;
    let outcome = send(&sandbox.base_url(), sandbox.api_key()).await?;
    outcome.err().ok_or_else(|| "it was accepted".into())
}
