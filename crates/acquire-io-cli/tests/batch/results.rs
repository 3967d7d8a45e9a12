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
    let ended = place.run("batch --yes --concurrency 1 rows").await;
    ended.assert_code(6);
    assert_snapshot!("results", ended.stdout);
}

/// A terminal has lines for people, and a pipe has them when asked.
#[tokio::test]
async fn a_line_for_each_message() {
    let place = Place::new().await;
    place.write("rows", [row(28, "k1"), row(27, "k2")].concat());
    let ended = place
        .run("batch --yes --concurrency 1 --output text rows")
        .await;
    ended.assert_code(4);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "accepted  k1  case 28  message 1");
    assert!(
        lines[1].starts_with("refused   k2  case 27  sendChatMessage: 400 Bad Request"),
        "{}",
        lines[1]
    );
    assert_eq!(lines.len(), 2);
}

#[tokio::test]
async fn a_file_of_results_grows() {
    let place = Place::new().await;
    for count in [2, 3] {
        place.write("rows", rows(count));
        let ended = place
            .run("batch --yes --output text --results june.results rows")
            .await;
        ended.assert_code(0);
    }
    let results = String::from_utf8(place.read("june.results")).unwrap();
    let keys = results.lines().map(|line| {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(result["delivery"], "accepted");
        result["key"].as_str().unwrap().to_owned()
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    assert_eq!(keys, ["k1", "k2", "k3"]);
    let ended = place
        .run("batch --yes --results no-such-folder/results rows")
        .await;
    ended.assert_code(1);
    assert!(
        ended.stderr.contains("--results no-such-folder/results: "),
        "{}",
        ended.stderr
    );
}

/// What the server answers has no part in the results.
#[tokio::test]
async fn causes_are_one_line_without_the_answer() {
    let hostile = json!({"error": {"code": "E\u{1b}[2J", "message": "CANARY\nforged"}});
    let answer = json!({"action": {"type": "answer", "status": 400, "body": hostile}});
    let place = Place::failing([answer]).await;
    place.write("rows", rows(1));
    for form in ["text", "json"] {
        let outbox = format!("{form}.outbox");
        let run = format!("batch --yes --output {form} --outbox {outbox} rows");
        let ended = place.run(&run).await;
        ended.assert_code(4);
        assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
        assert!(!ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
    }
}
