//! Exit codes, and what is printed on standard error.

use serde_json::json;

use crate::support::{Ended, Place, assert_snapshot, ended, row, rows};

/// What becomes of a message is chosen by its case: 9 is answered by a 500, 27 is closed.
async fn batch(arguments: &str, rows: &str) -> Ended {
    let place = Place::failing([
        json!({"match": {"case": 9}, "action": {"type": "answer", "status": 500}}),
    ])
    .await;
    place.write("rows", rows);
    place.run(&format!("batch --yes {arguments} rows")).await
}

#[tokio::test]
async fn all_accepted() {
    let ended = batch("", &rows(2)).await;
    ended.assert_code(0);
    assert!(
        ended
            .stderr
            .ends_with("\n2 rows: 2 accepted, 0 refused, 0 not sent, 0 unknown\n"),
        "{}",
        ended.stderr
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
        .run("batch --yes no-such-file")
        .await
        .assert_refused("acquire: no-such-file: ");
}

#[tokio::test]
async fn a_setting_is_missing() {
    let place = Place::new().await;
    place.write("rows", rows(1));
    let mut command = place.acquire("batch --yes rows");
    let ended = ended(command.env_remove("ACQUIRE_API_KEY")).await;
    ended.assert_code(3);
    assert!(ended.stderr.contains("ACQUIRE_API_KEY"), "{}", ended.stderr);
    assert!(!place.path("rows.outbox").exists());
}

#[tokio::test]
async fn one_refused() {
    let ended = batch("", &[rows(2), row(27, "k3")].concat()).await;
    ended.assert_code(4);
    assert_snapshot!("exit_4", ended.stderr);
}

#[tokio::test]
async fn none_sent() {
    let place = Place::new().await;
    place.write("rows", [rows(2), row(28, "k1")].concat());
    let mut command = place.acquire("batch --yes --give-up-after 1s rows");
    // Nothing ever listens there.
    let ended = ended(command.env("ACQUIRE_BASE_URL", "http://127.0.0.1:1")).await;
    ended.assert_code(5);
    assert_eq!(ended.stdout, "");
    let said = "stopped: nothing was settled for";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let summary = "\n3 rows: 0 accepted, 0 refused, 2 not sent, 0 unknown, 1 left out for the key of an earlier row\n\
                   to send what was not sent, run the same command again\n";
    assert!(ended.stderr.ends_with(summary), "{}", ended.stderr);
}

#[tokio::test]
async fn one_unknown() {
    let rows = [row(9, "k1"), row(27, "k2"), rows(1)].concat();
    let ended = batch("", &rows).await;
    ended.assert_code(6);
    assert_snapshot!("exit_6", ended.stderr);
}

#[tokio::test]
async fn many_unknown() {
    let rows: Vec<_> = (0..12)
        .map(|number| row(9, &format!("k{number}")))
        .collect();
    let ended = batch("", &rows.concat()).await;
    ended.assert_code(6);
    assert_snapshot!("exit_6_many", ended.stderr);
}

#[tokio::test]
async fn the_api_key_is_refused() {
    let place = Place::new().await;
    place.write("rows", rows(3));
    let mut command = place.acquire("batch --yes --concurrency 1 rows");
    let ended = ended(command.env("ACQUIRE_API_KEY", "another")).await;
    ended.assert_code(4);
    assert_snapshot!("exit_4_after_401", ended.stderr);
}
