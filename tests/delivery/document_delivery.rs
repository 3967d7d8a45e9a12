//! What the document's `x-delivery` says, held against the client's verdicts.

use std::time::Instant;

use acquire_io::{CaseId, Chat, Client, Delivery, Error, Sent};
use acquire_io_sandbox::{FaultRule, Sandbox};
use acquire_io_tests::fault::{Script, Server, Transport, reserved_port};
use acquire_io_tests::{Result, documents};
use serde_json::{Value, json};

fn extension() -> Result<Value> {
    Ok(documents::openapi()?["x-delivery"].take())
}

/// A verdict and a next step, as the document writes them.
#[derive(Debug, PartialEq)]
struct Outcome {
    verdict: String,
    next_step: String,
}

/// Reads a rule. Without a next step of its own it has that of its verdict.
fn outcome(rule: &Value) -> Result<Outcome> {
    let verdict = rule["verdict"].as_str().ok_or("no verdict")?;
    let verdicts = extension()?["verdicts"].take();
    let usual = verdicts[verdict]["nextStep"].as_str();
    let next_step = rule["nextStep"].as_str().or(usual);
    Ok(Outcome {
        verdict: verdict.to_owned(),
        next_step: next_step.ok_or("no next step")?.to_owned(),
    })
}

/// The rule for an answer with this status, whatever its body.
fn by_status(status: &str) -> Result<Value> {
    let by_status = extension()?["byStatus"].take();
    let class = format!("{}XX", status.get(..1).ok_or("no status")?);
    let keys = [status, &class, "default"];
    let rule = keys.into_iter().find_map(|key| by_status.get(key).cloned());
    Ok(rule.ok_or("no default")?)
}

async fn send(base_url: &str, api_key: &str) -> Result<std::result::Result<Sent, Error>> {
    let client = Client::builder()
        .base_url(base_url)
        .api_key(api_key)
        .build()?;
    Ok(client.send(chat()).await)
}

fn chat() -> Chat {
    Chat::new(CaseId(28)).as_agent().text("hi")
}

/// What the client says.
async fn outcome_of_client(base_url: &str, api_key: &str) -> Result<Outcome> {
    Ok(match send(base_url, api_key).await? {
        Ok(_) => Outcome {
            verdict: Delivery::Accepted.as_str().to_owned(),
            next_step: "none".to_owned(),
        },
        Err(error) => outcome_of_error(&error),
    })
}

fn outcome_of_error(error: &Error) -> Outcome {
    Outcome {
        verdict: error.delivery().as_str().to_owned(),
        next_step: error.next_step().as_str().to_owned(),
    }
}

async fn outcome_with_fault(action: &Value) -> Result<Outcome> {
    let rule = FaultRule::from_json(&json!({"action": action}).to_string())?;
    let sandbox = Sandbox::builder().fault(rule).start().await?;
    outcome_of_client(&sandbox.base_url(), sandbox.api_key()).await
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
            let rule = by_status(status)?;
            let written = &response["x-delivery"];
            assert_eq!(outcome(written)?, outcome(&rule)?, "{status}");
            assert!(
                written["nextStep"].is_string(),
                "{status} leaves it to another rule"
            );
            assert_eq!(written["after"], rule["after"], "{status}");
            answers += 1;
        }
    }
    assert_eq!(answers, 3 * 15);
    Ok(())
}

#[tokio::test]
async fn the_client_says_the_same_of_each_status() -> Result {
    let by_status_alone = [
        200, 201, 204, 299, 300, 302, 307, 400, 402, 404, 409, 422, 500, 503, 999,
    ];
    let named = extension()?["byStatus"].take();
    let named = named.as_object().ok_or("no statuses")?;
    let named = named.keys().filter_map(|status| status.parse().ok());
    for status in by_status_alone.into_iter().chain(named) {
        let action = json!({"type": "answer", "status": status, "accept": true});
        let expected = outcome(&by_status(&status.to_string())?)?;
        assert_eq!(outcome_with_fault(&action).await?, expected, "{status}");
    }
    Ok(())
}

/// Bodies of a 200 that each condition of `byBody` describes, and bodies that none describes.
#[tokio::test]
async fn the_client_says_the_same_of_each_body() -> Result {
    let refusals = json!([
        {"error": {"code": "CHAT_ALREADY_JOINED", "message": "no", "data": null}},
        {"error": "no"},
        {"error": [{"message": "no"}], "data": null},
        {"error": {"code": 1}, "data": {}},
    ]);
    let unclear = json!([{"error": true}, {"error": {}}, {"error": [], "data": []}]);
    let no_objects = json!(["accepted", [{"id": 1}], 1]);
    let bodies = [
        ("refusal", refusals),
        ("unclear-error", unclear),
        ("not-an-object", no_objects),
    ];

    let rules = extension()?["byBody"].take();
    let rules = rules.as_array().ok_or("no rules")?;
    let conditions: Vec<_> = rules.iter().map(|rule| rule["body"].as_str()).collect();
    assert_eq!(
        conditions,
        bodies.each_ref().map(|(condition, _)| Some(*condition))
    );
    for (rule, (condition, bodies)) in rules.iter().zip(&bodies) {
        assert_eq!(rule["status"], "2XX");
        for body in bodies.as_array().into_iter().flatten() {
            let action = json!({"type": "answer", "status": 200, "body": body});
            let found = outcome_with_fault(&action).await?;
            assert_eq!(found, outcome(rule)?, "{condition}: {body}");
        }
    }

    let accepted = outcome(&by_status("200")?)?;
    let both = json!({"error": {"code": "LATE"}, "data": {"id": 1}});
    for body in [json!({}), json!({"error": null}), both] {
        let action = json!({"type": "answer", "status": 200, "body": body});
        assert_eq!(outcome_with_fault(&action).await?, accepted, "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn the_client_says_the_same_of_each_failure() -> Result {
    let by_failure = extension()?["byFailure"].take();
    let names: Vec<_> = by_failure
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "body-not-begun",
            "default",
            "no-connection",
            "request-not-made",
            "tls"
        ]
    );

    let (_port, nobody) = reserved_port()?;
    let refused = outcome_of_client(&format!("http://{nobody}"), "key").await?;
    assert_eq!(refused, outcome(&by_failure["no-connection"])?);

    let server = Server::start(Transport::Http1Tls, [Script::new([])])?;
    let untrusted = outcome_of_client(&server.base_url(), "key").await?;
    assert_eq!(untrusted, outcome(&by_failure["tls"])?);

    let sandbox = Sandbox::builder().start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .build()?;
    let empty = client.send(Chat::new(CaseId(28)).text("")).await;
    let empty = empty.err().ok_or("sent without a text")?;
    assert_eq!(
        outcome(&by_failure["request-not-made"])?,
        outcome_of_error(&empty)
    );

    let late = client.send(chat()).begin_before(Instant::now()).await;
    let delivery = late.err().map(|error| error.delivery().as_str());
    assert_eq!(delivery, by_failure["body-not-begun"]["verdict"].as_str());

    for stage in ["body", "received", "answer-head"] {
        let action = json!({"type": "break", "stage": stage});
        let broken = outcome_with_fault(&action).await?;
        assert_eq!(broken, outcome(&by_failure["default"])?, "{stage}");
    }
    Ok(())
}

#[test]
fn each_verdict_has_a_next_step() -> Result {
    let extension = extension()?;
    assert_eq!(extension["idempotencyKey"], false);
    assert_eq!(extension["followRedirects"], false);
    let verdicts = extension["verdicts"].as_object().ok_or("no verdicts")?;
    assert_eq!(verdicts.len(), Delivery::ALL.len());
    for delivery in Delivery::ALL {
        let next_step = &verdicts[delivery.as_str()]["nextStep"];
        assert!(next_step.is_string(), "{delivery}");
    }
    Ok(())
}
