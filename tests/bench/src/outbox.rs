//! Outboxes to measure, and two ways to send the same messages: through an outbox, or not.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use acquire_io::{CaseId, Chat, Client};
use acquire_io_outbox::{Entry, Event, Outbox, State, Worker};
use anyhow::ensure;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::measure::build;

/// The account of all messages.
const ACCOUNT: &str = "acme";

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

/// A folder for outboxes, which is deleted when it is dropped. It is on the disk of the project: a file system in memory
/// has nothing to wait for.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty one.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn new(name: &str) -> anyhow::Result<Self> {
        let folder = build::root().join("target/bench-outbox").join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// Makes an outbox in it.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn outbox(&self, name: &str, rows: Rows) -> anyhow::Result<PathBuf> {
        let path = self.0.join(name);
        Outbox::sqlite(&path).await?.close().await?;
        settled(&path, rows.settled)?;
        let outbox = Outbox::sqlite(&path).await?;
        insert(&outbox, rows.queued).await?;
        outbox.close().await?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Messages that were accepted, as a worker leaves them. By SQL: sending this many takes minutes.
fn settled(path: &Path, rows: u32) -> anyhow::Result<()> {
    const BATCH: u32 = 50_000;

    let mut connection = rusqlite::Connection::open(path)?;
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

fn message(number: u32) -> Chat {
    Chat::new(CaseId(i64::from(number) + 1))
        .text("Hey added from the api")
        .as_agent()
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

/// The client of both ways.
///
/// # Errors
/// When it can't be made.
pub fn client(server: SocketAddr) -> anyhow::Result<Client> {
    let client = Client::builder()
        .base_url(format!("http://{server}"))
        .api_key("sandbox-key");
    Ok(client.build()?)
}

/// Sends this many of the messages that are queued, or a few more: those that it has claimed by then. Returns how many.
///
/// # Errors
/// When one isn't accepted.
pub async fn send(
    outbox: &Outbox,
    client: Client,
    messages: u64,
    at_a_time: u32,
) -> anyhow::Result<u64> {
    let enough = Arc::new(Notify::new());
    let (accepted, reached) = (AtomicU64::new(0), Arc::clone(&enough));
    let report = Worker::new(outbox.clone())
        .account(ACCOUNT, client)
        .in_flight(at_a_time)
        .on_event(move |_, event| {
            if let Event::Settled {
                state: State::Accepted,
                ..
            } = event
                && accepted.fetch_add(1, Ordering::Relaxed) + 1 == messages
            {
                reached.notify_one();
            }
        })
        .run_until(enough.notified())
        .await?;
    let counts = report.counts();
    ensure!(
        counts.accepted >= messages && counts.accepted == counts.claimed,
        "{counts:?}"
    );
    Ok(counts.accepted)
}

/// Sends as many messages without an outbox: a task for each, this many at a time.
///
/// # Errors
/// When one isn't accepted.
pub async fn send_without(client: Client, messages: u32, at_a_time: usize) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for number in 0..messages {
        if tasks.len() == at_a_time
            && let Some(sent) = tasks.join_next().await
        {
            sent??;
        }
        let client = client.clone();
        tasks.spawn(async move { client.send(message(number)).await.map(drop) });
    }
    while let Some(sent) = tasks.join_next().await {
        sent??;
    }
    Ok(())
}
