//! The least that a store must wait for: the smallest commit that survives a power failure.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio_postgres::{Client, NoTls};

use crate::store::Place;

const COMMITS: usize = 41;

impl Place {
    /// How long a commit of one small row takes here, with nothing else: the median.
    ///
    /// # Errors
    /// When it fails.
    pub async fn commit(&self) -> anyhow::Result<Duration> {
        let mut times = Vec::new();
        match self {
            Self::File(folder) => {
                let file = rusqlite::Connection::open(folder.path().with_file_name("commits"))?;
                file.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
                file.pragma_update(None, "synchronous", "FULL")?;
                file.execute_batch(SETUP)?;
                let mut update = file.prepare(UPDATE)?;
                for _ in 0..COMMITS {
                    let start = Instant::now();
                    update.execute([])?;
                    times.push(start.elapsed());
                }
            }
            Self::Database(database) => {
                let client = connect(&database.address()).await?;
                client.batch_execute(SETUP).await?;
                let update = client.prepare(UPDATE).await?;
                for _ in 0..COMMITS {
                    let start = Instant::now();
                    client.execute(&update, &[]).await?;
                    times.push(start.elapsed());
                }
            }
        }
        times.sort();
        times.get(COMMITS / 2).copied().context("no commits")
    }
}

const SETUP: &str = "DROP TABLE IF EXISTS commits; CREATE TABLE commits (n integer); INSERT INTO commits VALUES (0)";
const UPDATE: &str = "UPDATE commits SET n = n + 1";

/// Connects to a database.
///
/// # Errors
/// When it can't be reached.
pub async fn connect(address: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
    // Ends with the client.
    tokio::spawn(connection);
    Ok(client)
}
