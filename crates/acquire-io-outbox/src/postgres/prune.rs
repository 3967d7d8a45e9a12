//! Deleting what is old.

use tokio_postgres::types::Type;

use super::fail::fail;
use super::tx::Tx;
use crate::error::Error;
use crate::time::Time;
use crate::transition::{Event, states_that_allow};

/// How many rows go in one transaction, so that workers don't wait.
pub(super) const BATCH: u64 = 500;

/// Deletes at most [`BATCH`] rows that were settled before this time. Returns how many.
pub(super) async fn delete(tx: &Tx, before: Time) -> Result<u64, Error> {
    let sql = format!(
        "WITH old AS (
          SELECT id FROM acquire_outbox.message
          WHERE settled_seq IS NOT NULL AND settled_at < $1 AND state IN ({})
          ORDER BY settled_seq LIMIT {BATCH} FOR UPDATE SKIP LOCKED),
        events AS (DELETE FROM acquire_outbox.event AS e USING old WHERE e.message = old.id)
        DELETE FROM acquire_outbox.message AS m USING old WHERE m.id = old.id",
        states_that_allow(Event::Prune)
    );
    tx.execute(&sql, &[(&before, Type::TIMESTAMPTZ)])
        .await
        .map_err(fail("delete old messages"))
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
