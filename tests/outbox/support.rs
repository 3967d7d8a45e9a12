//! An outbox in a folder of its own, and the audit of what it says.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client};
use acquire_io_outbox::{Entry, Event, Filter, Outbox, Report, Row, State, Worker};
use acquire_io_sandbox::{FaultRule, Received, Sandbox, Verdict};
use acquire_io_test_postgres::{Database, Server};
use acquire_io_tests::Result;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Longer than anything takes here, also on a machine that is busy.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// Makes a test of each function for each store. One on PostgreSQL is left out where there is none.
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod in_a_file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() -> acquire_io_tests::Result {
                super::$name(crate::support::Place::new()?).await
            })+
        }

        mod in_a_database {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() -> acquire_io_tests::Result {
                match acquire_io_test_postgres::Server::shared() {
                    Some(server) => super::$name(crate::support::Place::in_database(&server).await?).await,
                    None => Ok(()),
                }
            })+
        }
    };
}
pub(crate) use on_each_store;

/// Whether the tests that take long run in full: when `ACQUIRE_OUTBOX_KILLS` says how many kills there are.
pub(crate) fn in_full() -> bool {
    env::var_os("ACQUIRE_OUTBOX_KILLS").is_some()
}

pub(crate) enum Place {
    File(TempDir),
    Database(Database),
}

impl Place {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self::File(tempfile::tempdir()?))
    }

    /// In a database of the server.
    pub(crate) async fn in_database(server: &Arc<Server>) -> Result<Self> {
        let database = server.database();
        let options = Outbox::postgres_options(&database.address())?;
        options.migrate().await?;
        Ok(Self::Database(database))
    }

    /// One of the same kind, which is empty.
    pub(crate) async fn another(&self) -> Result<Self> {
        match self {
            Self::File(_) => Self::new(),
            Self::Database(database) => Self::in_database(database.server()).await,
        }
    }

    pub(crate) fn database(&self) -> Result<&Database> {
        match self {
            Self::File(_) => Err("it is in a file".into()),
            Self::Database(database) => Ok(database),
        }
    }

    /// What an `outbox_worker` takes.
    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::File(folder) => folder.path().join("outbox"),
            Self::Database(database) => database.address().into(),
        }
    }

    /// One more handle of the outbox.
    pub(crate) async fn open(&self) -> Result<Outbox> {
        Ok(match self {
            Self::File(_) => Outbox::sqlite(self.file()).await?,
            // By another name than that of the workers.
            Self::Database(database) => {
                let address = format!("{} application_name=test", database.address());
                Outbox::postgres(&address).await?
            }
        })
    }
}

/// A connection of another program to a database.
pub(crate) async fn connect(database: &Database) -> Result<tokio_postgres::Client> {
    let connected = tokio_postgres::connect(&database.address(), tokio_postgres::NoTls).await;
    let (client, connection) = connected?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// Waits until all messages are accepted.
pub(crate) async fn all_accepted(outbox: &Outbox, messages: usize) -> Result {
    until(async || {
        let standing = outbox.standing("acme").await?;
        Ok(standing.count(State::Accepted) == messages as u64)
    })
    .await
}

pub(crate) fn client(sandbox: &Sandbox) -> Result<Client> {
    client_with(sandbox, Duration::from_secs(20))
}

pub(crate) fn client_with(sandbox: &Sandbox, timeout: Duration) -> Result<Client> {
    Ok(Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .timeout(timeout)
        .build()?)
}

pub(crate) async fn failing(rule: FaultRule) -> Result<Sandbox> {
    Ok(Sandbox::builder().fault(rule).start().await?)
}

/// Whose key is its text.
pub(crate) fn entry(case: i64, key: impl ToString) -> Entry {
    let key = key.to_string();
    Entry::new(Chat::new(CaseId(case)).as_agent().text(key.as_str())).key(key)
}

/// Inserts entries without a lane, with the keys from 1.
pub(crate) async fn insert(outbox: &Outbox, count: usize) -> Result {
    let entries = (1..=count).map(|key| entry(28, key).no_lane());
    outbox.insert("acme", entries).await?;
    Ok(())
}

/// The text of a request's message.
pub(crate) fn text(received: &Received) -> Result<String> {
    let body: Value = serde_json::from_slice(&received.body)?;
    let text = body.pointer("/message/message").and_then(Value::as_str);
    Ok(text.ok_or("no text")?.to_owned())
}

pub(crate) async fn row(outbox: &Outbox, key: impl ToString) -> Result<Row> {
    let row = outbox.get("acme", &key.to_string()).await?;
    Ok(row.ok_or("no row")?)
}

pub(crate) async fn rows(outbox: &Outbox) -> Result<Vec<Row>> {
    Ok(outbox.list(Filter::all().limit(100_000)).await?)
}

/// Holds each row against what arrived of it.
pub(crate) async fn audit(outbox: &Outbox, sandbox: &Sandbox) -> Result {
    audit_against(outbox, &sandbox.received()).await
}

/// As [`audit`], against a ledger that may be of several sandboxes.
pub(crate) async fn audit_against(outbox: &Outbox, ledger: &[Received]) -> Result {
    let mut arrived: HashMap<String, Vec<Verdict>> = HashMap::new();
    for received in ledger {
        if let Ok(text) = text(received) {
            arrived.entry(text).or_default().push(received.verdict);
        }
    }
    for row in rows(outbox).await? {
        let key = row.key.clone().unwrap_or_default();
        let verdicts = arrived.remove(&key).unwrap_or_default();
        let accepted = verdicts
            .iter()
            .filter(|it| **it == Verdict::Accepted)
            .count();
        let is_true = match row.state {
            State::Accepted => accepted == 1,
            State::Unknown | State::Sending => accepted <= 1,
            State::Refused | State::NotSent | State::Queued | State::Cancelled => accepted == 0,
            _ => false,
        };
        assert!(is_true, "{row:?}, but {verdicts:?} arrived");
        let attempts = usize::try_from(row.attempts)?;
        assert!(
            verdicts.len() <= attempts,
            "{row:?}, but {verdicts:?} arrived"
        );
    }
    assert!(arrived.is_empty(), "nobody inserted {arrived:?}");
    Ok(())
}

/// A worker that runs until it is stopped or dropped.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    run: JoinHandle<Result<Report>>,
}

impl Running {
    pub(crate) fn new(worker: Worker) -> Self {
        let (stop, stopped) = oneshot::channel();
        let run = async { Ok(worker.run_until(async { drop(stopped.await) }).await?) };
        Self {
            stop,
            run: tokio::spawn(run),
        }
    }

    /// Ends it gracefully.
    pub(crate) async fn end(self) -> Result<Report> {
        drop(self.stop);
        self.run.await?
    }
}

/// What a worker says, and a function for `on_event` that says it.
pub(crate) fn events() -> (
    impl Fn(&str, &Event) + Send + Sync + 'static,
    mpsc::UnboundedReceiver<(String, Event)>,
) {
    let (sender, events) = mpsc::unbounded_channel();
    let tell = move |account: &str, event: &Event| {
        // Nobody may listen any more.
        let _ = sender.send((account.to_owned(), event.clone()));
    };
    (tell, events)
}

/// The next event that is looked for.
pub(crate) async fn wait_for<T>(
    events: &mut mpsc::UnboundedReceiver<(String, Event)>,
    mut find: impl FnMut(&Event) -> Option<T>,
) -> Result<T> {
    let next = async {
        while let Some((_, event)) = events.recv().await {
            if let Some(found) = find(&event) {
                return Ok(found);
            }
        }
        Err("the worker has ended".into())
    };
    tokio::time::timeout(LONG, next).await?
}

/// Asks until it is true.
pub(crate) async fn until<F: Future<Output = Result<bool>>>(
    mut is_true: impl FnMut() -> F,
) -> Result {
    let ask = async {
        while !is_true().await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    tokio::time::timeout(LONG, ask).await?
}
