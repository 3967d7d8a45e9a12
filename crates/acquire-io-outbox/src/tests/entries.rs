//! Entries and their JSON.

use std::time::{Duration, UNIX_EPOCH};

use acquire_io::{CaseId, Chat, Message};
use serde_json::json;

use super::support::chat;
use crate::{Entry, Priority};

#[test]
fn json_both_ways() {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let entry = chat(28, "Ready")
        .key("order-17")
        .lane("stock")
        .strict()
        .priority(Priority::Bulk)
        .not_before(at(1_800_000_000))
        .not_after(at(1_800_000_600) + Duration::from_millis(5))
        .source(json!({ "file": "june.csv", "row": 3 }));
    let text = serde_json::to_string(&entry).unwrap();
    let expected = r#"{"channel":"chat","case":28,"text":"Ready","key":"order-17","lane":"stock","strict":true,"priority":"bulk","not_before":"2027-01-15T08:00:00Z","not_after":"2027-01-15T08:10:00.005Z","source":{"file":"june.csv","row":3}}"#;
    assert_eq!(text, expected);
    assert_eq!(Entry::from_json(&text).unwrap(), entry);
    assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);

    let plain: Entry = Chat::new(CaseId(28)).text("Ready").into();
    let text = serde_json::to_string(&plain).unwrap();
    assert_eq!(text, r#"{"channel":"chat","case":28,"text":"Ready"}"#);
    assert_eq!(Entry::from_json(&text).unwrap(), plain);
    let without_lane =
        Entry::from_json(r#"{"channel":"chat","case":28,"text":"Ready","lane":false,"key":null}"#);
    assert_eq!(without_lane.unwrap(), plain.clone().no_lane());
    assert_eq!(
        Message::from(plain),
        Chat::new(CaseId(28)).text("Ready").into()
    );
}

#[test]
fn all_problems_are_named_and_nothing_is_quoted() {
    let json = r#"{"channel":"chat","case":"secret","text":"x","key":7,"lane":true,"strict":"secret","priority":"secret","not_before":"2026-07-01T09:00:00+02:00","not_after":"secret","key":"secret","secrets":1}"#;
    let error = Entry::from_json(json).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`key` is there twice; `key` is not a text; `lane` is neither a text nor false; `strict` is neither true nor false; \
         `priority` is none of urgent, normal and bulk; \
         `not_before` is not a time in UTC such as 2026-07-01T09:00:00Z; \
         `not_after` is not a time in UTC such as 2026-07-01T09:00:00Z; \
         `case` is not a whole number of 64 bits; `secrets` is not a field of a chat message"
    );
    for (json, problem) in [
        ("[]", "`message` is not a JSON object"),
        ("{", "`message` ends too early, line 1 column 1"),
        (
            r#"{"channel":"chat","case":1,"text":"x","key":""}"#,
            "`key` is empty",
        ),
        (
            r#"{"channel":"chat","case":1,"text":"x","lane":false,"strict":true}"#,
            "`strict` needs a lane",
        ),
        (
            r#"{"channel":"chat","case":1,"text":"x","not_before":"2026-07-01T09:00:00Z","not_after":"2026-07-01T09:00:00Z"}"#,
            "`not_after` is not later than `not_before`",
        ),
    ] {
        assert_eq!(Entry::from_json(json).unwrap_err().to_string(), problem);
    }
}

#[test]
fn bounds() {
    let fields = |entry: Entry| {
        let invalid = entry.check().unwrap_err();
        invalid
            .problems()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert!(chat(1, "x").key("k".repeat(200)).check().is_ok());
    assert_eq!(
        fields(chat(1, "x").key("k".repeat(201))),
        ["`key` is longer than 200 bytes"]
    );
    assert_eq!(
        fields(chat(1, "x").lane("l".repeat(201))),
        ["`lane` is longer than 200 bytes"]
    );
    assert!(
        chat(1, "x")
            .source("s".repeat(16 * 1024 - 2))
            .check()
            .is_ok()
    );
    assert_eq!(
        fields(chat(1, "x").source("s".repeat(16 * 1024))),
        ["`source` is longer than 16384 bytes"]
    );
    assert_eq!(
        fields(chat(1, "x").key("a\0b")),
        ["`key` contains a null character"]
    );
    // Six characters, of which none is a null character.
    assert!(chat(1, r"a\u0000").check().is_ok());
    let meta = std::collections::BTreeMap::from([("note", "a\0b")]);
    let with_meta = Chat::new(CaseId(1)).text("x").meta(meta).into();
    assert_eq!(fields(with_meta), ["`message` contains a null character"]);
}

#[test]
fn debug_shows_no_content() {
    let entry = chat(28, "canary")
        .key("canary")
        .lane("canary")
        .source("canary");
    assert!(!format!("{entry:?}").contains("canary"), "{entry:?}");
}

#[test]
fn the_schema_accepts_what_is_read_and_refuses_what_is_not() {
    let schema = schemars::schema_for!(Entry);
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let message = json!({ "channel": "chat", "case": 28, "text": "Ready" });
    let with = |field: &str, value: serde_json::Value| {
        let mut entry = message.clone();
        entry[field] = value;
        entry
    };
    for good in [
        message.clone(),
        with("key", json!("k")),
        with("lane", json!(false)),
        with("lane", json!("x")),
        with("strict", json!(true)),
        with("priority", json!("urgent")),
        with("not_before", json!("2026-07-01T09:00:00Z")),
        with("source", json!({ "row": 1 })),
        with("key", json!(null)),
    ] {
        assert!(validator.is_valid(&good), "{good}");
        assert!(Entry::from_json(&good.to_string()).is_ok(), "{good}");
    }
    for bad in [
        with("key", json!("")),
        with("lane", json!(true)),
        with("priority", json!("soon")),
        with("not_after", json!("2026-07-01T09:00:00+02:00")),
        with("colour", json!("red")),
    ] {
        assert!(!validator.is_valid(&bad), "{bad}");
        assert!(Entry::from_json(&bad.to_string()).is_err(), "{bad}");
    }
}
