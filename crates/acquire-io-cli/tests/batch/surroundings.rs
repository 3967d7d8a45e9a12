//! A disk that is full, and a reader that goes away.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::{Ended, LONG, Place, ended, once, rows};

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
    const ROWS: u64 = 150;

    let mut stopped = 0;
    for blocks in [170, 190, 220, 260] {
        let place = Place::new().await;
        place.write("rows", rows(ROWS));
        let full = run_with_limit(&place, blocks, "batch --yes --give-up-after 1s rows").await;
        let accepted = place.accepted();
        assert!(accepted.values().all(|count| *count == 1));
        if full.code != Some(0) {
            stopped += 1;
            assert!(
                full.stderr.contains("rows.outbox") || full.stderr.contains("the outbox"),
                "{}",
                full.stderr
            );
        }
        if place.path("rows.outbox").exists() {
            for (key, state) in place.outbox("rows").await {
                let count = accepted.get(&key).copied().unwrap_or_default();
                let holds = match state.as_str() {
                    "accepted" => count == 1,
                    "unknown" => count <= 1,
                    _ => count == 0,
                };
                assert!(holds, "{key} is {state}, and was accepted {count} times");
            }
        }
        let resumed = place.run("batch --yes rows").await;
        assert!(matches!(resumed.code, Some(0 | 6)), "{}", resumed.stderr);
        // Also what has an unknown outcome was accepted: nothing failed but the disk.
        let accepted = place.accepted();
        assert!(accepted.values().all(|count| *count == 1));
        let states = place.outbox("rows").await;
        assert_eq!(states.len() as u64, ROWS);
        assert!(
            states
                .values()
                .all(|state| state == "accepted" || state == "unknown")
        );
    }
    assert!(stopped > 0);
}

#[tokio::test]
async fn a_disk_without_any_room() {
    let place = Place::new().await;
    place.write("rows", rows(1));
    let full = run_with_limit(&place, 0, "batch --yes rows").await;
    full.assert_code(2);
    assert!(place.texts().is_empty());
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(1));
}

/// One has no end, the other keeps nothing.
#[tokio::test]
async fn an_outbox_that_is_no_file() {
    let place = Place::new().await;
    place.write("rows", rows(1));
    for device in ["/dev/zero", "/dev/null"] {
        let ended = place
            .run(&format!("batch --yes --outbox {device} rows"))
            .await;
        ended.assert_refused(&format!("{device} is no file"));
    }
    assert!(place.texts().is_empty());
}

/// The rows themselves, for example.
#[tokio::test]
async fn what_is_no_outbox_is_refused_and_stays_as_it_was() {
    let place = Place::new().await;
    place.write("rows", rows(2));
    for other in [
        rows(2).into_bytes(),
        vec![0; 10_000],
        b"\n".into(),
        Vec::new(),
    ] {
        place.write("other", &other);
        let ended = place.run("batch --yes --outbox other rows").await;
        ended.assert_code(2);
        assert!(ended.stderr.contains("other is "), "{}", ended.stderr);
        assert_eq!(place.read("other"), other);
    }
    let ended = place
        .run("batch --yes --outbox no-such-folder/outbox rows")
        .await;
    ended.assert_refused("no-such-folder");
    assert!(place.texts().is_empty());
}

#[tokio::test]
async fn a_folder_that_is_synchronised_needs_another_place() {
    let place = Place::new().await;
    std::fs::create_dir(place.path("Dropbox")).unwrap();
    place.write("Dropbox/rows", rows(1));
    let refused = place.run("batch --yes Dropbox/rows").await;
    refused.assert_refused("is in a folder that Dropbox synchronises");
    assert!(
        refused.stderr.contains("--outbox PATH"),
        "{}",
        refused.stderr
    );
    assert!(place.texts().is_empty());
    place
        .run("batch --yes --outbox rows.outbox Dropbox/rows")
        .await
        .assert_code(0);
    assert_eq!(place.accepted(), once(1));
}

/// Where this may be tried: it needs a mount.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_read_only_folder_needs_another_place() {
    let place = Place::new().await;
    std::fs::create_dir(place.path("shared")).unwrap();
    place.write("shared/rows", rows(1));
    let run = async |arguments: &str| {
        let script = format!(
            "mount --bind shared shared && mount -o remount,ro,bind shared || exit 99; exec \"$0\" {arguments}"
        );
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--"]);
        command.args(["/bin/sh", "-c", &script, env!("CARGO_BIN_EXE_acquire")]);
        place.settle(&mut command);
        ended(command.env("PATH", std::env::var_os("PATH").unwrap())).await
    };
    let refused = run("batch --yes shared/rows").await;
    if !refused.stderr.starts_with("acquire: ") {
        println!("skipped: no mount may be made: {}", refused.stderr);
        return;
    }
    refused.assert_refused("shared/rows.outbox can't be made");
    assert!(
        refused.stderr.contains("--outbox PATH"),
        "{}",
        refused.stderr
    );
    assert!(place.texts().is_empty());
    run("batch --yes --outbox rows.outbox shared/rows")
        .await
        .assert_code(0);
    assert_eq!(place.accepted(), once(1));
}

#[tokio::test]
async fn a_reader_that_goes_away_after_the_first_result() {
    let place = Place::failing([json!({"action": {"type": "delay", "ms": 50}})]).await;
    place.write("rows", rows(60));
    let arguments = "batch --yes --concurrency 1 rows";
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
        stderr.contains("acquire: stopped: nobody reads the results\n"),
        "{stderr}"
    );

    let before = place.accepted();
    assert!((2..60).contains(&before.len()));
    let states = place.outbox("rows").await;
    let in_outbox: BTreeMap<_, _> = states
        .into_iter()
        .filter(|(_, state)| state == "accepted")
        .map(|(key, _)| (key, 1))
        .collect();
    assert_eq!(before, in_outbox);
    place.set_faults([]);
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(60));
}

#[tokio::test]
async fn a_full_standard_output() {
    let place = Place::new().await;
    place.write("rows", rows(60));
    let full = std::fs::File::options().write(true).open("/dev/full");
    // Not every system has one.
    let Ok(full) = full else { return };
    let mut command = place.acquire("batch --yes --concurrency 1 rows");
    let child = command.stdout(full).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(
        stderr.contains("stopped: the results can't be written: "),
        "{stderr}"
    );
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(60));
}

/// Sending doesn't wait for the reader of the results.
#[tokio::test]
async fn a_reader_that_pauses_gets_all_results() {
    const ROWS: u64 = 600;

    let place = Place::new().await;
    place.write("rows", rows(ROWS));
    // Its results are longer than a pipe holds.
    let child = place.acquire("batch --yes rows").spawn().unwrap();
    place.sandbox.wait_for(ROWS as usize, LONG).await.unwrap();
    let ended = Ended::from(child.wait_with_output().await.unwrap());
    ended.assert_code(0);
    assert_eq!(ended.json().len(), ROWS as usize);
}
