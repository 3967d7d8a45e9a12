//! Standard output: one JSON object for each message that was tried.

use std::time::UNIX_EPOCH;

use acquire_io_sandbox::Sandbox;
use serde_json::json;

use crate::support::{Place, assert_snapshot, row, rows, rule};

#[tokio::test]
async fn every_field_of_every_kind() {
    let failing = rule(json!({"match": {"case": 9}, "action": {"type": "answer", "status": 500}}));
    let strange =
        json!({"type": "answer", "status": 200, "accept": true, "body": {"data": {"id": "?"}}});
    let strange = rule(json!({"match": {"case": 1266}, "action": strange}));
    let sandbox = Sandbox::builder()
        .fixed_time(UNIX_EPOCH)
        .first_id(100)
        .fault(failing)
        .fault(strange);
    let place = Place::with(sandbox).await;
    let rows = [
        row(28, "k1"),
        r#"{"channel": "mail", "case": 1128, "contact": 9156860, "from": "test@acquire.io", "to": "user@gmail.com", "subject": "s", "html": "h"}
{"channel": "sms", "key": "k3", "case": 2219, "contact": 751069, "timeline": 2108, "from": "+12513188609", "to": "919666929552", "text": "hi"}

"#.to_owned(),
        row(27, "a case that is closed"),
        row(9, "k6"),
        row(1266, "k7"),
    ];
    place.write("rows", rows.concat());
    let ended = place.run("batch --concurrency 1 rows").await;
    ended.assert_code(6);
    assert_snapshot!("results", ended.stdout);
}

#[tokio::test]
async fn any_answer_makes_one_line() {
    let answer = |case: i64, kind: &str, body: &str| {
        json!({"match": {"case": case}, "action": {
            "type": "answer", "status": 200, "accept": true, "contentType": kind, "body": body,
        }})
    };
    let pretty = "{\r\n  \"data\": {\n    \"id\": 7,\n    \"text\": \"a\\nb\u{2028}\"\n  }\n}\n";
    let place = Place::failing([
        answer(9, "application/json", pretty),
        answer(28, "text/html", "<p>\n\"ok\"\n</p>\n"),
        answer(2069, "application/json", ""),
    ])
    .await;
    place.write(
        "rows",
        [row(9, "k1"), row(28, "k2"), row(2069, "k3")].concat(),
    );
    let ended = place.run("batch rows").await;
    // What is not JSON doesn't come from Acquire.
    ended.assert_code(6);
    let responses: Vec<_> = ended
        .json()
        .iter()
        .map(|result| result["response"].clone())
        .collect();
    let expected = [
        json!({"data": {"id": 7, "text": "a\nb\u{2028}"}}),
        json!("<p>\n\"ok\"\n</p>\n"),
        json!(null),
    ];
    assert_eq!(responses, expected);
}

/// The first of the rows takes longest.
async fn with_a_slow_first(order: &str) -> Vec<u64> {
    let slow = json!({"match": {"case": 9}, "action": {"type": "delay", "ms": 400}});
    let place = Place::failing([slow]).await;
    place.write("rows", [row(9, "slow"), rows(7)].concat());
    let ended = place
        .run(&format!("batch --concurrency 4 {order} rows"))
        .await;
    ended.assert_code(0);
    ended.lines()
}

#[tokio::test]
async fn in_the_order_of_the_input() {
    assert_eq!(with_a_slow_first("").await, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(
        with_a_slow_first("--order input").await,
        [1, 2, 3, 4, 5, 6, 7, 8]
    );
}

#[tokio::test]
async fn in_the_order_of_completion() {
    let mut lines = with_a_slow_first("--order completion").await;
    assert_ne!(lines[0], 1);
    lines.sort_unstable();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7, 8]);
}
