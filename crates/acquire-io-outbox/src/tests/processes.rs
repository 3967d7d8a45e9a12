//! Several processes on one file, and processes that are killed.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::support::{chat, turn};
use crate::{Outbox, State};

/// Where a child finds the file.
const FILE: &str = "ACQUIRE_OUTBOX_TEST_FILE";

/// The test whose code a child runs: it works when it has a file.
const CARRIER: &str = "tests::processes::the_claims_of_a_killed_process_are_unknown_at_once_when_nobody_else_is_there";

/// A process that has the file open and has claimed a message.
struct Worker(Child);

impl Worker {
    fn start(file: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", CARRIER, "--nocapture"])
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let claimed = lines
            .map(Result::unwrap)
            .any(|line| line.contains("claimed"));
        assert!(claimed, "the worker ended early");
        Self(child)
    }

    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// What the process of a [`Worker`] does.
async fn work(file: OsString) {
    let outbox = Outbox::sqlite(file).await.unwrap();
    let turned = outbox.store.turn(turn(1, Vec::new())).await.unwrap();
    assert_eq!(turned.claimed.len(), 1);
    println!("claimed");
    // Until the parent kills it, or has gone.
    std::io::stdin().lines().for_each(drop);
}

/// A file with two messages, and a process that has claimed the first.
async fn claimed(folder: &Path) -> (std::path::PathBuf, Worker) {
    let file = folder.join("test.outbox");
    let outbox = Outbox::sqlite(&file).await.unwrap();
    outbox
        .insert("acme", [chat(1, "a").key("a"), chat(2, "b").key("b")])
        .await
        .unwrap();
    outbox.close().await.unwrap();
    let worker = Worker::start(&file);
    (file, worker)
}

async fn state(outbox: &Outbox, key: &str) -> State {
    outbox.get("acme", key).await.unwrap().unwrap().state
}

#[tokio::test]
async fn the_claims_of_a_killed_process_are_unknown_at_once_when_nobody_else_is_there() {
    if let Some(file) = std::env::var_os(FILE) {
        return work(file).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let (file, worker) = claimed(folder.path()).await;
    worker.kill();
    let outbox = Outbox::sqlite(&file).await.unwrap();
    assert_eq!(state(&outbox, "a").await, State::Unknown);
    assert_eq!(state(&outbox, "b").await, State::Queued);
}

#[tokio::test]
async fn the_claims_of_a_living_process_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (file, worker) = claimed(folder.path()).await;
    let outbox = Outbox::sqlite(&file).await.unwrap();
    assert_eq!(state(&outbox, "a").await, State::Sending);
    let turned = outbox.store.turn(turn(64, Vec::new())).await.unwrap();
    assert_eq!(turned.claimed.len(), 1);
    worker.kill();
    // Somebody is there: the lease has to run out.
    let other = Outbox::sqlite(&file).await.unwrap();
    assert_eq!(state(&other, "a").await, State::Sending);
    assert_eq!(state(&other, "b").await, State::Sending);
}

#[tokio::test]
async fn two_processes_never_claim_the_same_message() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.outbox");
    let one = Outbox::sqlite(&file).await.unwrap();
    let other = Outbox::sqlite(&file).await.unwrap();
    one.insert("acme", (1..=300).map(|case| chat(case, "text")))
        .await
        .unwrap();
    let claim_all = async |outbox: Outbox| {
        let mut ids = Vec::new();
        loop {
            let claimed = outbox
                .store
                .turn(turn(7, Vec::new()))
                .await
                .unwrap()
                .claimed;
            if claimed.is_empty() {
                return ids;
            }
            ids.extend(claimed.iter().map(|claimed| claimed.id));
        }
    };
    let (mut all, others) = tokio::join!(claim_all(one), claim_all(other));
    all.extend(others);
    all.sort_unstable();
    assert_eq!(all, (1..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_that_has_lost_its_wal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, worker) = claimed(folder.path()).await;
    worker.kill();
    std::fs::remove_file(folder.path().join("test.outbox-wal")).unwrap();
    let error = Outbox::sqlite(&file).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("was in use and has lost its -wal file"),
        "{error}"
    );
}

#[tokio::test]
async fn another_program_that_closes_the_file_last_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, worker) = claimed(folder.path()).await;
    worker.kill();
    let other = rusqlite::Connection::open(&file).unwrap();
    other
        .query_row("SELECT count(*) FROM outbox_message", [], |_| Ok(()))
        .unwrap();
    other.close().unwrap();
    assert!(!folder.path().join("test.outbox-wal").exists());
    let outbox = Outbox::sqlite(&file).await.unwrap();
    assert_eq!(state(&outbox, "a").await, State::Unknown);
}

#[tokio::test]
async fn a_worker_wakes_when_this_process_inserts() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::sqlite(folder.path().join("test.outbox"))
        .await
        .unwrap();
    let mut woken = outbox.store.wake().subscribe();
    outbox.insert("acme", [chat(1, "text")]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), woken.changed())
        .await
        .unwrap()
        .unwrap();
}
