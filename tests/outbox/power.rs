//! What a power failure can't take back: a claim is on the disk before its message leaves.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use acquire_io_outbox::State;
use acquire_io_sandbox::{FaultRule, Sandbox, Stage};
use acquire_io_test_postgres::Server;
use acquire_io_tests::Result;

use crate::process::Program;
use crate::support::{LONG, Place, audit, entry, failing, row};
use crate::tools;

/// Sent long before the worker says again that it is alive, which it writes too.
const MESSAGES: usize = 10;

/// What was traced of one message.
#[derive(Debug, Default, PartialEq)]
struct Sent {
    /// Writes to the `-wal` since the message before.
    writes: usize,
    /// Those of them that were not synced when the message left.
    not_synced: usize,
}

/// Reads a transcript of `strace -f -y`: each message that was written to a socket, by its text.
fn sent(transcript: &str, texts: &[String]) -> Vec<Sent> {
    let mut sent = Vec::new();
    let mut now = Sent::default();
    // Of threads whose call goes on, whether it is a sync, and how many writes it is sure to cover.
    let mut syncs: HashMap<&str, usize> = HashMap::new();
    for line in transcript.lines() {
        let Some((thread, call)) = line.split_once(char::is_whitespace) else {
            continue;
        };
        let call = call.trim_start();
        let is_sync = call.starts_with("fdatasync(") || call.starts_with("fsync(");
        if call.starts_with("pwrite64(") && call.contains("-wal>") {
            now.writes += 1;
            now.not_synced += 1;
        } else if is_sync && call.contains("-wal>") {
            match call.contains("<unfinished") {
                true => drop(syncs.insert(thread, now.not_synced)),
                false if call.ends_with("= 0") => now.not_synced = 0,
                false => {}
            }
        } else if call.contains("sync resumed>") {
            let covered = syncs.remove(thread).unwrap_or_default();
            if call.ends_with("= 0") {
                now.not_synced = now.not_synced.saturating_sub(covered);
            }
        } else if let Some(text) = texts.get(sent.len())
            && call.contains("<socket:")
            && call.contains(text)
        {
            let not_synced = now.not_synced;
            sent.push(std::mem::take(&mut now));
            now.not_synced = not_synced;
        }
    }
    sent
}

/// Only the system knows what was synced, so the process is traced.
async fn traced(file: &Path, url: &str, transcript: &Path) -> Result {
    let strace = [
        "strace",
        "-f",
        "-y",
        "-s",
        "4096",
        "-e",
        "trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg",
        "-o",
    ];
    let program = Program::new(file, url)
        .with("in_flight", 1)
        .with("until", "settled")
        .by([transcript.as_os_str()])
        .by(strace);
    program.spawn()?.ended().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_is_synced_before_its_message_leaves() -> Result {
    let probe = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    if !tools::has("strace", probe.is_ok()) {
        return Ok(());
    }
    // Some containers don't allow it, whatever is installed.
    if !probe.is_ok_and(|output| output.status.success()) {
        tools::skipped("the right to trace a process");
        return Ok(());
    }
    let sandbox = Sandbox::start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    // None is a part of another.
    let texts: Vec<_> = (0..MESSAGES)
        .map(|number| format!("message-{number:03}"))
        .collect();
    let entries = texts.iter().map(|text| entry(28, text).no_lane());
    outbox.insert("acme", entries).await?;
    let folder = tempfile::tempdir()?;
    let transcript = folder.path().join("transcript");
    traced(&place.file(), &sandbox.base_url(), &transcript).await?;
    audit(&outbox, &sandbox).await?;
    let sent = sent(&fs::read_to_string(transcript)?, &texts);
    assert_eq!(sent.len(), MESSAGES);
    for (text, sent) in texts.iter().zip(&sent) {
        assert!(sent.writes > 0 && sent.not_synced == 0, "{text}: {sent:?}");
    }
    Ok(())
}

#[test]
fn a_transcript_without_a_sync_is_found() {
    const WRITE: &str = r#"7 pwrite64(9</tmp/outbox-wal>, "\0"..., 4096, 32) = 4096"#;
    const SYNC: &str = "7 fdatasync(9</tmp/outbox-wal>) = 0";
    const SYNC_BEGINS: &str = "7 fdatasync(9</tmp/outbox-wal> <unfinished ...>";
    const SYNC_ENDS: &str = "7 <... fdatasync resumed>) = 0";
    const SEND: &str = r#"8 writev(10<socket:[1]>, [{iov_base="{\"message\":\"a\"}"}], 1) = 9"#;

    let not_synced = |lines: &[&str]| {
        let sent = sent(&lines.join("\n"), &["a".to_owned()]);
        sent.first().map(|sent| (sent.writes, sent.not_synced))
    };
    assert_eq!(not_synced(&[WRITE, SYNC]), None);
    assert_eq!(not_synced(&[WRITE, WRITE, SYNC, SEND]), Some((2, 0)));
    assert_eq!(not_synced(&[WRITE, SEND, SYNC]), Some((1, 1)));
    assert_eq!(not_synced(&[WRITE, SYNC, WRITE, SEND]), Some((2, 1)));
    assert_eq!(not_synced(&[SEND]), Some((0, 0)));
    let during = [WRITE, SYNC_BEGINS, SEND, SYNC_ENDS];
    assert_eq!(not_synced(&during), Some((1, 1)));
    let before = [WRITE, SYNC_BEGINS, SYNC_ENDS, SEND];
    assert_eq!(not_synced(&before), Some((1, 0)));
}

/// Whatever a commit has not written is lost when the server ends at once. The server's defaults are those that lose most: the
/// worker's own settings must hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_survives_the_end_of_its_database_as_soon_as_its_message_leaves() -> Result {
    const ROUNDS: usize = 5;
    const LOSES: [&str; 2] = ["synchronous_commit=off", "wal_writer_delay=10s"];

    let Some(server) = Server::start() else {
        return Ok(());
    };
    let restart = |end: fn(&Server)| {
        tokio::task::block_in_place(|| {
            end(&server);
            server.start_again(&LOSES);
        });
    };
    restart(Server::stop);
    let sandbox = failing(FaultRule::hang(Stage::Received)).await?;
    let place = Place::in_database(&server).await?;
    for round in 1..=ROUNDS {
        let outbox = place.open().await?;
        outbox.insert("acme", [entry(28, round).no_lane()]).await?;
        // What was inserted is not in question.
        place.database()?.psql("CHECKPOINT")?;
        let program = Program::new(&place.file(), &sandbox.base_url()).with("in_flight", 1);
        let process = program.spawn_quiet()?;
        sandbox.wait_for(round, LONG).await?;
        restart(Server::stop_immediately);
        drop(process);
        let outbox = place.open().await?;
        let row = row(&outbox, round).await?;
        assert_eq!((row.state, row.attempts), (State::Sending, 1), "{round}");
    }
    Ok(())
}
