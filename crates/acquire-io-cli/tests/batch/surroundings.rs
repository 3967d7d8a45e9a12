//! A disk that is full, and a reader that goes away.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::{Ended, LONG, Place, ended, key, once, rows};

/// Runs with a bound on the size of files, in blocks of 512 bytes, past which writing fails as on a full disk.
async fn run_with_limit(place: &Place, blocks: u64, arguments: &str) -> Ended {
    let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" {arguments}");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_acquire")]);
    place.settle(&mut command);
    ended(&mut command).await
}

#[tokio::test]
async fn a_full_disk_sends_nothing_twice_and_loses_nothing() {
    const ROWS: u64 = 40;

    for blocks in [6, 7, 8, 10, 12] {
        let place = Place::new().await;
        place.write("rows", rows(ROWS));
        let full = run_with_limit(&place, blocks, "batch --journal journal rows").await;
        assert!(
            full.stderr
                .contains("stopped: the journal can't be written: "),
            "{}",
            full.stderr
        );
        let states = place.journal("journal").await;
        let accepted = place.accepted();
        assert!(
            (1..ROWS as usize).contains(&accepted.len()),
            "{blocks}: {}",
            accepted.len()
        );
        let unknown = states.values().filter(|state| *state == "unknown").count();
        // Every message that was under way when the disk was full, and no other.
        assert!((0..=2 * 8).contains(&unknown), "{unknown}");
        for (text, count) in &accepted {
            assert_eq!(*count, 1);
            let line = text[1..].parse().unwrap();
            assert!(
                states.contains_key(&line),
                "{text} was sent, and is not in the journal"
            );
        }
        for (line, state) in &states {
            assert!(state != "accepted" || accepted.contains_key(&key(*line)));
        }

        let resumed = place.run("batch --journal journal rows").await;
        resumed.assert_code(if unknown == 0 { 0 } else { 6 });
        // Also what has an unknown outcome was accepted: nothing failed but the disk.
        assert_eq!(place.accepted(), once(ROWS));
    }
}

#[tokio::test]
async fn a_disk_without_any_room() {
    let place = Place::new().await;
    place.write("rows", rows(1));
    let full = run_with_limit(&place, 0, "batch --journal journal rows").await;
    full.assert_code(2);
    assert!(place.texts().is_empty());
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    assert_eq!(place.accepted(), once(1));
}

/// One has no end, the other keeps nothing.
#[tokio::test]
async fn a_journal_that_is_no_file() {
    let place = Place::new().await;
    place.write("rows", rows(1));
    for device in ["/dev/zero", "/dev/null"] {
        let ended = place.run(&format!("batch --journal {device} rows")).await;
        ended.assert_code(2);
        let expected = format!("acquire: journal {device}: it is not a regular file\n");
        assert_eq!(ended.stderr, expected);
        let shown = place.run(&format!("journal show {device}")).await;
        assert_eq!(shown.stderr, expected);
    }
    assert!(place.texts().is_empty());
}

#[tokio::test]
async fn a_reader_that_goes_away_after_the_first_result() {
    let place = Place::failing([json!({"action": {"type": "delay", "ms": 50}})]).await;
    place.write("rows", rows(60));
    let arguments = "batch --concurrency 1 --journal journal rows";
    let mut child = place.acquire(arguments).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("{\"line\":1,"), "{line}");
    drop(stdout);
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .await
        .unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(5), "{stderr}");
    assert!(
        stderr.ends_with("acquire: stopped: nobody reads the results\n"),
        "{stderr}"
    );

    let before = place.accepted();
    assert!((2..60).contains(&before.len()));
    let in_journal: BTreeMap<_, _> = place
        .journal("journal")
        .await
        .into_keys()
        .map(|line| (key(line), 1))
        .collect();
    assert_eq!(before, in_journal);
    place.set_faults([]);
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    assert_eq!(place.accepted(), once(60));
}

#[tokio::test]
async fn a_full_standard_output() {
    let place = Place::new().await;
    place.write("rows", rows(60));
    let full = std::fs::File::options().write(true).open("/dev/full");
    // Not every system has one.
    let Ok(full) = full else { return };
    let mut command = place.acquire("batch --concurrency 1 --journal journal rows");
    let child = command.stdout(full).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(stderr.contains("stopped: standard output: "), "{stderr}");
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    assert_eq!(place.accepted(), once(60));
}

#[tokio::test]
async fn a_reader_that_pauses_for_longer_than_a_message_may_take() {
    const ROWS: u64 = 60;

    let place = Place::failing([json!({"action": {"type": "delay", "ms": 200}})]).await;
    place.write("rows", rows(ROWS));
    // Their results are longer than a pipe holds, so the program waits within one of them, messages under way.
    let child = place.acquire("batch --timeout 4s rows").spawn().unwrap();
    place.sandbox.wait_for(1, LONG).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(place.accepted().len() < ROWS as usize);
    let ended = Ended::from(child.wait_with_output().await.unwrap());
    ended.assert_code(0);
    assert_eq!(ended.json().len(), ROWS as usize);
}
