//! A file that is changed between two runs.

use serde_json::json;

use crate::support::{Place, once, plain_rows, row, rows, text_row};

/// Runs, and returns the texts that this run sent.
async fn sent(place: &Place, arguments: &str, code: i32) -> Vec<String> {
    let before = place.texts().len();
    place.run(arguments).await.assert_code(code);
    place.texts().split_off(before)
}

#[tokio::test]
async fn one_row_is_corrected_and_only_that_row_is_sent() {
    let place = Place::new().await;
    place.write("rows", [rows(2), row(27, "k3"), row(9, "k4")].concat());
    place.run("batch --yes rows").await.assert_code(4);
    place.write("rows", [rows(2), row(28, "k3"), row(9, "k4")].concat());
    assert_eq!(sent(&place, "batch --yes rows", 0).await, ["k3"]);
    assert!(
        place
            .outbox("rows")
            .await
            .values()
            .all(|state| state == "accepted")
    );
}

#[tokio::test]
async fn a_row_without_a_key_is_corrected_in_its_place() {
    let place = Place::new().await;
    place.write("rows", plain_rows(27, &["frist", "second"]));
    place.run("batch --yes rows").await.assert_code(4);
    // Both were refused. One is corrected, the other stays as it is.
    place.write("rows", plain_rows(27, &["first", "second"]));
    assert_eq!(sent(&place, "batch --yes rows", 4).await, ["first"]);
    let listed = place.run("outbox list rows --output json").await.json();
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn order_columns_and_dialect_change_nothing() {
    let place = Place::new().await;
    place.write("rows.ndjson", plain_rows(28, &["a", "b", "c"]));
    let with = |file: &str| format!("batch --yes --outbox one.outbox {file}");
    assert_eq!(sent(&place, &with("rows.ndjson"), 0).await.len(), 3);
    place.write("rows.ndjson", plain_rows(28, &["c", "b", "a"]));
    place.write(
        "rows.csv",
        "text,channel,delay,case\r\nb,chat,,28\r\na,chat,,28\r\nc,chat,,28\r\n",
    );
    for file in ["rows.ndjson", "rows.csv"] {
        assert!(sent(&place, &with(file), 0).await.is_empty(), "{file}");
    }
}

#[tokio::test]
async fn what_was_accepted_and_is_changed_is_reported_and_not_sent() {
    let place = Place::new().await;
    place.write("rows", rows(2));
    place.run("batch --yes rows").await.assert_code(0);
    place.write(
        "rows",
        [text_row(28, "k1", "other"), row(28, "k2")].concat(),
    );
    let ended = place.run("batch --yes rows").await;
    ended.assert_code(0);
    let said = "changed after it was accepted, and not sent again: line 1, key k1. To send these rows another \
                message, name another outbox with --outbox PATH\n";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(place.accepted(), once(2));
}

/// The first run is stopped by its first answer.
async fn with_queued_rows(rows: &str) -> Place {
    let stop = json!({"limit": 1, "action": {"type": "answer", "status": 401}});
    let place = Place::failing([stop]).await;
    place.write("rows", rows);
    place
        .run("batch --yes --concurrency 1 rows")
        .await
        .assert_code(4);
    assert!(place.accepted().is_empty());
    place
}

/// Only while the message is not sent yet.
#[tokio::test]
async fn a_change_of_lane_priority_or_time_alone_is_noticed() {
    let place = with_queued_rows(&rows(2)).await;
    let with = |field: &str| {
        let rest = r#""channel": "chat", "case": 28, "text": "k1", "key": "k1""#;
        let changed = format!("{{{rest}, {field}}}\n");
        [changed, row(28, "k2")].concat()
    };
    for field in [
        r#""lane": false, "priority": "urgent""#,
        r#""lane": "other""#,
        r#""strict": true"#,
        r#""lane": false, "not_before": "2026-01-01T00:00:00Z""#,
        r#""lane": false, "not_after": "2096-01-01T00:00:00Z""#,
    ] {
        place.write("rows", with(field));
        let checked = place.run("batch --check rows").await;
        let said = "send       2: 1 to be sent again or corrected, 1 queued by an earlier run\n";
        assert!(
            checked.stdout.contains(said),
            "{field}: {}{}",
            checked.stdout,
            checked.stderr
        );
    }
    place.run("batch --yes rows").await.assert_code(0);
    place.write("rows", rows(2));
    let checked = place.run("batch --check rows").await;
    let said = "send       nothing\nsettled    2: 2 accepted\n";
    assert!(checked.stdout.contains(said), "{}", checked.stdout);
}

#[tokio::test]
async fn rows_that_have_left_the_file_are_cancelled_and_come_back_with_it() {
    let place = with_queued_rows(&rows(3)).await;
    place.write("rows", row(28, "k2"));
    let ended = place.run("batch --yes rows").await;
    ended.assert_code(0);
    let said = "cancel     2 that are queued, and are not in the file any more\n";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let states = ["cancelled", "accepted", "cancelled"].map(str::to_owned);
    assert!(place.outbox("rows").await.into_values().eq(states));

    place.write("rows", rows(3));
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(3));
}

#[tokio::test]
async fn what_a_person_cancelled_stays_so() {
    let place = with_queued_rows(&rows(2)).await;
    place
        .run("outbox cancel rows --key k1")
        .await
        .assert_code(0);
    let ended = place.run("batch --yes rows").await;
    ended.assert_code(0);
    assert_eq!(ended.lines(), [2]);
    let said = ", 1 cancelled\nto send what was cancelled: acquire outbox retry rows.outbox --key KEY, then run the same command \
                again\n";
    assert!(ended.stderr.ends_with(said), "{}", ended.stderr);
    place.run("outbox retry rows --key k1").await.assert_code(0);
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(2));
}

#[tokio::test]
async fn what_is_queued_gets_the_corrected_text_and_keeps_its_place() {
    let rows = |first: &str| {
        let row = |key: &str, text: &str| {
            format!(
                "{}\n",
                json!({"channel": "chat", "case": 28, "key": key, "text": text})
            )
        };
        [row("a", first), row("b", "second")].concat()
    };
    let place = with_queued_rows(&rows("frist")).await;
    place.write("rows", rows("first"));
    assert_eq!(
        sent(&place, "batch --yes rows", 0).await,
        ["first", "second"]
    );
}

#[tokio::test]
async fn a_row_that_was_corrected_too_late_stops_the_run() {
    let place = Place::new().await;
    place.write("rows", plain_rows(28, &["frist"]));
    place.run("batch --yes rows").await.assert_code(0);
    place.write(
        "rows",
        [plain_rows(28, &["first"]), plain_rows(9, &["new"])].concat(),
    );
    let stopped = place.run("batch --yes rows").await;
    stopped.assert_refused("a new message (--changed send), or the same one (--changed skip)?");
    assert!(
        stopped
            .stderr
            .contains("line 1: for the case and recipient of message 1 of the outbox, which was"),
        "{}",
        stopped.stderr
    );
    place.run("batch --check rows").await.assert_code(2);
    let skipped = sent(&place, "batch --yes --changed skip rows", 0).await;
    assert_eq!(skipped, ["new"]);
    let answered = sent(&place, "batch --yes --changed send rows", 0).await;
    assert_eq!(answered, ["first"]);
    // It is known now.
    assert!(sent(&place, "batch rows", 0).await.is_empty());
}

#[tokio::test]
async fn a_limit_sends_the_first_ones_and_the_next_run_the_others() {
    let place = with_queued_rows(&rows(5)).await;
    assert_eq!(sent(&place, "batch --yes --limit 2 rows", 0).await.len(), 2);
    assert_eq!(place.accepted(), once(2));
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(5));
}

#[tokio::test]
async fn a_dry_run_prints_what_would_be_sent() {
    let place = Place::new().await;
    place.write("rows", rows(1));
    place.run("batch --yes rows").await.assert_code(0);
    place.write("rows", rows(3));
    let printed = place.run("batch --dry-run --limit 1 rows").await;
    printed.assert_code(0);
    assert_eq!(
        printed.stdout.matches("POST ").count(),
        1,
        "{}",
        printed.stdout
    );
    assert!(printed.stdout.contains("\"k2\""), "{}", printed.stdout);
    assert!(!printed.stdout.contains(place.sandbox.api_key()));
    assert_eq!(place.texts().len(), 1);
}
