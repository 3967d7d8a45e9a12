//! Deleting what is old.

use rusqlite::{Transaction, params};

use super::error::fail;
use crate::error::Error;
use crate::store::{PRUNED_AT_ONCE, Pruned, what_to_prune};
use crate::time::Time;
use crate::transition::{Event, states_that_allow};

/// Deletes what was settled before this time, of the next rows after a place in the order of what was settled.
pub(super) fn delete(tx: &Transaction<'_>, before: Time, after: i64) -> Result<Pruned, Error> {
    let delete = || {
        let sql = format!(
            "SELECT settled_seq, id, settled_at < ?2, state IN ({}) FROM outbox_message INDEXED BY outbox_settled
            WHERE settled_seq IS NOT NULL AND settled_seq > ?1 ORDER BY settled_seq LIMIT {PRUNED_AT_ONCE}",
            states_that_allow(Event::Prune)
        );
        let mut statement = tx.prepare_cached(&sql)?;
        let found = statement.query_map(params![after, before.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let (ids, next) = what_to_prune(&found.collect::<Result<Vec<_>, _>>()?);
        for id in &ids {
            let events = "DELETE FROM outbox_event WHERE message IS NOT NULL AND message = ?1";
            tx.prepare_cached(events)?.execute([id])?;
            tx.prepare_cached("DELETE FROM outbox_message WHERE id = ?1")?
                .execute([id])?;
        }
        let rows = ids.len() as u64;
        Ok(Pruned { rows, next })
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
