//! One transaction: its settings, its time, its statements.
//!
//! All statements are unnamed and name the types of their parameters, so that they work behind a pooler which gives each
//! transaction another connection. Several that don't depend on each other are sent at once, by `try_join!`. It is
//! `biased`, to return the error of the first one that failed: those after it only fail because the transaction has.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::error::{SqlError, fail};
use super::pool::{Connection, Pool};
use crate::error::Error;
use crate::time::{Clock, Time};

/// How long to wait for a rollback before its connection is closed instead.
const ROLLBACK: Duration = Duration::from_secs(5);

/// A value and its type.
pub(super) type Value<'a> = (&'a (dyn ToSql + Sync), Type);

/// A commit reaches the disk, whatever the server's default is: a claim must not be lost. No JIT: with aged statistics the
/// planner would compile the claim, which takes longer than a turn. The time limits end a transaction whose process was
/// stopped, since the others wait for its account. Whoever sets `default_transaction_read_only` wants no writes: then a worker
/// waits.
const BEGIN: &str = "\
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT set_config('jit', 'off', true), set_config('lock_timeout', '10s', true),
  set_config('idle_in_transaction_session_timeout', '30s', true),
  set_config('synchronous_commit',
    CASE WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)";

/// A transaction. It is rolled back when it is dropped.
pub(super) struct Tx {
    pool: Arc<Pool>,
    #[cfg_attr(not(test), expect(dead_code, reason = "the database has the clock"))]
    clock: Clock,
    /// None: it has ended.
    connection: Option<Connection>,
}

impl Tx {
    pub(super) fn new(pool: Arc<Pool>, clock: Clock, connection: Connection) -> Self {
        Self {
            pool,
            clock,
            connection: Some(connection),
        }
    }

    fn client(&self) -> Result<&tokio_postgres::Client, SqlError> {
        let connection = self.connection.as_ref();
        Ok(&connection
            .ok_or(SqlError::Unexpected("a transaction that has ended"))?
            .client)
    }

    /// The time that a test has set.
    pub(super) fn test_time(&self) -> Option<Time> {
        #[cfg(test)]
        return self.clock.set.as_ref().map(|_| self.clock.now());
        #[cfg(not(test))]
        None
    }

    /// Begins. Other statements may be sent together with it.
    pub(super) async fn begin(&self) -> Result<(), Error> {
        self.batch(BEGIN).await.map_err(fail("begin a transaction"))
    }

    /// Statements without parameters.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), SqlError> {
        Ok(self.client()?.batch_execute(sql).await?)
    }

    pub(super) async fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, SqlError> {
        #[cfg(test)]
        self.about_to(sql, values).await;
        Ok(self.client()?.query_typed(sql, values).await?)
    }

    pub(super) async fn query_one(&self, sql: &str, values: &[Value<'_>]) -> Result<Row, SqlError> {
        let row = self.query(sql, values).await?.into_iter().next();
        row.ok_or(SqlError::Unexpected("no row where there always is one"))
    }

    pub(super) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, SqlError> {
        #[cfg(test)]
        self.about_to(sql, values).await;
        Ok(self.client()?.execute_typed(sql, values).await?)
    }

    /// Notes a statement, and ends the connection before it if a test wants that.
    #[cfg(test)]
    async fn about_to(&self, sql: &str, values: &[Value<'_>]) {
        super::statements::record(self.pool.database(), sql, values);
        if super::statements::is_to_fail(self.pool.database()) {
            let end = "SELECT pg_terminate_backend(pg_backend_pid())";
            let ended = self.client().unwrap().batch_execute(end).await;
            assert!(ended.is_err());
        }
    }

    /// Commits. When the answer is lost it isn't known whether it did.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        #[cfg(test)]
        self.about_to("COMMIT", &[]).await;
        self.batch("COMMIT").await.map_err(fail("commit"))?;
        #[cfg(test)]
        if super::statements::is_to_fail(self.pool.database()) {
            let lost = SqlError::Unexpected("nothing, since the test lost it");
            return Err(lost).map_err(fail("commit"));
        }
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(connection);
        }
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // Without a runtime the connection is closed, which does the same.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let pool = Arc::clone(&self.pool);
            let rollback = runtime.spawn(async move {
                let rollback = connection.client.batch_execute("ROLLBACK");
                if let Ok(Ok(())) = tokio::time::timeout(ROLLBACK, rollback).await {
                    pool.give_back(connection);
                }
            });
            self.pool.rolls_back(rollback);
        }
    }
}
