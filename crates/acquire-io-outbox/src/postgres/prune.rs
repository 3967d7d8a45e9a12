//! Deleting what is old.

use tokio_postgres::types::Type;

use super::fail::fail;
use super::tx::{SqlError, Tx};
use crate::error::Error;
use crate::time::Time;
use crate::transition::{Event, states_that_allow};

/// How many rows go in one transaction, so that workers don't wait.
pub(super) const BATCH: u64 = 500;

/// Deletes at most [`BATCH`] rows that were settled before this time. Returns how many.
pub(super) async fn delete(tx: &Tx, before: Time) -> Result<u64, Error> {
    let delete = async || {
        let sql = format!(
            "SELECT id FROM acquire_outbox.message
            WHERE settled_seq IS NOT NULL AND settled_at < $1 AND state IN ({})
            ORDER BY settled_seq LIMIT {BATCH} FOR UPDATE SKIP LOCKED",
            states_that_allow(Event::Prune)
        );
        let rows = tx.query(&sql, &[(&before, Type::TIMESTAMPTZ)]).await?;
        let ids = rows.iter().map(|row| Ok(row.try_get(0)?));
        let ids = ids.collect::<Result<Vec<i64>, SqlError>>()?;
        let events =
            "DELETE FROM acquire_outbox.event WHERE message IS NOT NULL AND message = ANY ($1)";
        tx.execute(events, &[(&ids, Type::INT8_ARRAY)]).await?;
        let messages = "DELETE FROM acquire_outbox.message WHERE id = ANY ($1)";
        tx.execute(messages, &[(&ids, Type::INT8_ARRAY)]).await
    };
    delete().await.map_err(fail("delete old messages"))
}

/// Erases the content of what is unknown since before this time, and deletes the events of accounts.
pub(super) async fn erase(tx: &Tx, before: Time) -> Result<(), Error> {
    let unknown = "UPDATE acquire_outbox.message SET message = NULL, source = NULL
      WHERE account IN (SELECT account FROM acquire_outbox.account) AND state = 'unknown' AND settled_at < $1
        AND message IS NOT NULL";
    let events = "DELETE FROM acquire_outbox.event WHERE message IS NULL AND at < $1";
    for sql in [unknown, events] {
        tx.execute(sql, &[(&before, Type::TIMESTAMPTZ)])
            .await
            .map_err(fail("erase old messages"))?;
    }
    Ok(())
}
