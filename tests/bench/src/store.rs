//! Outboxes to measure, in either store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use acquire_io_outbox::{Entry, Outbox};
use acquire_io_test_postgres::{Database, Server};
use anyhow::{Context as _, anyhow};

use crate::measure::build;
use crate::outbox::{ACCOUNT, message};

/// Where outboxes are made.
#[derive(Clone)]
pub enum Store {
    /// In files on the disk of the project: a file system in memory has nothing to wait for.
    Sqlite,
    /// In databases of a server.
    Postgres(Arc<Server>),
}

/// What is in an outbox.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Messages that were accepted.
    pub settled: u32,
    /// Messages that are due.
    pub queued: u32,
}

impl Rows {
    /// Nothing.
    pub const NONE: Self = Self {
        settled: 0,
        queued: 0,
    };
}

impl Store {
    /// A PostgreSQL server with its own defaults, which keep what is committed. None: there is no PostgreSQL.
    pub fn postgres() -> Option<Self> {
        /// The tests have less memory, and no vacuum.
        const DEFAULTS: [&str; 3] = ["autovacuum=on", "shared_buffers=128MB", "wal_level=replica"];

        let server = Server::start()?;
        server.stop();
        server.start_again(&DEFAULTS);
        Some(Self::Postgres(server))
    }

    /// For tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// A folder or a database with nothing in it.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn place(&self) -> anyhow::Result<Place> {
        Ok(match self {
            Self::Sqlite => Place::File(Folder::new()?),
            Self::Postgres(server) => Place::Database(server.database()),
        })
    }

    /// Makes an outbox.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn outbox(&self, rows: Rows) -> anyhow::Result<Place> {
        let place = self.place()?;
        if let Place::Database(database) = &place {
            Outbox::postgres_options(&database.address())?
                .migrate()
                .await?;
        }
        let outbox = place.open().await?;
        match &place {
            Place::File(folder) => settle_in_file(&folder.path(), rows.settled)?,
            Place::Database(database) => settle_in_database(database, rows.settled)?,
        }
        insert(&outbox, rows.queued).await?;
        outbox.close().await?;
        if let Place::Database(database) = &place {
            psql(database, "VACUUM (ANALYZE) acquire_outbox.message")?;
        }
        Ok(place)
    }
}

/// A place for an outbox, which is deleted when this is dropped.
pub enum Place {
    /// Its file is in a folder.
    File(Folder),
    /// It has a database.
    Database(Database),
}

impl Place {
    /// Opens the outbox.
    ///
    /// # Errors
    /// When it can't be opened.
    pub async fn open(&self) -> anyhow::Result<Outbox> {
        Ok(match self {
            Self::File(folder) => Outbox::sqlite(folder.path()).await?,
            Self::Database(database) => Outbox::postgres(&database.address()).await?,
        })
    }

    /// How long its store has computed: the threads of this process that write files, or the processes of the server that
    /// serve the database.
    ///
    /// # Errors
    /// When the system doesn't say.
    pub fn computing(&self) -> anyhow::Result<Duration> {
        match self {
            Self::File(_) => computing("/proc/self/task", "comm", |name| name.trim() == "outbox"),
            Self::Database(database) => {
                let backend = format!("postgres {} ", database.name());
                computing("/proc", "cmdline", |name| name.contains(&backend))
            }
        }
    }
}

/// How long processes or threads have computed, by what a file of theirs says.
fn computing(all: &str, file: &str, is_meant: impl Fn(&str) -> bool) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir(all)? {
        let task = task?.path();
        // Not all that is there is a process, and others end at any time.
        let read = |file| std::fs::read_to_string(task.join(file)).unwrap_or_default();
        if is_meant(&read(file)) {
            let stat = read("schedstat");
            let computed = stat.split(' ').next().context("an empty schedstat")?;
            nanoseconds += computed.parse::<u64>()?;
        }
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// A folder for an outbox's file.
pub struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);

        let name = format!(
            "{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let folder = build::root().join("target/bench-outbox").join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// The file in it.
    pub fn path(&self) -> PathBuf {
        self.0.join("outbox")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Messages that were accepted, as a worker leaves them. By SQL: sending this many takes minutes.
fn settle_in_file(path: &Path, rows: u32) -> anyhow::Result<()> {
    const BATCH: u32 = 50_000;

    let mut connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    for first in (0..rows).step_by(BATCH as usize) {
        let last = rows.min(first + BATCH);
        let tx = connection.transaction()?;
        tx.execute(
            "WITH RECURSIVE number (n) AS (SELECT ?1 + 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?2)
            INSERT INTO outbox_message (account, key, digest, lane, message)
            SELECT ?3, 'settled-' || n, hex(randomblob(32)), 'case:' || n, '{}' FROM number",
            rusqlite::params![first, last, ACCOUNT],
        )?;
        tx.execute(
            "UPDATE outbox_message SET state = 'accepted', attempt = 1, claim = 1, worker = 'bench', claimed_at = created_at,
              first_claimed_at = created_at, lease_until = created_at + 60000, status = 200, message_id = id,
              settled_at = created_at, settled_seq = id, message = NULL
            WHERE state = 'queued'",
            [],
        )?;
        tx.execute(
            "UPDATE outbox_meta SET settled = (SELECT max(id) FROM outbox_message)",
            [],
        )?;
        tx.commit()?;
    }
    Ok(())
}

/// The same, past the trigger that lets nobody insert them.
fn settle_in_database(database: &Database, rows: u32) -> anyhow::Result<()> {
    let sql = format!(
        "ALTER TABLE acquire_outbox.message DISABLE TRIGGER before_insert;
        INSERT INTO acquire_outbox.message (account, key, digest, lane, state, attempt, claim, worker, claimed_at,
          first_claimed_at, lease_until, status, message_id, settled_at, settled_seq)
        SELECT '{ACCOUNT}', 'settled-' || n, md5(n::text) || md5((-n)::text), 'case:' || n, 'accepted', 1, 1, 'bench', now(),
          now(), now() + interval '1 minute', 200, n, now(), n
        FROM generate_series(1, {rows}) AS n;
        ALTER TABLE acquire_outbox.message ENABLE TRIGGER before_insert;
        UPDATE acquire_outbox.meta SET settled = {rows};"
    );
    psql(database, &sql)
}

fn psql(database: &Database, sql: &str) -> anyhow::Result<()> {
    let said = database.psql(sql).map_err(|said| anyhow!("psql: {said}"));
    said.map(drop)
}

/// Queues messages, each in a lane of its own.
///
/// # Errors
/// When the store fails.
pub async fn insert(outbox: &Outbox, messages: u32) -> anyhow::Result<()> {
    const BATCH: u32 = 10_000;

    for first in (0..messages).step_by(BATCH as usize) {
        let batch = first..messages.min(first + BATCH);
        outbox
            .insert(ACCOUNT, batch.map(|number| Entry::new(message(number))))
            .await?;
    }
    Ok(())
}
