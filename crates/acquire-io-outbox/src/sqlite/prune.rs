//! Deleting what is old.

use rusqlite::{Transaction, params};

use super::fail::fail;
use crate::error::Error;
use crate::time::Time;
use crate::transition::{Event, states_that_allow};

/// How many rows go in one transaction, so that workers don't wait.
pub(super) const BATCH: u32 = 500;

/// Deletes at most [`BATCH`] rows that were settled before this time. Returns how many.
pub(super) fn delete(tx: &Transaction<'_>, before: Time) -> Result<u32, Error> {
    let delete = || {
        let sql = format!(
            "SELECT id FROM outbox_message INDEXED BY outbox_settled
            WHERE settled_seq IS NOT NULL AND settled_at < ?1 AND state IN ({})
            ORDER BY settled_seq LIMIT ?2",
            states_that_allow(Event::Prune)
        );
        let mut statement = tx.prepare_cached(&sql)?;
        let ids = statement.query_map(params![before.0, BATCH], |row| row.get::<_, i64>(0))?;
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        for id in &ids {
            let events = "DELETE FROM outbox_event WHERE message IS NOT NULL AND message = ?1";
            tx.prepare_cached(events)?.execute([id])?;
            tx.prepare_cached("DELETE FROM outbox_message WHERE id = ?1")?
                .execute([id])?;
        }
        Ok(u32::try_from(ids.len()).unwrap_or(u32::MAX))
    };
    delete().map_err(fail("delete old messages"))
}

/// Erases the content of what is unknown since before this time, and deletes the events of accounts.
pub(super) fn erase(tx: &Transaction<'_>, before: Time) -> Result<(), Error> {
    let erase = || {
        tx.execute(
            "UPDATE outbox_message INDEXED BY outbox_state SET message = NULL, source = NULL
            WHERE account IN (SELECT account FROM outbox_account) AND state = 'unknown' AND settled_at < ?1
              AND message IS NOT NULL",
            [before.0],
        )?;
        tx.execute(
            "DELETE FROM outbox_event WHERE message IS NULL AND at < ?1",
            [before.0],
        )
    };
    erase().map(drop).map_err(fail("erase old messages"))
}
