//! Ctrl-C, SIGTERM and SIGHUP while messages are under way.

use std::time::Duration;

use acquire_io_tests::process::signal;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::{LONG, Place, key, once, rows};

/// Three are under way at the signal. They take long enough for it to arrive before their verdicts.
async fn stops_at(name: &str) {
    let place =
        Place::failing([json!({"limit": 3, "action": {"type": "delay", "ms": 3_000}})]).await;
    place.write("rows", rows(10));
    let arguments = "batch --yes --concurrency 3 rows";
    // The tests may run under `nohup`, which leaves SIGHUP ignored in what they start.
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_acquire")]);
    command.args(arguments.split_whitespace());
    place.settle(&mut command);
    let child = command.spawn().unwrap();
    place.sandbox.wait_for(3, LONG).await.unwrap();
    signal(&child, name).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    let said = "acquire: stopping: waiting for messages that are under way; Ctrl-C again leaves them unknown. What was \
                sent is in rows.outbox; to go on, run the same command again\n\
                acquire: stopped: interrupted\n\
                10 rows: 3 accepted, 0 refused, 7 not sent, 0 unknown\n\
                to send what was not sent, run the same command again\n";
    assert!(stderr.ends_with(said), "{stderr}");
    assert_eq!(place.accepted(), once(3));

    let resumed = place.run(arguments).await;
    resumed.assert_code(0);
    assert_eq!(resumed.lines(), [4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(place.accepted(), once(10));
}

#[tokio::test]
async fn ctrl_c() {
    stops_at("INT").await;
}

#[tokio::test]
async fn sigterm() {
    stops_at("TERM").await;
}

#[tokio::test]
async fn sighup() {
    stops_at("HUP").await;
}

/// As `nohup` starts it.
#[tokio::test]
async fn sighup_that_is_ignored_stays_so() {
    let place =
        Place::failing([json!({"limit": 3, "action": {"type": "delay", "ms": 1_000}})]).await;
    place.write("rows", rows(10));
    let script = "trap '' HUP; exec \"$0\" batch --yes --concurrency 3 rows";
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_acquire")]);
    place.settle(&mut command);
    let child = command.spawn().unwrap();
    place.sandbox.wait_for(3, LONG).await.unwrap();
    signal(&child, "HUP").await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(place.accepted(), once(10));
}

#[tokio::test]
async fn a_second_one_ends_at_once() {
    let place =
        Place::failing([json!({"limit": 3, "action": {"type": "hang", "stage": "received"}})])
            .await;
    place.write("rows", rows(5));
    let arguments = "batch --yes --concurrency 3 rows";
    let mut child = place.acquire(arguments).spawn().unwrap();
    place.sandbox.wait_for(3, LONG).await.unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    signal(&child, "INT").await.unwrap();
    let mut line = String::new();
    while !line.starts_with("acquire: stopping") {
        line.clear();
        stderr.read_line(&mut line).await.unwrap();
    }
    signal(&child, "INT").await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(6));
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).await.unwrap();
    let said = "acquire: stopped at once: 3 messages were under way, their outcome is unknown. What was sent is in rows.outbox; \
                to go on, run the same command again\n";
    assert_eq!(rest, said);

    let resumed = place.run(arguments).await;
    resumed.assert_code(6);
    let states = place.outbox("rows").await;
    let unknown = states.iter().filter(|(_, state)| *state == "unknown");
    assert!(
        unknown.map(|(key, _)| key).eq(&[1, 2, 3].map(key)),
        "{states:?}"
    );
    let mut texts = place.texts();
    texts.sort_unstable();
    assert_eq!(texts, [1, 2, 3, 4, 5].map(key));
}

/// `timeout` sends its signal to the program, and then to its process group.
#[tokio::test]
async fn the_same_sigterm_twice_is_one() {
    let place = Place::failing([json!({"action": {"type": "delay", "ms": 500}})]).await;
    place.write("rows", rows(5));
    let child = place
        .acquire("batch --yes --concurrency 3 rows")
        .spawn()
        .unwrap();
    place.sandbox.wait_for(3, LONG).await.unwrap();
    signal(&child, "TERM").await.unwrap();
    signal(&child, "TERM").await.unwrap();
    let ended = crate::support::Ended::from(child.wait_with_output().await.unwrap());
    ended.assert_code(5);
    assert_eq!(ended.json().len(), 3);
    assert_eq!(place.accepted(), once(3));
}

/// Nothing is begun while a pace is waited for.
#[tokio::test]
async fn between_two_messages() {
    let place = Place::new().await;
    place.write("rows", rows(3));
    let mut child = place
        .acquire("batch --yes --rate 0.001 rows")
        .spawn()
        .unwrap();
    // The verdict of the first is printed, so nothing is under way.
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).await.unwrap();
    signal(&child, "INT").await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(5));
    assert_eq!(place.accepted(), once(1));
}
