//! The JSON Schema of a message, held against what reads messages.

use std::fs;

use acquire_io::Message;
use serde_json::Value;

use crate::support::*;

/// A message of each channel with every field, and with no more than the required ones.
#[rustfmt::skip]
const VALID: [&str; 9] = [
    r#"{"channel": "chat", "case": 28, "text": "hi"}"#,
    r#"{"channel": "chat", "case": 28, "note": "n", "text": null, "sender": "contact", "contact": null, "mention": "5"}"#,
    r#"{"channel": "chat", "case": 28, "event": "e", "sender": "agent", "contact": 5, "translate_lang_key": "pt-BR",
        "message_channel": "chat", "mention": ["1", "2"], "meta": {"a": [18446744073709551615, 19.90]},
        "delay": -1000, "json": {"/message/priority": {"a": null}}}"#,
    r#"{"channel": "chat", "case": 28, "text": "hi", "mention": null, "meta": null, "delay": null, "json": null}"#,
    r#"{"channel": "mail", "case": 575, "contact": 5, "from": "a@example.com", "to": "b@example.com", "subject": "",
        "html": "h"}"#,
    r#"{"channel": "mail", "case": 575, "contact": 5, "from": "a@example.com", "to": ["b@example.com"], "subject": "s",
        "html": "h", "cc": ["c@example.com"], "bcc": "d@example.com", "text": "t", "attachment": {"id": 1},
        "json": {"/data/replyTo": "e@example.com"}}"#,
    r#"{"channel": "mail", "case": 575, "contact": 5, "from": "a@example.com", "to": ["b@example.com"], "subject": "s",
        "html": "h", "without": ["cc", "bcc", "attachments"], "attachment": null}"#,
    r#"{"channel": "sms", "case": 1, "contact": 2, "timeline": 3, "from": "+12513188609", "to": "919666929552",
        "text": "t", "without": "sms"}"#,
    r#"{"channel": "sms", "case": 1, "contact": 2, "timeline": 3, "from": "+12513188609", "to": "+919666929552",
        "text": "t", "title": "i", "message_type": "m", "closed": true, "multi_channel": false, "sender": "agent",
        "json": {"/priority": 1}}"#,
];

#[rustfmt::skip]
const INVALID: [&str; 18] = [
    "[]",
    "{}",
    r#"{"channel": "fax", "case": 28, "text": "hi"}"#,
    r#"{"case": 28, "text": "hi"}"#,
    r#"{"channel": "chat", "text": "hi"}"#,
    r#"{"channel": "chat", "case": null, "text": "hi"}"#,
    r#"{"channel": "chat", "case": "28", "text": "hi"}"#,
    r#"{"channel": "chat", "case": 28.5, "text": "hi"}"#,
    r#"{"channel": "chat", "case": 28, "text": ["hi"]}"#,
    r#"{"channel": "chat", "case": 28, "text": "hi", "sender": "user"}"#,
    r#"{"channel": "chat", "case": 28, "text": "hi", "mention": [5]}"#,
    r#"{"channel": "chat", "case": 28, "text": "hi", "json": []}"#,
    r#"{"channel": "chat", "case": 28, "text": "hi", "key": "k"}"#,
    r#"{"channel": "chat", "case": 28, "text": "hi", "subject": "s"}"#,
    r#"{"channel": "mail", "case": 575, "from": "a@example.com", "to": "b@example.com", "subject": "", "html": "h"}"#,
    r#"{"channel": "mail", "case": 575, "contact": 5, "to": {"a": "b@example.com"}}"#,
    r#"{"channel": "sms", "case": 1, "contact": 2, "from": "+12513188609", "to": "+919666929552", "text": "t"}"#,
    r#"{"channel": "sms", "case": 1, "contact": 2, "timeline": 3, "closed": "yes"}"#,
];

async fn schema() -> Result<Value> {
    let printed = Home::new()?.acquire("schema message").run().await?.ok()?;
    Ok(serde_json::from_str(&printed)?)
}

#[tokio::test]
async fn it_accepts_what_is_read_as_a_message_and_nothing_else() -> Result {
    let validator = jsonschema::validator_for(&schema().await?)?;
    let problems = |json: &Value| -> Vec<_> {
        let errors = validator.iter_errors(json);
        errors.map(|error| error.to_string()).collect()
    };
    for json in VALID {
        let message = Message::from_json(json)?;
        message.check()?;
        assert_eq!(problems(&serde_json::from_str(json)?), [""; 0], "{json}");
        // As it is written by a program.
        let written = serde_json::to_value(&message)?;
        assert_eq!(problems(&written), [""; 0], "{written}");
    }
    for json in INVALID {
        assert!(Message::from_json(json).is_err(), "{json}");
        assert!(!problems(&serde_json::from_str(json)?).is_empty(), "{json}");
    }
    Ok(())
}

/// Each field alone, with a value of each type: what is read is accepted.
#[tokio::test]
async fn it_accepts_each_value_that_is_read() -> Result {
    let schema = schema().await?;
    let validator = jsonschema::validator_for(&schema)?;
    let values = [
        "null",
        "true",
        "5",
        "-5",
        "5.5",
        "\"agent\"",
        "[]",
        "[\"5\"]",
        "[5]",
        "{}",
    ];
    let (mut read, mut refused) = (0, 0);
    for (name, channel) in [("Chat", "chat"), ("Mail", "mail"), ("Sms", "sms")] {
        let fields = schema["$defs"][name]["properties"].as_object();
        for field in fields.ok_or("no fields")?.keys() {
            for value in values {
                let mut message: Value =
                    serde_json::from_str(r#"{"case": 1, "contact": 2, "timeline": 3}"#)?;
                message["channel"] = channel.into();
                if channel != "sms" {
                    message["timeline"].take();
                }
                message[field] = serde_json::from_str(value)?;
                let members = message.as_object_mut().ok_or("no object")?;
                members.retain(|name, value| name == field || !value.is_null());
                match Message::from_json(&message.to_string()) {
                    // An object is asked for when the message is checked.
                    Ok(_) if field == "meta" && !matches!(value, "null" | "{}") => {}
                    Ok(_) => {
                        read += 1;
                        assert!(validator.is_valid(&message), "{message}");
                    }
                    Err(_) => {
                        refused += 1;
                        assert!(!validator.is_valid(&message), "{message}");
                    }
                }
            }
        }
    }
    assert!(read > 50 && refused > 200, "{read} read, {refused} refused");
    Ok(())
}

#[tokio::test]
async fn it_is_for_people_too() -> Result {
    let schema = schema().await?;
    for name in ["Chat", "Mail", "Sms"] {
        let schema = &schema["$defs"][name];
        let fields = schema["properties"].as_object().ok_or("no fields")?;
        for (field, schema) in fields {
            assert!(schema["description"].is_string(), "{name}.{field}");
        }
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(
            !description.is_empty() && !description.contains("```"),
            "{description}"
        );
    }
    Ok(())
}

/// The rows of the README are messages with a key.
#[tokio::test]
async fn it_accepts_the_rows_of_the_page() -> Result {
    let validator = jsonschema::validator_for(&schema().await?)?;
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"))?;
    let rows = readme
        .lines()
        .filter(|line| line.starts_with("{\"channel\": "));
    let mut count = 0;
    for row in rows {
        let mut row: Value = serde_json::from_str(row)?;
        row.as_object_mut().ok_or("no object")?.remove("key");
        assert!(validator.is_valid(&row), "{row}");
        count += 1;
    }
    assert_eq!(count, 2);
    Ok(())
}
