//! What is accepted, and how it is answered.

use acquire_io_sandbox::{Sandbox, Strange, Verdict};
use serde_json::{Value, json};

use crate::support::*;

/// The document's `nullable` as JSON Schema has it.
fn nullable(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.remove("nullable") == Some(Value::Bool(true)) {
                members["type"] = json!([members["type"], "null"]);
            }
            members.values_mut().for_each(nullable);
        }
        Value::Array(items) => items.iter_mut().for_each(nullable),
        _ => {}
    }
}

fn validate(schema: &str, answer: &Value) {
    let mut root = json!({"components": document()["components"].take()});
    nullable(&mut root["components"]["schemas"]);
    root["allOf"] = json!([{"$ref": format!("#/components/schemas/{schema}")}]);
    let validator = jsonschema::draft4::new(&root).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(answer)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
}

/// The pointers of all keys. Of a list, those of the first item.
fn keys(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let at = format!("{at}/{key}");
                // What the request brings along.
                if at != "/data/meta" && !at.starts_with("/data/data/sender") && key != "sender" {
                    keys(member, &at, found);
                }
                found.push(at);
            }
        }
        Value::Array(items) => {
            if let Some(item) = items.first() {
                keys(item, at, found);
            }
        }
        _ => {}
    }
}

fn keys_of(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    keys(value, "", &mut found);
    found.sort();
    found
}

#[tokio::test]
async fn every_documented_request_is_accepted_in_every_documented_shape() -> Result {
    let schemas = [
        ("sendChatMessage", "ChatMessageResponse"),
        ("sendMailMessage", "MailMessageResponse"),
        ("sendSms", "SmsResponse"),
    ];
    let mut exchanges = 0;
    for (operation, schema) in schemas {
        for (shape, template) in examples(&format!("{operation}.response.")) {
            let sandbox = Sandbox::builder().shape(&shape).start().await?;
            for client in [http1(), http2()] {
                for (name, request) in examples(&format!("{operation}.request.")) {
                    let response = post(&client, &sandbox, path_of(operation), &request)
                        .send()
                        .await?;
                    assert_eq!(response.status(), 200, "{operation} {name}");
                    let answer = json_of(response).await?;
                    validate(schema, &answer);
                    assert_eq!(keys_of(&answer), keys_of(&template), "{operation} {shape}");
                    exchanges += 1;
                }
            }
            let verdicts: Vec<_> = sandbox.received().iter().map(|it| it.verdict).collect();
            assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Accepted));
            sandbox.stop().await?;
        }
    }
    // Requests times shapes times versions of HTTP.
    assert_eq!(exchanges, (3 * 3 + 2 * 2 + 3 * 2) * 2);
    Ok(())
}

#[tokio::test]
async fn an_answer_repeats_what_was_sent() -> Result {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let sandbox = Sandbox::builder()
        .first_id(500)
        .fixed_time(time)
        .start()
        .await?;
    let path = format!("{CHAT}?x-user-type=contact&contactId=597759");
    let mut request = documented("sendChatMessage");
    request["caseId"] = json!(2069);
    let answer = json_of(post(&http1(), &sandbox, &path, &request).send().await?).await?;
    let data = &answer["data"];
    assert_eq!(data["id"], 500);
    assert_eq!(data["dateCreated"], "2001-09-09T01:46:40.000Z");
    assert_eq!(
        (&data["senderType"], &data["senderId"]),
        (&json!("contact"), &json!(597_759))
    );
    assert_eq!(data["message"], "Hey added from the api");
    assert_eq!(data["case"]["threadId"], 1875);
    assert_eq!(data["case"]["users"][1]["user"]["name"], "#597759");

    let answer = post(&http1(), &sandbox, SMS, documented("sendSms"))
        .send()
        .await?;
    let answer = json_of(answer).await?;
    let data = &answer["data"];
    assert_eq!(data["data"]["caseMessageId"], 501);
    assert_eq!(data["data"]["meta"]["Body"], "hi");
    assert_eq!(data["timeline"]["case"]["id"], 2219);
    assert_eq!(data["cas"]["threadId"], 2207);

    let answer = post(&http1(), &sandbox, MAIL, documented("sendMailMessage"))
        .send()
        .await?;
    let answer = json_of(answer).await?;
    assert_eq!(answer["data"]["id"], 502);
    assert_eq!(
        answer["data"]["to"],
        json!([{"Name": "", "Email": "user@gmail.com"}])
    );
    assert_eq!(answer["data"]["inboxId"], 2);
    Ok(())
}

#[tokio::test]
async fn ids_wrap_around_at_the_largest() -> Result {
    let sandbox = Sandbox::builder().first_id(i64::MAX).start().await?;
    for _ in 0..2 {
        let request = post(&http1(), &sandbox, SMS, documented("sendSms"));
        assert_eq!(request.send().await?.status(), 200);
    }
    Ok(())
}

#[tokio::test]
async fn strange_answers_are_strange_and_reproducible() -> Result {
    let answers = async |seed| -> Result<Vec<Value>> {
        let time = std::time::UNIX_EPOCH;
        let builder = Sandbox::builder()
            .strange(Strange::new(seed))
            .fixed_time(time);
        let sandbox = builder.start().await?;
        let mut answers = Vec::new();
        for _ in 0..20 {
            let response = post(&http1(), &sandbox, SMS, documented("sendSms"))
                .send()
                .await?;
            assert_eq!(response.status(), 200);
            answers.push(json_of(response).await?);
        }
        Ok(answers)
    };
    let (first, again, other) = (answers(1).await?, answers(1).await?, answers(2).await?);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let plain = examples("sendSms.response.").remove("2021-04-02").unwrap();
    assert!(
        first
            .iter()
            .all(|answer| keys_of(answer) != keys_of(&plain))
    );
    Ok(())
}

#[tokio::test]
async fn an_undocumented_shape_is_an_error() -> Result {
    use acquire_io_sandbox::Operation::SendSms;

    let error = Sandbox::builder()
        .shape("2020-01-01")
        .start()
        .await
        .err()
        .unwrap();
    assert_eq!(error.to_string(), "no operation has an answer 2020-01-01");
    let error = Sandbox::builder()
        .shape_of(SendSms, "newest")
        .start()
        .await
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "sendSms has the answers 2021-04-02, 2021-03-19 only"
    );
    Ok(())
}
