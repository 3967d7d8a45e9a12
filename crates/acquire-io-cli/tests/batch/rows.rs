//! Rows arrive as the wrapper sends the same messages.

use acquire_io::{CaseId, Client, ContactId, TimelineId};
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
        "channel": "chat", "case": 2069, "text": "two\nlines; \"quoted\", é", "as_contact": 597759, "translate_to": "en",
        "message_channel": "chat", "mention": ["00", "28"], "meta": {"a": {"b": [1, null]}}, "delay": 1000,
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
        "multi_channel": true, "as_agent": true, "json": {"/priority": 1},
    });
    vec![
        chat,
        json!({"channel": "chat", "case": 28, "note": "n", "as_agent": true, "contact_id": 5}),
        json!({"channel": "chat", "case": 28, "event": "e"}),
        mail,
        json!({
            "channel": "mail", "case": 575, "contact": 597632, "from": "user@acquire.io", "to": "a@example.com",
            "subject": "", "html": "h", "without_attachments": true,
        }),
        sms,
        json!({
            "channel": "sms", "case": 2219, "contact": 751069, "timeline": 2108, "from": "+12513188609",
            "to": "919666929552", "text": "t", "as_contact": true,
        }),
    ]
}

async fn send_by_wrapper(sandbox: &Sandbox) {
    let acquire = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .build()
        .unwrap();
    let chat = acquire
        .chat(CaseId(2069))
        .text("two\nlines; \"quoted\", é")
        .as_contact(ContactId(597_759))
        .translate_to("en")
        .message_channel("chat")
        .mention("00")
        .mention("28")
        .meta("a", json!({"b": [1, null]}))
        .delay(1000)
        .json("/message/priority", 1);
    chat.send().await.unwrap();
    let note = acquire.chat(CaseId(28)).note("n");
    note.as_agent()
        .contact_id(ContactId(5))
        .send()
        .await
        .unwrap();
    acquire.chat(CaseId(28)).event("e").send().await.unwrap();
    let mail = acquire
        .mail(CaseId(1128), ContactId(9_156_860))
        .from("test@acquire.io")
        .to("a@example.com")
        .to("b@example.com")
        .cc("c@example.com")
        .bcc("d@example.com")
        .bcc("e@example.com")
        .subject("s")
        .html("<p>h</p>")
        .text("t")
        .attachment(json!({"id": 1}))
        .attachment("x")
        .json("/data/replyTo", "f@example.com");
    mail.send().await.unwrap();
    let mail = acquire
        .mail(CaseId(575), ContactId(597_632))
        .from("user@acquire.io")
        .to("a@example.com")
        .subject("")
        .html("h")
        .without_attachments();
    mail.send().await.unwrap();
    let sms = || {
        let sms = acquire.sms(CaseId(2219), ContactId(751_069), TimelineId(2108));
        sms.from("+12513188609")
    };
    let full = sms()
        .to("+919666929552")
        .text("a < b")
        .title("t")
        .message_type("m")
        .closed(true)
        .multi_channel(true)
        .as_agent()
        .json("/priority", 1);
    full.send().await.unwrap();
    let as_contact = sms().to("919666929552").text("t").as_contact();
    as_contact.send().await.unwrap();
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
async fn every_field_of_ndjson_and_csv_arrives_as_the_wrapper_sends_it() {
    // The strict sandbox refuses what `json` adds.
    let place = Place::with(Sandbox::builder().strict(false)).await;
    send_by_wrapper(&place.sandbox).await;
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
        .run("batch --concurrency 1 rows.ndjson")
        .await
        .assert_code(0);
    assert_eq!(messages(&place), expected);

    place.sandbox.reset();
    place
        .run("batch rows.CSV")
        .await
        .assert_refused("line 7: missing field `subject`");
    place
        .run("batch --concurrency 1 --format csv other-name")
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
        .run("batch --concurrency 1 rows.ndjson")
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

#[tokio::test]
async fn every_field_of_every_channel_has_a_column() {
    let place = Place::new().await;
    for channel in ["chat", "mail", "sms"] {
        place.write(
            "rows",
            json!({"channel": channel, "no_field": 1}).to_string(),
        );
        let ended = place.run("batch --check rows").await;
        let (_, fields) = ended.stderr.split_once("expected one of ").unwrap();
        let fields: Vec<_> = fields.lines().next().unwrap().split(", ").collect();
        let fields: Vec<_> = fields.iter().map(|field| field.trim_matches('`')).collect();
        assert!(fields.contains(&"case") && fields.len() > 10, "{fields:?}");
        place.write("rows.csv", format!("channel,key,{}\n", fields.join(",")));
        place.run("batch --check rows.csv").await.assert_code(0);
    }
}
