//! The same work with the SQL of River, a job queue in PostgreSQL that is known to be fast. It sends a job again whose worker
//! has died, which this project must not do, but claims and completes in much the same way.
//!
//! River's statements are read from a checkout of github.com/riverqueue/river (MPL-2.0), which isn't part of this project.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use acquire_io::Client;
use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use crate::measure::commit::connect;
use crate::outbox::message;

/// How long and how many a worker of an outbox collects at most before a turn.
const GATHER: Duration = Duration::from_millis(1);
const ENOUGH: usize = 16;

/// A database with River's tables.
pub struct River {
    database: tokio_postgres::Client,
    claim: Query,
    complete: Query,
}

/// A statement, and the names of its parameters.
struct Query {
    statement: Statement,
    names: Vec<String>,
}

/// What was sent through it.
pub struct Sent {
    /// How many messages.
    pub messages: u64,
    /// How long each turn took: completing what ended, and claiming what is next.
    pub turns: Vec<Duration>,
}

impl River {
    /// Makes the tables in a database that is empty.
    ///
    /// # Errors
    /// When the folder isn't a checkout of River, or of a version whose statements take other parameters.
    pub async fn new(checkout: &Path, address: &str) -> anyhow::Result<Self> {
        let driver = checkout.join("riverdriver/riverpgxv5");
        let database = connect(address).await?;
        let migrations = driver.join("migration/main");
        let migrations = std::fs::read_dir(&migrations)
            .with_context(|| format!("{} is no checkout of River", checkout.display()))?;
        let mut migrations = migrations
            .map(|file| Ok(file?.path()))
            .collect::<anyhow::Result<Vec<_>>>()?;
        migrations.sort();
        for file in migrations {
            if file.to_string_lossy().ends_with(".up.sql") {
                let sql = std::fs::read_to_string(&file)?;
                let made = database.batch_execute(&sql).await;
                made.with_context(|| format!("{}", file.display()))?;
            }
        }
        let all = std::fs::read_to_string(driver.join("internal/dbsqlc/river_job.sql"))?;
        Ok(Self {
            claim: Query::named(&all, "JobGetAvailable", &database).await?,
            complete: Query::named(&all, "JobSetStateIfRunningMany", &database).await?,
            database,
        })
    }

    /// Queues jobs with the messages that an outbox has.
    ///
    /// # Errors
    /// When it fails.
    pub async fn insert(&self, jobs: u32) -> anyhow::Result<()> {
        let sql = "INSERT INTO river_job (args, kind, max_attempts) SELECT unnest($1::jsonb[]), 'send', 25";
        let args = (0..jobs)
            .map(|number| serde_json::to_value(acquire_io::Message::from(message(number))));
        let args = args.collect::<Result<Vec<_>, _>>()?;
        self.database.execute(sql, &[&args]).await?;
        Ok(())
    }

    /// Sends jobs as a worker of an outbox does, this many at a time. Each turn is two transactions, as in River.
    ///
    /// # Errors
    /// When a message isn't accepted.
    pub async fn send(&self, client: Client, jobs: u64, at_a_time: usize) -> anyhow::Result<Sent> {
        let mut sent = Sent {
            messages: 0,
            turns: Vec::new(),
        };
        let (mut sending, mut ended) = (JoinSet::new(), Vec::new());
        loop {
            let start = Instant::now();
            if !ended.is_empty() {
                self.complete(&ended).await?;
                sent.messages += ended.len() as u64;
                ended.clear();
            }
            if sent.messages < jobs {
                for job in self.claim(at_a_time - sending.len()).await? {
                    let (client, message) = (client.clone(), message(u32::try_from(job)?));
                    sending.spawn(async move { client.send(message).await.map(|_| job) });
                }
            }
            sent.turns.push(start.elapsed());
            let Some(first) = sending.join_next().await else {
                return Ok(sent);
            };
            ended.push(first??);
            // As a worker of an outbox collects verdicts, so that a turn has as many messages.
            let collect = async {
                while ended.len() < ENOUGH
                    && let Some(more) = sending.join_next().await
                {
                    ended.push(more??);
                }
                anyhow::Ok(())
            };
            if let Ok(collected) = tokio::time::timeout(GATHER, collect).await {
                collected?;
            }
            while let Some(more) = sending.try_join_next() {
                ended.push(more??);
            }
        }
    }

    async fn claim(&self, jobs: usize) -> anyhow::Result<Vec<i64>> {
        let jobs = i32::try_from(jobs)?;
        let values = |name: &str| -> Option<&(dyn ToSql + Sync)> {
            Some(match name {
                "queue" => &"default",
                "now" => &None::<SystemTime>,
                "max_to_lock" => &jobs,
                "max_attempted_by" => &100_i32,
                "attempted_by" => &"bench",
                _ => return None,
            })
        };
        let values = self.claim.values(values)?;
        let rows = self.database.query(&self.claim.statement, &values).await?;
        rows.iter().map(|row| Ok(row.try_get("id")?)).collect()
    }

    async fn complete(&self, jobs: &[i64]) -> anyhow::Result<()> {
        let count = jobs.len();
        let (no, yes, zero) = (vec![false; count], vec![true; count], vec![0_i32; count]);
        let (none, empty) = (vec![None::<Value>; count], vec![json!({}); count]);
        let (now, state) = (vec![SystemTime::now(); count], vec!["completed"; count]);
        let values = |name: &str| -> Option<&(dyn ToSql + Sync)> {
            Some(match name {
                "ids" => &jobs,
                "attempt_do_update"
                | "errors_do_update"
                | "metadata_do_merge"
                | "scheduled_at_do_update" => &no,
                "finalized_at_do_update" => &yes,
                "attempt" => &zero,
                "errors" => &none,
                "metadata_updates" => &empty,
                "finalized_at" | "scheduled_at" => &now,
                "state" => &state,
                "now" => &None::<SystemTime>,
                _ => return None,
            })
        };
        let values = self.complete.values(values)?;
        self.database
            .query(&self.complete.statement, &values)
            .await?;
        Ok(())
    }
}

impl Query {
    /// One of a file of statements for sqlc.
    async fn named(
        all: &str,
        name: &str,
        database: &tokio_postgres::Client,
    ) -> anyhow::Result<Self> {
        let head = format!("-- name: {name} :many\n");
        let (_, sql) = all
            .split_once(&head)
            .with_context(|| format!("no statement {name}"))?;
        let sql = sql.split("-- name:").next().unwrap_or_default();
        let (sql, names) = numbered(sql);
        let statement = database.prepare(&sql).await;
        Ok(Self {
            statement: statement.with_context(|| format!("River's {name}"))?,
            names,
        })
    }

    fn values<'a>(
        &self,
        value: impl Fn(&str) -> Option<&'a (dyn ToSql + Sync)>,
    ) -> anyhow::Result<Vec<&'a (dyn ToSql + Sync)>> {
        let mut values = Vec::new();
        for name in &self.names {
            match value(name) {
                Some(value) => values.push(value),
                None => bail!("River's statement has another parameter, {name}"),
            }
        }
        Ok(values)
    }
}

/// A statement with numbers for `@name` and `sqlc.narg('name')`, and the names.
fn numbered(sql: &str) -> (String, Vec<String>) {
    let sql = sql.replace("sqlc.narg('", "@").replace("')::", "::");
    let mut names: Vec<String> = Vec::new();
    let mut parts = sql.split('@');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        let place = names
            .iter()
            .position(|known| known == name)
            .unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
        numbered.push_str(&format!("${}{rest}", place + 1));
    }
    (numbered, names)
}
