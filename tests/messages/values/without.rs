//! What the client fills in, and leaves out when asked.

use super::*;

fn body(message: impl Into<Message>) -> Result<Value> {
    let client = Client::builder()
        .account_id("acme")
        .api_key("key")
        .build()?;
    Ok(serde_json::from_slice(
        client.to_http_request(message)?.body(),
    )?)
}

/// Exactly that one is gone.
#[test]
fn leaves_out_each_name() -> Result {
    for name in ["cc", "bcc", "attachments"] {
        let mut expected = body(mail())?;
        let data = expected["data"].as_object_mut().ok_or("no data")?;
        data.remove(name).ok_or_else(|| format!("no {name}"))?;
        assert_eq!(body(mail().without(name))?, expected, "{name}");
    }
    for name in [
        "id",
        "isClosed",
        "isMultiChannel",
        "markValue",
        "message",
        "msgType",
        "sms",
    ] {
        let mut expected = body(sms())?;
        let body_of_sms = expected.as_object_mut().ok_or("no object")?;
        body_of_sms
            .remove(name)
            .ok_or_else(|| format!("no {name}"))?;
        assert_eq!(body(sms().without(name))?, expected, "{name}");
    }
    let all = ["cc", "bcc", "attachments", "cc"];
    let data = body(mail().without(all))?["data"].take();
    assert!(
        ["cc", "bcc", "attachments"]
            .iter()
            .all(|name| data.get(name).is_none())
    );
    // What is left out can be put in otherwise.
    let with_other = mail().without("cc").json("/data/cc", "none");
    assert_eq!(body(with_other)?["data"]["cc"], "none");
    Ok(())
}

#[test]
fn takes_no_other_name_and_nothing_that_has_a_value() {
    for message in [
        Message::from(mail().without(SECRET)),
        mail().without("to").into(),
        mail().without("").into(),
        mail().without("cc").cc("a@example.com").into(),
        mail().without("bcc").bcc("a@example.com").into(),
        mail().without("attachments").attachment(1).into(),
        sms().without(SECRET).into(),
        sms().without("Body").into(),
        sms().without("title").into(),
        sms().without("isClosed").closed(false).into(),
        sms().without("isMultiChannel").multi_channel(true).into(),
        sms().without("msgType").message_type("note").into(),
    ] {
        let checked = message.check();
        let text = checked.as_ref().unwrap_err().to_string();
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(fields(checked), ["without"], "{text}");
    }
}
