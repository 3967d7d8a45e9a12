//! What the account knows, and what is refused because it doesn't.

use acquire_io_sandbox::{Sandbox, Seed};
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn unknown_cases_contacts_and_numbers_are_refused() -> Result {
    let sandbox = Sandbox::start().await?;
    let invalid = "ERROR_INVALID_INPUT";
    let unknown = "ERROR_RECORD_NOT_FOUND";
    let rows = [
        (
            "sendChatMessage",
            "/caseId",
            json!(404),
            404,
            unknown,
            "there is no case 404",
        ),
        (
            "sendChatMessage",
            "/caseId",
            json!(27),
            400,
            invalid,
            "case 27 is closed",
        ),
        (
            "sendMailMessage",
            "/data/caseId",
            json!(28),
            400,
            invalid,
            "body#/data/caseId: the channel of case 28 is chat; an e-mail needs a case of the channel mail, which the \
             page of 2021-04-02 calls email",
        ),
        (
            "sendMailMessage",
            "/data/contactId",
            json!(404),
            404,
            unknown,
            "there is no contact 404",
        ),
        (
            "sendMailMessage",
            "/data/contactId",
            json!(5),
            400,
            invalid,
            "body#/data/contactId: case",
        ),
        (
            "sendMailMessage",
            "/data/from",
            json!("a@b.example"),
            400,
            invalid,
            "body#/data/from: no inbox",
        ),
        (
            "sendSms",
            "/From",
            json!("+491234567"),
            400,
            invalid,
            "body#/From: +491234567 is not",
        ),
        (
            "sendSms",
            "/timelineId",
            json!(1),
            400,
            invalid,
            "body#/timelineId: 1 is not the timeline",
        ),
        (
            "sendSms",
            "/contactId",
            json!(5),
            400,
            invalid,
            "body#/contactId: case 2219 is of",
        ),
        (
            "sendSms",
            "/id",
            json!(28),
            400,
            invalid,
            "body#/id: 28 is not the case",
        ),
    ];
    for (operation, pointer, value, status, code, expected) in rows {
        let body = changed(operation, pointer, value);
        let response = post(&http2(), &sandbox, path_of(operation), body)
            .send()
            .await?;
        let message = refused(response, status, code).await?;
        assert!(
            message.starts_with(expected),
            "{message}\nis not\n{expected}"
        );
    }
    for (contact, status, code) in [(404, 404, unknown), (5, 400, invalid)] {
        let path = format!("{CHAT}?contactId={contact}");
        let mut body = chat("hi");
        body["caseId"] = json!(2069);
        refused(
            post(&http1(), &sandbox, &path, body).send().await?,
            status,
            code,
        )
        .await?;
    }
    Ok(())
}

/// Which there are, and how to add one.
#[tokio::test]
async fn a_refusal_lists_what_is_known() -> Result {
    let sandbox = Sandbox::start().await?;
    let mut mail = documented("sendMailMessage");
    mail["data"]["from"] = json!("nobody@example.com");
    let mut sms = documented("sendSms");
    sms["From"] = json!("+15550100");
    let unknown = json!({"caseId": 5, "message": {"type": "message", "message": "hi"}});
    for (path, body, known) in [
        (
            CHAT,
            unknown,
            "the active cases of this sandbox are: 9, 28, 90, 575, 1128, 1266, 2069, 2219",
        ),
        (
            MAIL,
            mail,
            "the inboxes of this sandbox are: surendra@acquire.io, test@acquire.io",
        ),
        (
            SMS,
            sms,
            "the phone numbers of this sandbox are: +12513188609",
        ),
    ] {
        let answer = post(&http1(), &sandbox, path, body).send().await?;
        let answer = json_of(answer).await?;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(known), "{message}");
        assert!(
            message.contains("save /_sandbox/seed, edit it"),
            "{message}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn another_account_can_be_used() -> Result {
    let seed = Seed::from_json(
        r#"{
            "keys": [{"key": "k", "user": 1, "permissions": ["chat"]}],
            "users": [{"id": 1, "name": "Ada"}],
            "contacts": [{"id": 2, "name": "Bo"}],
            "cases": [{"id": 3, "contact": 2}]
        }"#,
    )?;
    let sandbox = Sandbox::builder().seed(seed).start().await?;
    let mut request = chat("hi");
    request["caseId"] = json!(3);
    let answer = json_of(post(&http2(), &sandbox, CHAT, &request).send().await?).await?;
    assert_eq!(answer["data"]["sender"]["name"], "Ada");
    assert_eq!(answer["data"]["threadId"], 3);

    let mut seed = Seed::documented()?;
    assert!(!format!("{seed:?}").contains("sandbox-key"));
    seed.contacts.clear();
    let error = Sandbox::builder().seed(seed).start().await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "seed: case 9 is of contact 5, who is missing"
    );
    let error = Seed::from_json(r#"{"keys": [], "case": []}"#).unwrap_err();
    assert!(
        error.to_string().starts_with("seed: unknown field `case`"),
        "{error}"
    );
    Ok(())
}
