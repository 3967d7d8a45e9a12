//! Several processes with one outbox.

use std::process::Stdio;

use serde_json::json;

use crate::support::{LONG, Place, ended, once, rows};

#[tokio::test]
async fn two_processes_share_the_rows_and_one_is_killed() {
    const ROWS: u64 = 120;

    let place = Place::failing([json!({"action": {"type": "delay", "ms": 20}})]).await;
    place.write("rows", rows(ROWS));
    let arguments = "batch --yes --concurrency 4 rows";
    let mut first = place.acquire(arguments);
    let mut first = first
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    place.sandbox.wait_for(20, LONG).await.unwrap();
    let mut second = place.acquire(arguments);
    let mut second = second
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    place.sandbox.wait_for(50, LONG).await.unwrap();
    first.kill().await.unwrap();
    // What the first one had under way is unknown when its lease ends: the second process is killed before, so that
    // nobody has the outbox open.
    second.kill().await.unwrap();

    let states = place.outbox("rows").await;
    let unknown = states.values().filter(|state| *state == "unknown").count();
    assert!(unknown <= 8, "{unknown}");
    let resumed = place.run(arguments).await;
    resumed.assert_code(if unknown == 0 { 0 } else { 6 });
    let accepted = place.accepted();
    assert!(accepted.values().all(|count| *count == 1), "{accepted:?}");
    assert!(accepted.len() as u64 >= ROWS - unknown as u64);
}

/// Neither sends what the other one has sent.
#[tokio::test]
async fn two_processes_end_with_every_row_sent_once() {
    const ROWS: u64 = 60;

    let place = Place::failing([json!({"action": {"type": "delay", "ms": 20}})]).await;
    place.write("rows", rows(ROWS));
    let arguments = "batch --yes --concurrency 4 rows";
    let (mut first, mut second) = (place.acquire(arguments), place.acquire(arguments));
    let (first, second) = tokio::join!(ended(&mut first), ended(&mut second));
    for ended in [first, second] {
        ended.assert_code(0);
        assert!(
            ended.stderr.contains("60 rows: 60 accepted"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(place.accepted(), once(ROWS));
}

#[tokio::test]
async fn an_outbox_can_be_read_while_it_is_worked() {
    let place = Place::failing([json!({"action": {"type": "hang", "stage": "received"}})]).await;
    place.write("rows", rows(2));
    let mut first = place.acquire("batch --yes rows").spawn().unwrap();
    place.sandbox.wait_for(2, LONG).await.unwrap();
    let states = ["sending", "sending"].map(str::to_owned);
    assert!(place.outbox("rows").await.into_values().eq(states));

    first.kill().await.unwrap();
    // The lock has ended with the process.
    place.run("batch --yes rows").await.assert_code(6);
    assert_eq!(place.texts().len(), 2);
}
