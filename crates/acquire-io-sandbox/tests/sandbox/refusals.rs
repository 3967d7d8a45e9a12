//! What is refused, and how.

use acquire_io_sandbox::{Sandbox, Seed, Verdict};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn a_body_is_checked_against_the_document() -> Result {
    let sandbox = Sandbox::start().await?;
    let chat = |pointer, value| (CHAT, changed("sendChatMessage", pointer, value).to_string());
    let sms = |pointer, value| (SMS, changed("sendSms", pointer, value).to_string());
    let mail = |pointer, value| (MAIL, changed("sendMailMessage", pointer, value).to_string());
    let rows = [
        (
            chat("/caseId", json!("28")),
            "body#/caseId: value is not of type \"integer\" (rule: type)",
        ),
        (
            chat("/caseId", json!(28.0)),
            "body#/caseId: value is not of type",
        ),
        (
            chat("/caseId", json!(u64::MAX)),
            "body#/caseId: value is greater than the maximum",
        ),
        (
            chat("/message/type", json!("x")),
            "body#/message/type: value is not one of",
        ),
        (
            chat("/message", json!({"type": "note"})),
            "body#/message: \"message\" is a required",
        ),
        (
            chat("/message", Value::Null),
            "body#/message: value is not of type \"object\"",
        ),
        (
            (CHAT, "[]".to_owned()),
            "body#: value is not of type \"object\" (rule: type)",
        ),
        (
            sms("/To", json!(12)),
            "body#/To: value is not of type \"string\" (rule: type)",
        ),
        (
            mail("/data/to", json!("me@example.com")),
            "body#/data/to: value is not of type \"array\"",
        ),
        (
            mail("/data", json!({"caseId": 1})),
            "body#/data: \"to\" is a required property (rule: required); body#/data: \"from\" is",
        ),
        (
            (MAIL, json!({}).to_string()),
            "body#: \"data\" is a required property (rule: required)",
        ),
        ((SMS, String::new()), "body#: EOF"),
        (
            (SMS, "{\"id\": 1, \"id\": 1}".to_owned()),
            "body#: an object with the key \"id\" twice",
        ),
        (
            (
                SMS,
                documented("sendSms").to_string().replace("2108", "1e999"),
            ),
            "body#/timelineId: value is greater than the maximum",
        ),
        (
            (SMS, "[".repeat(100_000) + &"]".repeat(100_000)),
            "body#: nested too deep: 128 levels at most",
        ),
        ((SMS, "{} {}".to_owned()), "body#: trailing characters"),
        (
            (
                CHAT,
                json!({"caseId": 28, "message": {"type": "note", "message": "m"}, "x": 1})
                    .to_string(),
            ),
            "body#/x: the document declares no such key (rule: strict)",
        ),
        (
            chat(
                "/message",
                json!({"type": "note", "message": "m", "a/b": 1, "c": 2}),
            ),
            "body#/message/a~1b: the document declares no such key (rule: strict); body#/message/c: the",
        ),
    ];
    for client in [http1(), http2()] {
        for ((path, body), expected) in &rows {
            let response = post(&client, &sandbox, path, body).send().await?;
            let message = refused(response, 400, "ERROR_INVALID_INPUT").await?;
            assert!(
                message.starts_with(expected),
                "{message}\nis not\n{expected}"
            );
        }
    }
    assert!(
        sandbox
            .received()
            .iter()
            .all(|entry| entry.verdict == Verdict::Refused)
    );
    Ok(())
}

#[tokio::test]
async fn a_query_is_checked_against_the_document() -> Result {
    let sandbox = Sandbox::start().await?;
    let rows = [
        (
            "x-user-type=agent",
            "query#/x-user-type: value is not one of \"user\" or \"contact\" (rule: enum)",
        ),
        (
            "contactId=abc",
            "query#/contactId: value is not of type \"integer\" (rule: type)",
        ),
        (
            "contactId=99999999999999999999",
            "query#/contactId: value is not of type",
        ),
        ("contactId=", "query#/contactId: value is not of type"),
        ("contactId=%ff", "query#/contactId: value is not of type"),
        (
            "x-user-type=user&x-user-type=user",
            "query#/x-user-type: the parameter is given twice",
        ),
        (
            "x-user-type=user&-x-user-type=contact",
            "query#/x-user-type: contradicts -x-user-type",
        ),
        (
            "a/b~c=1",
            "query#/a~1b~0c: the document declares no such parameter",
        ),
        (
            "key=1",
            "query#/key: the document declares no such parameter (rule: strict)",
        ),
    ];
    for (query, expected) in rows {
        let path = format!("{CHAT}?{query}");
        let response = post(&http1(), &sandbox, &path, chat("hi")).send().await?;
        let message = refused(response, 400, "ERROR_INVALID_INPUT").await?;
        assert!(
            message.starts_with(expected),
            "{message}\nis not\n{expected}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn relaxed_accepts_unknown_keys() -> Result {
    let sandbox = Sandbox::builder().strict(false).start().await?;
    let mut body = chat("hi");
    body["unknown"] = json!(1);
    let path = format!("{CHAT}?unknown=1");
    assert_eq!(
        post(&http1(), &sandbox, &path, &body)
            .send()
            .await?
            .status(),
        200
    );
    body["message"]["type"] = json!("x");
    assert_eq!(
        post(&http1(), &sandbox, &path, &body)
            .send()
            .await?
            .status(),
        400
    );
    Ok(())
}

/// The client has rules for these, but the document has none, so the sandbox accepts them.
#[tokio::test]
async fn what_the_document_leaves_open_is_accepted() -> Result {
    let sandbox = Sandbox::start().await?;
    let numbers = r#"{"a":1e999,"b":[-1e999,18446744073709551616]}"#;
    let mut meta = changed("sendChatMessage", "/caseId", json!(28));
    meta["meta"] = json!("numbers");
    let bodies = [
        (CHAT, meta.to_string().replace(r#""numbers""#, numbers)),
        (CHAT, chat("").to_string()),
        (CHAT, chat("\0").to_string()),
        (
            SMS,
            changed("sendSms", "/To", json!("0012 513")).to_string(),
        ),
        (
            SMS,
            changed("sendSms", "/From", json!("12513188609")).to_string(),
        ),
        (
            MAIL,
            changed("sendMailMessage", "/data/to", json!([])).to_string(),
        ),
        (
            MAIL,
            changed(
                "sendMailMessage",
                "/data/to/0",
                json!("ann@münchen.example"),
            )
            .to_string(),
        ),
        (
            MAIL,
            changed("sendMailMessage", "/data/subject", json!("x\r\ny")).to_string(),
        ),
    ];
    for (path, body) in bodies {
        let response = post(&http1(), &sandbox, path, &body).send().await?;
        assert_eq!(response.status(), 200, "{body}");
    }
    Ok(())
}

/// The page of 2021-04-02 says that the case's channel is "email", and stars fewer fields.
#[tokio::test]
async fn an_e_mail_of_the_older_page_is_accepted_when_relaxed() -> Result {
    let mut seed = Seed::documented()?;
    let case = seed.cases.iter_mut().find(|case| case.id == 90).unwrap();
    case.channel = "email".to_owned();
    let body = json!({"data": {
        "caseId": 90, "contactId": 597632, "from": "user@acquire.io", "to": ["a@example.com"], "type": "message",
    }});
    let relaxed = Sandbox::builder().seed(seed.clone()).strict(false);
    let relaxed = relaxed.start().await?;
    let response = post(&http1(), &relaxed, MAIL, &body).send().await?;
    assert_eq!(response.status(), 200);

    let strict = Sandbox::builder().seed(seed).start().await?;
    let response = post(&http1(), &strict, MAIL, &body).send().await?;
    let message = refused(response, 400, "ERROR_INVALID_INPUT").await?;
    let mut missing = ["cc", "bcc", "subject", "htmlBody"].into_iter();
    assert!(
        missing.all(|name| message.contains(&format!("body#/data: \"{name}\" is a required"))),
        "{message}"
    );
    let mut whole = body;
    for (name, value) in [
        ("cc", json!([])),
        ("bcc", json!([])),
        ("subject", json!("")),
        ("htmlBody", json!("")),
    ] {
        whole["data"][name] = value;
    }
    let response = post(&http1(), &strict, MAIL, &whole).send().await?;
    assert_eq!(response.status(), 200);
    Ok(())
}

#[tokio::test]
async fn the_head_is_checked_against_the_document() -> Result {
    let sandbox = Sandbox::builder().body_limit(1000).start().await?;
    let url = |path: &str| format!("{}{path}", sandbox.base_url());
    let client = http1();

    let unknown = client.post(url("/api/v1/voip")).send().await?;
    refused(unknown, 404, "ERROR_RECORD_NOT_FOUND").await?;
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let response = client.request(method, url(SMS)).send().await?;
        assert_eq!(response.headers()["allow"], "POST");
        refused(response, 405, "ERROR_INVALID_INPUT").await?;
    }

    let keyless = client.post(url(SMS)).body("{}").send().await?;
    refused(keyless, 401, "ERROR_UNAUTHORIZED").await?;
    for authorization in [
        "sandbox-key",
        "Bearer",
        "Bearer ",
        "Basic sandbox-key",
        "Bearer sandbox-key ",
    ] {
        let request = client.post(url(SMS)).header("authorization", authorization);
        let response = request.body("{}").send().await?;
        // Trailing spaces are not part of a header's value.
        if authorization != "Bearer sandbox-key " {
            refused(response, 401, "ERROR_UNAUTHORIZED").await?;
        }
    }
    let request = client
        .post(url(SMS))
        .bearer_auth("sandbox-key-without-permissions");
    refused(
        request.body("{}").send().await?,
        403,
        "ERROR_UNAUTHORIZED_ACCESS",
    )
    .await?;

    for content_type in ["text/plain", "application/jsonx", ""] {
        let request = client.post(url(CHAT)).bearer_auth("sandbox-key");
        let request = request
            .header("content-type", content_type)
            .body(chat("hi").to_string());
        let message = refused(request.send().await?, 400, "ERROR_INVALID_INPUT").await?;
        assert!(message.contains("Content-Type"));
    }
    let request = client.post(url(CHAT)).bearer_auth("sandbox-key");
    let request = request.header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(
        request.body(chat("hi").to_string()).send().await?.status(),
        200
    );

    for (client, size) in [(http1(), 1_001), (http2(), 1_001), (http1(), 3_000_000)] {
        let body = chat(&"x".repeat(size));
        if let Ok(response) = post(&client, &sandbox, CHAT, body).send().await {
            let message = refused(response, 413, "ERROR_INVALID_INPUT").await?;
            assert_eq!(message, "the body is longer than 1000 bytes");
        } else {
            // A client that is still writing may see the end before the answer.
            assert!(size > 4_000);
        }
    }
    let last = sandbox.received().pop().unwrap();
    assert!(!last.is_whole && last.body.len() == 1_000);
    Ok(())
}
