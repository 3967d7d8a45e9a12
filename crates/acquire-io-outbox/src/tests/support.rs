//! An outbox in a temporary folder or a database of its own, with a clock that a test sets.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use acquire_io::{CaseId, Chat};
use acquire_io_test_postgres::{Database, Pooler, Server};
use tempfile::TempDir;
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use crate::store::{Applied, Claimed, Settled, Token, Turn, Turned};
use crate::time::{Clock, Time};
use crate::verdict::{Kind, Verdict};
use crate::{Entry, Outbox, Row, RowId, State};

pub(super) const ACCOUNT: &str = "acme";
pub(super) const LEASE: Duration = Duration::from_secs(60);

pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// A chat message for a case.
pub(super) fn chat(case: i64, text: &str) -> Entry {
    Entry::new(Chat::new(CaseId(case)).text(text))
}

/// Makes a test of each function for each store. One on PostgreSQL is left out where there is none.
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod in_a_file {
            use super::super::support::Fixture;

            $(#[tokio::test]
            async fn $name() {
                super::$name(Fixture::file().await).await;
            })+
        }

        mod in_a_database {
            use super::super::support::Fixture;

            $(#[tokio::test]
            async fn $name() {
                if let Some(fixture) = Fixture::database().await {
                    super::$name(fixture).await;
                }
            })+
        }
    };
}
pub(super) use on_each_store;

/// Where the outbox is.
enum Place {
    File(TempDir),
    /// With a connection for the test, and the address for the outbox.
    Database(Database, tokio_postgres::Client, String),
}

pub(super) struct Fixture {
    place: Place,
    clock: Arc<AtomicI64>,
    pub(super) outbox: Outbox,
}

impl Fixture {
    /// An outbox in a file.
    pub(super) async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open(Place::File(folder)).await
    }

    /// An outbox in a database. None: there is no PostgreSQL.
    pub(super) async fn database() -> Option<Self> {
        Some(Self::in_database(Server::shared()?.database()).await)
    }

    pub(super) async fn in_database(database: Database) -> Self {
        let options = Outbox::postgres_options(&database.address()).unwrap();
        options.migrate().await.unwrap();
        let raw = connect(&database.address()).await;
        let address = database.address();
        Self::open(Place::Database(database, raw, address)).await
    }

    /// An outbox in a database, which is behind a pooler. What a test itself asks for goes to the database.
    pub(super) async fn behind(database: Database, pooler: &Pooler) -> Self {
        let address = pooler.address(database.name());
        let options = Outbox::postgres_options(&address).unwrap();
        options.migrate().await.unwrap();
        let raw = connect(&database.address()).await;
        Self::open(Place::Database(database, raw, address)).await
    }

    /// One like this one, which is empty.
    pub(super) async fn another(&self) -> Self {
        match self.is_file() {
            true => Self::file().await,
            false => Self::database().await.unwrap(),
        }
    }

    async fn open(place: Place) -> Self {
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        Self {
            outbox: open(&place, &clock).await,
            place,
            clock,
        }
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// Of an outbox in a file.
    pub(super) fn path(&self) -> PathBuf {
        match &self.place {
            Place::File(folder) => folder.path().join(FILE),
            Place::Database(..) => panic!("it is in a database"),
        }
    }

    /// Of an outbox in a database.
    pub(super) fn its_database(&self) -> &Database {
        match &self.place {
            Place::File(_) => panic!("it is in a file"),
            Place::Database(database, ..) => database,
        }
    }

    /// As another process would.
    pub(super) async fn open_again(&self) -> Outbox {
        open(&self.place, &self.clock).await
    }

    /// A connection of another program to the same file.
    pub(super) fn raw(&self) -> rusqlite::Connection {
        let raw = rusqlite::Connection::open(self.path()).unwrap();
        raw.busy_timeout(seconds(10)).unwrap();
        raw
    }

    /// Runs a statement as another program does. It has the names of a file's tables, and [`at`](Self::at) for times.
    pub(super) async fn execute(&self, sql: &str) -> Result<u64, String> {
        match &self.place {
            Place::File(_) => {
                let changed = self.raw().execute(sql, []);
                changed
                    .map(|rows| rows as u64)
                    .map_err(|error| error.to_string())
            }
            Place::Database(_, raw, _) => {
                let answers = raw.simple_query(&in_database(sql)).await;
                let answers =
                    answers.map_err(|error| error.as_db_error().unwrap().message().to_owned())?;
                let rows = answers.iter().map(|answer| match answer {
                    SimpleQueryMessage::CommandComplete(rows) => *rows,
                    _ => 0,
                });
                Ok(rows.sum())
            }
        }
    }

    /// What a statement returns, as texts. [`ms`](Self::ms) reads times.
    pub(super) async fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        match &self.place {
            Place::File(_) => {
                let raw = self.raw();
                let mut statement = raw.prepare(sql).unwrap();
                let columns = statement.column_count();
                let rows = statement.query_map([], |row| {
                    let texts = (0..columns).map(|column| Ok(text(row.get(column)?)));
                    texts.collect::<rusqlite::Result<Vec<_>>>()
                });
                rows.unwrap().map(Result::unwrap).collect()
            }
            Place::Database(_, raw, _) => {
                let answers = raw.simple_query(&in_database(sql)).await.unwrap();
                let rows = answers.iter().filter_map(|answer| match answer {
                    SimpleQueryMessage::Row(row) => Some(row),
                    _ => None,
                });
                let texts = |row: &SimpleQueryRow| {
                    (0..row.len())
                        .map(|column| row.get(column).map(str::to_owned))
                        .collect()
                };
                rows.map(texts).collect()
            }
        }
    }

    /// Runs the statement for other programs with its parameter. Returns how many rows it inserted.
    pub(super) async fn by_statement(&self, parameter: &str) -> Result<u64, String> {
        match &self.place {
            Place::File(_) => {
                let inserted = self.raw().execute(crate::sqlite::INSERT, [parameter]);
                inserted
                    .map(|rows| rows as u64)
                    .map_err(|error| error.to_string())
            }
            Place::Database(_, raw, _) => {
                let row = raw.query_one(crate::postgres::INSERT, &[&parameter]).await;
                let row = row.map_err(|error| error.as_db_error().unwrap().message().to_owned())?;
                Ok(u64::try_from(row.get::<_, i64>(0)).unwrap())
            }
        }
    }

    /// The one value that a statement returns.
    pub(super) async fn query_one(&self, sql: &str) -> Option<String> {
        let mut rows = self.query(sql).await;
        assert_eq!((rows.len(), rows[0].len()), (1, 1), "{sql}");
        rows.remove(0).remove(0)
    }

    /// A time in a statement.
    pub(super) fn at(&self, time: impl Into<Option<Time>>) -> String {
        match (time.into(), &self.place) {
            (None, _) => "NULL".to_owned(),
            (Some(time), Place::File(_)) => time.0.to_string(),
            (Some(Time(i64::MAX)), Place::Database(..)) => "'infinity'".to_owned(),
            (Some(time), Place::Database(..)) => {
                format!("'epoch'::timestamptz + {} * interval '1 ms'", time.0)
            }
        }
    }

    /// A column that holds a time, as milliseconds.
    pub(super) fn ms(&self, column: &str) -> String {
        match self.is_file() {
            true => column.to_owned(),
            false => format!("(extract(epoch FROM {column}) * 1000)::bigint"),
        }
    }

    pub(super) fn now(&self) -> Time {
        Time(self.clock.load(Ordering::SeqCst))
    }

    pub(super) fn pass(&self, time: Duration) {
        self.clock.store(self.now().plus(time).0, Ordering::SeqCst);
    }

    pub(super) fn go_back(&self, time: Duration) {
        self.clock.store(self.now().minus(time).0, Ordering::SeqCst);
    }

    /// Inserts entries, and returns their numbers.
    pub(super) async fn insert(&self, entries: impl IntoIterator<Item = Entry>) -> Vec<RowId> {
        let inserted = self.outbox.insert(ACCOUNT, entries).await.unwrap();
        inserted.into_iter().map(|inserted| inserted.id).collect()
    }

    pub(super) async fn turn(&self, slots: u32, settled: Vec<Settled>) -> Turned {
        let turn = turn(slots, settled);
        self.outbox.store.turn(turn).await.unwrap()
    }

    pub(super) async fn claim(&self, slots: u32) -> Vec<Claimed> {
        self.turn(slots, Vec::new()).await.claimed
    }

    pub(super) async fn claim_one(&self) -> Claimed {
        let mut claimed = self.claim(1).await;
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }

    pub(super) async fn settle(&self, claimed: &Claimed, kind: Kind) -> Applied {
        let turned = self.turn(0, vec![settled(claimed, kind)]).await;
        turned.applied[0]
    }

    pub(super) async fn row(&self, id: RowId) -> Row {
        self.outbox.get_by_id(id).await.unwrap().unwrap()
    }

    pub(super) async fn state(&self, id: RowId) -> State {
        self.row(id).await.state
    }
}

const FILE: &str = "test.outbox";

async fn open(place: &Place, clock: &Arc<AtomicI64>) -> Outbox {
    let clock = Clock {
        set: Some(Arc::clone(clock)),
    };
    match place {
        Place::File(folder) => {
            let options = Outbox::sqlite_options(folder.path().join(FILE));
            options.clock(clock).open().await.unwrap()
        }
        Place::Database(_, _, address) => {
            let options = Outbox::postgres_options(address).unwrap();
            options.clock(clock).open().await.unwrap()
        }
    }
}

/// A connection of another program.
pub(super) async fn connect(address: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(async move { drop(connection.await) });
    client
}

/// The names of a database's tables.
fn in_database(sql: &str) -> String {
    sql.replace("outbox_", "acquire_outbox.")
}

fn text(value: rusqlite::types::Value) -> Option<String> {
    use rusqlite::types::Value;

    match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text),
        Value::Blob(bytes) => Some(format!("{bytes:?}")),
    }
}

pub(super) fn turn(slots: u32, settled: Vec<Settled>) -> Turn {
    Turn {
        account: ACCOUNT.to_owned(),
        worker: "test".to_owned(),
        token: Token::random().unwrap(),
        slots,
        lease: LEASE,
        settled,
    }
}

pub(super) fn settled(claimed: &Claimed, kind: Kind) -> Settled {
    Settled {
        id: claimed.id,
        token: claimed.token,
        verdict: Verdict::new(kind),
    }
}

/// The numbers of what was claimed.
pub(super) fn ids(claimed: &[Claimed]) -> Vec<RowId> {
    claimed.iter().map(|claimed| RowId(claimed.id)).collect()
}
