//! Rows arrive as the client sends the same messages.

use acquire_io::{CaseId, Chat, Client, ContactId, Mail, Message, Sms, TimelineId};
use acquire_io_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::Place;

/// What of a request is the message.
fn messages(place: &Place) -> Vec<(String, Value)> {
    let received = place.sandbox.received();
    let message = received.iter().map(|received| {
        let body = serde_json::from_slice(&received.body).unwrap();
        (received.uri.to_string(), body)
    });
    message.collect()
}

fn example(name: &str) -> Value {
    let document: Value =
        serde_json::from_str(include_str!("../../../../openapi/acquire.json")).unwrap();
    document["components"]["examples"][name]["value"].clone()
}

/// Each with all of its fields: those exclude each other that need several rows.
fn full_rows() -> Vec<Value> {
    let chat = json!({
        "channel": "chat", "case": 2069, "text": "two\nlines; \"quoted\", é", "sender": "contact", "contact": 597759,
        "translate_lang_key": "en", "message_channel": "chat", "mention": ["00", "28"], "meta": {"a": {"b": [1, null]}}, "delay": 1000,
        "json": {"/message/priority": 1},
    });
    let mail = json!({
        "channel": "mail", "case": 1128, "contact": 9156860, "from": "test@acquire.io",
        "to": ["a@example.com", "b@example.com"], "cc": ["c@example.com"], "bcc": ["d@example.com", "e@example.com"],
        "subject": "s", "html": "<p>h</p>", "text": "t", "attachment": [{"id": 1}, "x"],
        "json": {"/data/replyTo": "f@example.com"},
    });
    let sms = json!({
        "channel": "sms", "case": 2219, "contact": 751069, "timeline": 2108, "from": "+12513188609",
        "to": "+919666929552", "text": "a < b", "title": "t", "message_type": "m", "closed": true,
        "multi_channel": true, "sender": "agent", "json": {"/priority": 1},
    });
    vec![
        chat,
        json!({"channel": "chat", "case": 28, "note": "n", "sender": "agent", "contact": 5}),
        json!({"channel": "chat", "case": 28, "event": "e"}),
        mail,
        json!({
            "channel": "mail", "case": 575, "contact": 597632, "from": "user@acquire.io", "to": "a@example.com",
            "subject": "", "html": "h", "without": ["attachments"],
        }),
        sms,
        json!({
            "channel": "sms", "case": 2219, "contact": 751069, "timeline": 2108, "from": "+12513188609",
            "to": "919666929552", "text": "t", "sender": "contact", "without": ["id", "sms"],
        }),
    ]
}

async fn send_by_client(sandbox: &Sandbox) {
    let acquire = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .build()
        .unwrap();
    for message in messages_by_hand() {
        acquire.send(message).await.unwrap();
    }
}

/// [`full_rows`] as the client's types.
fn messages_by_hand() -> Vec<Message> {
    let chat = |case| Chat::new(CaseId(case));
    let full_chat = chat(2069)
        .text("two\nlines; \"quoted\", é")
        .as_contact()
        .contact(ContactId(597_759))
        .translate_lang_key("en")
        .message_channel("chat")
        .mention(["00", "28"])
        .meta(json!({"a": {"b": [1, null]}}))
        .delay(1000)
        .json("/message/priority", 1);
    let full_mail = Mail::new(CaseId(1128), ContactId(9_156_860))
        .from("test@acquire.io")
        .to(["a@example.com", "b@example.com"])
        .cc("c@example.com")
        .bcc(["d@example.com", "e@example.com"])
        .subject("s")
        .html("<p>h</p>")
        .text("t")
        .attachment(json!([{"id": 1}, "x"]))
        .json("/data/replyTo", "f@example.com");
    let mail = Mail::new(CaseId(575), ContactId(597_632))
        .from("user@acquire.io")
        .to("a@example.com")
        .subject("")
        .html("h")
        .without("attachments");
    let sms = Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108)).from("+12513188609");
    let full_sms = sms
        .clone()
        .to("+919666929552")
        .text("a < b")
        .title("t")
        .message_type("m")
        .closed(true)
        .multi_channel(true)
        .as_agent()
        .json("/priority", 1);
    let sms = sms
        .to("919666929552")
        .text("t")
        .as_contact()
        .without(["id", "sms"]);
    vec![
        full_chat.into(),
        chat(28).note("n").as_agent().contact(ContactId(5)).into(),
        chat(28).event("e").into(),
        full_mail.into(),
        mail.into(),
        full_sms.into(),
        sms.into(),
    ]
}

/// The rows as CSV, with a column for each field that one of them has.
fn csv(rows: &[Value]) -> Vec<u8> {
    let mut columns: Vec<&String> = rows
        .iter()
        .flat_map(|row| row.as_object().unwrap().keys())
        .collect();
    columns.sort();
    columns.dedup();
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(&columns).unwrap();
    for row in rows {
        let cells = columns.iter().map(|column| match &row[column.as_str()] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(items) if *column != "attachment" => {
                let items: Vec<_> = items.iter().map(|item| item.as_str().unwrap()).collect();
                items.join("; ")
            }
            other => other.to_string(),
        });
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

#[tokio::test]
async fn every_field_of_ndjson_and_csv_arrives_as_the_client_sends_it() {
    // The strict sandbox refuses what `json` adds.
    let place = Place::with(Sandbox::builder().strict(false)).await;
    send_by_client(&place.sandbox).await;
    let expected = messages(&place);
    assert_eq!(expected.len(), full_rows().len());

    let ndjson: Vec<_> = full_rows().iter().map(|row| format!("{row}\n")).collect();
    place.write("rows.ndjson", ndjson.concat());
    place.write("rows.CSV", csv(&full_rows()));
    // A subject can't be an empty cell, which is a field that isn't given.
    let without_subject: Vec<_> = full_rows()
        .into_iter()
        .filter(|row| row["subject"] != "")
        .collect();
    place.write("other-name", csv(&without_subject));

    place.sandbox.reset();
    place
        .run("batch --yes --concurrency 1 rows.ndjson")
        .await
        .assert_code(0);
    assert_eq!(messages(&place), expected);

    place.sandbox.reset();
    place
        .run("batch --yes rows.CSV")
        .await
        .assert_refused("rows.CSV, line 7, column T: `subject` is required");
    place
        .run("batch --yes --concurrency 1 --format csv other-name")
        .await
        .assert_code(0);
    let mut expected = expected;
    expected.remove(4);
    assert_eq!(messages(&place), expected);
}

#[tokio::test]
async fn documented_requests_arrive_as_documented() {
    let place = Place::new().await;
    place.write(
        "rows.ndjson",
        r##"{"channel": "chat", "case": 28, "text": "this is test message"}
{"channel": "mail", "case": 1128, "contact": 9156860, "from": "test@acquire.io", "to": "user@gmail.com", "subject": "test", "text": "this is the text body", "html": "This is the message body"}
{"channel": "sms", "case": 2219, "contact": 751069, "timeline": 2108, "from": "+12513188609", "to": "+919666929552", "text": "hi", "title": "#751069 has just started a chat"}
"##,
    );
    place
        .run("batch --yes --concurrency 1 rows.ndjson")
        .await
        .assert_code(0);
    let bodies: Vec<_> = messages(&place).into_iter().map(|(_, body)| body).collect();
    let documented = [
        "sendChatMessage.request.2021-03-10",
        "sendMailMessage.request.newest",
        "sendSms.request.newest",
    ];
    assert_eq!(bodies, documented.map(example));
}

/// In a row of JSON and in a cell: numbers of any size, white space, escapes, the order of keys.
#[tokio::test]
async fn free_json_arrives_byte_for_byte() {
    const JSON: &str = r#"{"z": 18446744073709551615, "a": 19.90,  "e": 1E-40, "t": "\u00fc"}"#;
    let place = Place::with(Sandbox::builder().strict(false)).await;
    let chat = format!(
        r#"{{"channel": "chat", "meta": {JSON}, "case": 28, "text": "t", "json": {{"/x": {JSON}}}}}"#
    );
    let mail = format!(
        r#"{{"channel": "mail", "case": 575, "contact": 597632, "from": "user@acquire.io", "to": "a@example.com", "subject": "", "html": "h", "attachment": [{JSON}, {JSON}]}}"#
    );
    place.write("rows.ndjson", format!("{chat}\n{mail}\n"));
    let cell = JSON.replace('"', "\"\"");
    place.write(
        "rows.csv",
        format!("channel,case,text,meta,json\nchat,28,t,\"{cell}\",\"{{\"\"/x\"\": {cell}}}\"\n"),
    );
    for (rows, count) in [("rows.ndjson", 2), ("rows.csv", 1)] {
        place.sandbox.reset();
        place
            .run(&format!("batch --yes {rows}"))
            .await
            .assert_code(0);
        let received = place.sandbox.received();
        assert_eq!(received.len(), count);
        for received in received {
            let body = String::from_utf8(received.body.to_vec()).unwrap();
            assert_eq!(body.matches(JSON).count(), 2, "{body}");
        }
    }
}

#[tokio::test]
async fn every_field_of_every_channel_has_a_column() {
    let place = Place::new().await;
    let schema = place.run("schema message").await.stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    for channel in ["Chat", "Mail", "Sms"] {
        let fields = schema["$defs"][channel]["properties"].as_object().unwrap();
        assert!(fields.contains_key("case") && fields.len() > 10);
        let fields: Vec<_> = fields.keys().map(String::as_str).collect();
        place.write("rows.csv", format!("key,{}\n", fields.join(",")));
        place.run("batch --check rows.csv").await.assert_code(0);
    }
}
