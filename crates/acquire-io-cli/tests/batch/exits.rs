//! Exit codes, and what is said on standard error.

use serde_json::json;

use crate::support::{Ended, Place, assert_snapshot, ended, row, rows};

/// Messages whose fates are chosen by their cases: 9 is answered by a 500, 27 is closed.
async fn batch(arguments: &str, rows: &str) -> Ended {
    let place = Place::failing([
        json!({"match": {"case": 9}, "action": {"type": "answer", "status": 500}}),
    ])
    .await;
    place.write("rows", rows);
    place.run(&format!("batch {arguments} rows")).await
}

#[tokio::test]
async fn all_accepted() {
    let ended = batch("", &rows(2)).await;
    ended.assert_code(0);
    assert_eq!(
        ended.stderr,
        "2 rows: 2 accepted, 0 refused, 0 not sent, 0 unknown\n"
    );
}

#[tokio::test]
async fn a_row_is_wrong() {
    let ended = batch("", &[rows(1), row(0, "k2")].concat()).await;
    ended.assert_code(2);
    assert_snapshot!("exit_2", ended.stderr);
}

#[tokio::test]
async fn the_input_is_missing() {
    let place = Place::new().await;
    place
        .run("batch no-such-file")
        .await
        .assert_refused("acquire: no-such-file: ");
}

#[tokio::test]
async fn a_setting_is_missing() {
    let place = Place::new().await;
    place.write("rows", rows(1));
    let mut command = place.acquire("batch --journal journal rows");
    let ended = ended(command.env_remove("ACQUIRE_API_KEY")).await;
    ended.assert_code(3);
    assert!(ended.stderr.contains("ACQUIRE_API_KEY"), "{}", ended.stderr);
    assert!(!place.path("journal").exists());
}

#[tokio::test]
async fn one_refused() {
    let ended = batch("", &[rows(2), row(27, "k3")].concat()).await;
    ended.assert_code(4);
    assert_eq!(
        ended.stderr,
        "3 rows: 2 accepted, 1 refused, 0 not sent, 0 unknown\n"
    );
}

#[tokio::test]
async fn none_sent() {
    let place = Place::new().await;
    place.write("rows", [rows(2), row(28, "k1")].concat());
    let mut command = place.acquire("batch --journal journal rows");
    // Nothing ever listens there.
    let ended = ended(command.env("ACQUIRE_BASE_URL", "http://127.0.0.1:1")).await;
    ended.assert_code(5);
    assert_snapshot!("exit_5", ended.stderr);
    let results = ended.json();
    assert!(
        results
            .iter()
            .all(|result| result["delivery"] == "not_sent"),
        "{}",
        ended.stdout
    );
}

#[tokio::test]
async fn one_of_unknown_fate() {
    let rows = [row(9, "k1"), row(27, "k2"), rows(1)].concat();
    let ended = batch("--journal journal", &rows).await;
    ended.assert_code(6);
    assert_snapshot!("exit_6", ended.stderr);
}

#[tokio::test]
async fn many_of_unknown_fate() {
    let rows: Vec<_> = (0..12)
        .map(|number| row(9, &format!("k{number}")))
        .collect();
    let ended = batch("", &rows.concat()).await;
    ended.assert_code(6);
    assert_snapshot!("exit_6_without_journal", ended.stderr);
}

#[tokio::test]
async fn the_api_key_is_refused() {
    let place = Place::new().await;
    place.write("rows", rows(3));
    let mut command = place.acquire("batch --concurrency 1 --journal journal rows");
    let ended = ended(command.env("ACQUIRE_API_KEY", "another")).await;
    ended.assert_code(5);
    assert_snapshot!("exit_5_after_401", ended.stderr);
}
