//! Every documented field as an option.

use acquire_io_sandbox::{Received, Sandbox};
use acquire_io_tests::documents;
use serde_json::{Value, json};

use crate::support::*;

async fn received<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<Received> {
    let sandbox = Sandbox::builder().strict(false).start().await?;
    let home = Home::new()?;
    let send = home.acquire_with(arguments).to(&sandbox);
    send.run().await?.ok()?;
    Ok(sandbox.received().remove(0))
}

/// What arrives: the query and the body.
async fn arrives(arguments: &[&str]) -> Result<(String, Value)> {
    let received = received(arguments.iter().copied()).await?;
    let query = received.uri.query().unwrap_or_default().to_owned();
    Ok((query, serde_json::from_slice(&received.body)?))
}

/// The body that a dry run shows, also of what the sandbox would refuse.
async fn shown(arguments: &[&str]) -> Result<Value> {
    let home = Home::new()?;
    let send = home.acquire_with(arguments.iter().copied());
    let shown = send.args(["--sandbox", "--dry-run"]).run().await?.ok()?;
    let (_, body) = shown.split_once("\n\n").ok_or("no body")?;
    Ok(serde_json::from_str(body)?)
}

/// The body that arrives, as text.
async fn body<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String> {
    let body = received(arguments).await?.body;
    Ok(String::from_utf8(body.to_vec())?)
}

#[rustfmt::skip]
fn documented(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "sendChatMessage.request.newest" => &[
            "chat", "send", "--case", "9", "--message-channel", "chat", "--text", "Hey added from the api",
            "--translate-lang-key", "en",
        ],
        "sendChatMessage.request.2021-03-30" => &[
            "chat", "send", "--case", "2069", "--message-channel", "chat", "--text", "Hey added from the api",
            "--translate-lang-key", "en", "--mention", "00", "--meta", r#"{"additionalProp1": {}}"#, "--delay", "1000",
        ],
        "sendChatMessage.request.2021-03-10" => &["chat", "send", "--case", "28", "--text", "this is test message"],
        "sendMailMessage.request.newest" => &[
            "mail", "send", "--case", "1128", "--contact", "9156860", "--from", "test@acquire.io",
            "--to", "user@gmail.com", "--subject", "test", "--text", "this is the text body",
            "--html", "This is the message body",
        ],
        "sendMailMessage.request.2021-04-02" => &[
            "mail", "send", "--case", "575", "--contact", "597632", "--from", "user@acquire.io",
            "--to", "test@gmail.com", "--subject", "test", "--html", "This is the message body",
            "--without", "attachments",
        ],
        "sendSms.request.newest" => &[
            "sms", "send", "--case", "2219", "--contact", "751069", "--timeline", "2108", "--from", "+12513188609",
            "--to", "+919666929552", "--text", "hi", "--title", "#751069 has just started a chat",
        ],
        "sendSms.request.2021-04-02" => &[
            "sms", "send", "--case", "2219", "--contact", "751069", "--timeline", "2108", "--from", "+12513188609",
            "--to", "919666929552", "--text", "hi", "--title", "#751069 has just started a chat",
        ],
        "sendSms.request.2021-03-19" => &[
            "sms", "send", "--case", "1266", "--contact", "597718", "--timeline", "1188", "--from", "+12513188609",
            "--to", "+919666929552", "--text", "hi", "--title", "viswa  : hi",
        ],
        _ => return None,
    })
}

/// Runs over the files in `openapi/examples`, so it fails when one is added without its options above.
#[tokio::test]
async fn each_documented_request_is_made_exactly() -> Result {
    for name in documents::requests()? {
        let arguments =
            documented(&name).ok_or_else(|| format!("no options make {name}: add them here"))?;
        assert_eq!(
            arrives(arguments).await?.1,
            documents::json(&name)?,
            "{name}"
        );
    }
    Ok(())
}

/// What the documented requests don't hold.
#[rustfmt::skip]
#[tokio::test]
async fn the_other_fields() -> Result {
    let chat = |options: &[&'static str]| [&["chat", "send", "--case", "28"], options].concat();
    let mail = |options: &[&'static str]| {
        [&["mail", "send", "--case", "575", "--contact", "597632", "--from", "user@acquire.io", "--to",
           "a@example.com", "--subject", "s", "--html", "h"], options].concat()
    };
    let sms = |options: &[&'static str]| {
        [&["sms", "send", "--case", "2219", "--contact", "751069", "--timeline", "2108", "--from",
           "+12513188609", "--to", "+919666929552", "--text", "hi"], options].concat()
    };
    // The arguments, the query, a place in the body and the value there.
    let rows = [
        (chat(&["--text", "a"]), "", "/message", json!({"type": "message", "message": "a"})),
        (chat(&["--note", "a"]), "", "/message", json!({"type": "note", "message": "a"})),
        (chat(&["--event", "a"]), "", "/message", json!({"type": "event", "message": "a"})),
        (chat(&["--text", "a", "--as-agent"]), "x-user-type=user", "/caseId", json!(28)),
        (chat(&["--text", "a", "--as-contact", "5"]), "contactId=5&x-user-type=contact", "/caseId", json!(28)),
        (chat(&["--text", "a", "--as-contact"]), "x-user-type=contact", "/caseId", json!(28)),
        (chat(&["--as-contact", "--text", "a"]), "x-user-type=contact", "/caseId", json!(28)),
        (chat(&["--text", "a", "--as-contact", "--contact", "5"]), "contactId=5&x-user-type=contact", "/caseId", json!(28)),
        (chat(&["--text", "a", "--as-agent", "--contact", "5"]), "contactId=5&x-user-type=user", "/caseId", json!(28)),
        (chat(&["--text", "a", "--contact", "5"]), "contactId=5", "/caseId", json!(28)),
        (chat(&["--text", "a", "--contact-id", "5"]), "contactId=5", "/caseId", json!(28)),
        (chat(&["--text", "a", "--translate-lang-key", "fr"]), "", "/message/translateLangKey", json!("fr")),
        (chat(&["--text", "-50% today"]), "", "/message/message", json!("-50% today")),
        (chat(&["--note", "--text"]), "", "/message/message", json!("--text")),
        (chat(&["--event", "-"]), "", "/message/message", json!("-")),
        (chat(&["--text", "a", "--mention", "1", "--mention", "2"]), "", "/mentionUsers", json!(["1", "2"])),
        (chat(&["--text", "a", "--json", r#"{"/message/priority": 1}"#]), "", "/message/priority", json!(1)),
        (mail(&["--to", "b@example.com"]), "", "/data/to", json!(["a@example.com", "b@example.com"])),
        (mail(&["--cc", "b@example.com"]), "", "/data/cc", json!(["b@example.com"])),
        (mail(&["--bcc", "b@example.com"]), "", "/data/bcc", json!(["b@example.com"])),
        (mail(&["--attachment", r#"{"id": 1}"#, "--attachment", "2"]), "", "/data/attachments", json!([{"id": 1}, 2])),
        (mail(&["--json", r#"{"/data/replyTo": "c@example.com"}"#]), "", "/data/replyTo", json!("c@example.com")),
        (mail(&["--text", "-t"]), "", "/data/textBody", json!("-t")),
        (sms(&["--title", "-50%"]), "", "/title", json!("-50%")),
        (sms(&["--message-type", "note"]), "", "/msgType", json!("note")),
        (sms(&["--closed"]), "", "/isClosed", json!(true)),
        (sms(&["--multi-channel"]), "", "/isMultiChannel", json!(true)),
        (sms(&["--as-agent"]), "x-user-type=user", "/id", json!(2219)),
        (sms(&["--as-contact"]), "x-user-type=contact", "/id", json!(2219)),
        (sms(&["--json", r#"{"/priority": 1}"#]), "", "/priority", json!(1)),
    ];
    for (arguments, query, place, value) in rows {
        let (sent, body) = arrives(&arguments).await?;
        assert_eq!((sent.as_str(), body.pointer(place)), (query, Some(&value)), "{arguments:?}");
    }
    Ok(())
}

/// What may be left out, and the name of a field that has a value, which may not.
#[rustfmt::skip]
#[tokio::test]
async fn what_is_left_out() -> Result {
    let mail = ["mail", "send", "--case", "575", "--contact", "597632", "--from", "user@acquire.io", "--to",
                "a@example.com", "--subject", "-s", "--html", "-h", "--without", "cc", "--without", "bcc"];
    assert_eq!(shown(&mail).await?["data"], json!({
        "attachments": [], "caseId": 575, "contactId": 597_632, "from": "user@acquire.io", "htmlBody": "-h",
        "subject": "-s", "to": ["a@example.com"], "type": "message",
    }));
    let mut sms = vec!["sms", "send", "--case", "2219", "--contact", "751069", "--timeline", "2108", "--from",
                       "+12513188609", "--to", "+919666929552", "--text", "hi"];
    for name in ["id", "isClosed", "isMultiChannel", "markValue", "message", "msgType", "sms"] {
        sms.extend(["--without", name]);
    }
    assert_eq!(shown(&sms).await?, json!({
        "Body": "hi", "From": "+12513188609", "To": "+919666929552", "contactId": 751_069, "threadId": 2219,
        "timelineId": 2108,
    }));
    sms.push("--closed");
    let home = Home::new()?;
    let run = home.acquire_with(sms).args(["--sandbox"]).run().await?;
    assert_eq!(run.code, Some(2), "{run}");
    assert_eq!(run.stderr, "acquire: `without` names `isClosed`, which has a value\n");
    Ok(())
}

/// Numbers of any size, white space and the order of keys.
#[tokio::test]
async fn json_arrives_byte_for_byte() -> Result {
    const JSON: &str = r#"{"z": 18446744073709551615, "a": 19.90,  "e": 1E-40, "t": "\u00fc"}"#;
    let addition = format!(r#"{{"/x": {JSON}}}"#);
    let options = ["--meta", JSON, "--json", &addition];
    let chat = ["chat", "send", "--case", "28", "--text", "hi"];
    let arrived = body(chat.into_iter().chain(options)).await?;
    assert_eq!(arrived.matches(JSON).count(), 2, "{arrived}");

    let mail = ["mail", "send", "--case", "575", "--contact", "597632"];
    let mail = mail
        .into_iter()
        .chain(["--from", "user@acquire.io", "--to", "a@example.com"]);
    let mail = mail.chain(["--subject", "", "--html", "h"]);
    let arrived = body(mail.chain(["--attachment", JSON])).await?;
    assert!(
        arrived.contains(&format!(r#""attachments":[{JSON}]"#)),
        "{arrived}"
    );
    Ok(())
}

#[tokio::test]
async fn malformed_json_is_not_printed() -> Result {
    let home = Home::new()?;
    let chat = "chat send --sandbox --case 28 --text hi";
    let mail = "mail send --sandbox --case 575 --contact 597632 --from user@acquire.io --to a@example.com \
                --subject s --html h";
    for (send, option) in [
        (chat, "--meta"),
        (chat, "--json"),
        (mail, "--attachment"),
        (mail, "--json"),
    ] {
        for (json, place) in [
            (r#"{"a": canary}"#, "line 1 column 7"),
            ("{\n\"canary\"}", "line 2 column 9"),
            (r#"{"a": "canary"#, "line 1 column 13"),
            ("", "line 1 column 0"),
        ] {
            let run = home.acquire(send).args([option, json]).run().await?;
            let expected = format!("acquire: {option} is not JSON, {place}\n");
            assert_eq!((run.code, &run.stderr), (Some(2), &expected), "{run}");
            assert_eq!(run.stdout, "");
        }
    }
    for (json, problem) in [
        ("[\"canary\"]", "`meta` is not a JSON object"),
        (
            r#"{"a": {"canary": 1, "canary": 2}}"#,
            "`meta` has an object with the same key twice",
        ),
    ] {
        let run = home.acquire(chat).args(["--meta", json]).run().await?;
        let expected = format!("acquire: {problem}\n");
        assert_eq!((run.code, run.stderr), (Some(2), expected));
    }
    Ok(())
}

#[tokio::test]
async fn a_contact_is_named_once_and_a_message_has_one_side() -> Result {
    let home = Home::new()?;
    for options in [
        "--as-contact 5 --contact 6",
        "--as-contact 5 --as-agent",
        "--as-contact --as-agent",
    ] {
        let send = home.acquire("chat send --sandbox --case 28 --text hi");
        let run = send.args(options.split(' ')).run().await?;
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
    }
    Ok(())
}

#[tokio::test]
async fn texts_from_files_and_from_standard_input() -> Result {
    let home = Home::new()?;
    home.write("one", "from a file\n")?;
    home.write("two", "two\r\nlines\r\n\r\n")?;
    for (option, input, key, text) in [
        ("--text-file one", "", "message", "from a file"),
        ("--text-file two", "", "message", "two\r\nlines\r\n"),
        ("--text-file -", "put in\n", "message", "put in"),
        ("--text-file -", "\u{feff}Hallo", "message", "Hallo"),
        ("--note-file one", "", "note", "from a file"),
        ("--event-file -", "put in", "event", "put in"),
    ] {
        let sandbox = sandbox(None).await?;
        let send = home
            .acquire("chat send --case 28")
            .to(&sandbox)
            .input(input);
        send.args(option.split(' ')).run().await?.ok()?;
        let body: Value = serde_json::from_slice(&sandbox.received()[0].body)?;
        assert_eq!(body["message"], json!({"type": key, "message": text}));
    }
    let mail = "mail send --case 575 --contact 597632 --from user@acquire.io --to a@example.com --subject s \
                --html-file one --text-file -";
    let sandbox = sandbox(None).await?;
    home.acquire(mail)
        .to(&sandbox)
        .input("put in")
        .run()
        .await?
        .ok()?;
    let body: Value = serde_json::from_slice(&sandbox.received()[0].body)?;
    assert_eq!(
        (&body["data"]["htmlBody"], &body["data"]["textBody"]),
        (&json!("from a file"), &json!("put in"))
    );

    let run = home
        .acquire("chat send --case 28 --text-file gone")
        .to(&sandbox)
        .run()
        .await?;
    assert_eq!((run.code, sandbox.received().len()), (Some(2), 1), "{run}");
    assert!(
        run.stderr
            .starts_with("acquire: --text-file: the file can't be read: "),
        "{run}"
    );
    Ok(())
}
