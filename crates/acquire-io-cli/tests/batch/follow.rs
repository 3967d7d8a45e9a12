//! `acquire outbox work --follow`: a worker that runs on.

use std::sync::Arc;

use acquire_io_test_postgres::{Database, Server};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::support::{LONG, Place};

/// A worker, and what it says.
struct Worker {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    said: Vec<String>,
}

impl Worker {
    fn start(place: &Place, address: &str) -> Self {
        let mut command = place.acquire(&format!("outbox work {address} --follow --yes"));
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// Reads what it says up to a line with this.
    async fn until(&mut self, expected: &str) {
        let read = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                self.said.push(line);
                if self.said.last().unwrap().contains(expected) {
                    return true;
                }
            }
            false
        };
        let read = tokio::time::timeout(LONG, read).await;
        assert_eq!(read, Ok(true), "{expected:?} is not in {:?}", self.said);
    }

    /// How often it has said this.
    fn count(&self, text: &str) -> usize {
        self.said.iter().filter(|line| line.contains(text)).count()
    }

    /// Sends a signal, and returns the exit code.
    async fn stop(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(kill.await.unwrap().success());
        self.until("acquire: stopping: waiting for messages that are under way")
            .await;
        self.child.wait().await.unwrap().code()
    }
}

/// A place whose database has the tables of an outbox.
async fn place(server: &Arc<Server>) -> (Place, Database, String) {
    let database = server.database();
    let place = Place::new().await;
    let folder = server.folder().display();
    let address = format!("postgres://postgres@/{}?host={folder}", database.name());
    place
        .run(&format!("outbox migrate {address}"))
        .await
        .assert_code(0);
    (place, database, address)
}

fn insert(database: &Database, key: &str) {
    let message = json!({"channel": "chat", "case": 28, "text": key});
    let entries = json!([{"account": "local", "key": key, "message": message}]);
    database
        .psql(&format!("SELECT acquire_outbox.insert('{entries}')"))
        .unwrap();
}

#[tokio::test]
async fn it_sends_what_is_inserted_later_and_a_signal_ends_it() {
    let Some(server) = Server::shared() else {
        return;
    };
    let (place, database, address) = place(&server).await;
    for (number, signal) in [(1, "TERM"), (3, "INT")] {
        // The first one starts when the account has no messages.
        let mut worker = Worker::start(&place, &address);
        worker
            .until("acquire: sending what is inserted as local; Ctrl-C or SIGTERM stops")
            .await;
        for number in [number, number + 1] {
            insert(&database, &format!("order-{number}"));
            place.sandbox.wait_for(number, LONG).await.unwrap();
        }
        // What others have to look at is no failure of the worker.
        let refused =
            json!([{"account": "local", "message": {"channel": "chat", "case": 1, "text": ""}}]);
        database
            .psql(&format!("SELECT acquire_outbox.insert('{refused}')"))
            .unwrap();
        assert_eq!(worker.stop(signal).await, Some(0));
    }
    let accepted = place.accepted();
    assert_eq!(accepted.len(), 4);
    assert!(accepted.values().all(|times| *times == 1), "{accepted:?}");
}

#[tokio::test]
async fn it_says_when_the_database_is_away_and_when_it_is_back() {
    let Some(server) = Server::start() else {
        return;
    };
    let (place, database, address) = place(&server).await;
    let mut worker = Worker::start(&place, &address);
    // It is working, not only starting.
    insert(&database, "order-16");
    place.sandbox.wait_for(1, LONG).await.unwrap();
    server.stop();
    worker.until("; trying again").await;
    server.start_again(&[]);
    worker.until("acquire: the outbox answers again").await;
    // Each kind of failure is said once, however often it tries.
    let failures = worker.count("; trying again");
    assert!((1..=3).contains(&failures), "{:?}", worker.said);
    insert(&database, "order-17");
    place.sandbox.wait_for(2, LONG).await.unwrap();
    assert_eq!(worker.stop("TERM").await, Some(0));
    assert_eq!(place.texts(), ["order-16", "order-17"]);
}

#[tokio::test]
async fn a_held_outbox_is_said_and_released() {
    let Some(server) = Server::shared() else {
        return;
    };
    let (place, database, address) = place(&server).await;
    insert(&database, "order-17");
    let held = place
        .run(&format!("outbox hold {address} --why restored"))
        .await;
    assert_eq!(
        held.stdout,
        "held: no worker sends anything until it is released\n"
    );
    let shown = place
        .run(&format!("outbox show {address} --output text"))
        .await;
    let line = "held       until somebody releases it: restored\n";
    assert!(shown.stdout.contains(line), "{}", shown.stdout);

    let mut worker = Worker::start(&place, &address);
    let line = format!("acquire: held (restored): acquire outbox release {address}; Ctrl-C stops");
    worker.until(&line).await;
    assert!(place.texts().is_empty());
    let refused = place.run(&format!("outbox release {address}")).await;
    refused.assert_refused("Its workers send 1 queued messages, also those that were sent already");
    let released = place.run(&format!("outbox release {address} --yes")).await;
    released.assert_code(0);
    place.sandbox.wait_for(1, LONG).await.unwrap();
    assert_eq!(worker.stop("TERM").await, Some(0));
}

#[tokio::test]
async fn a_key_that_is_refused_ends_it() {
    let Some(server) = Server::shared() else {
        return;
    };
    let (place, database, address) = place(&server).await;
    insert(&database, "order-17");
    let mut command = place.acquire(&format!("outbox work {address} --follow --yes"));
    let ended = crate::support::ended(command.env("ACQUIRE_API_KEY", "another")).await;
    ended.assert_code(4);
    let states = place.outbox(&address).await;
    assert_eq!(states["order-17"], "queued");
}
