//! Deleting what is old.

use tokio_postgres::types::Type;

use super::error::{SqlError, fail};
use super::tx::Tx;
use crate::error::Error;
use crate::store::{PRUNED_AT_ONCE, Pruned, what_to_prune};
use crate::time::Time;
use crate::transition::{Event, states_that_allow};

/// Deletes what was settled before this time, of the next rows after a place in the order of what was settled.
pub(super) async fn delete(tx: &Tx, before: Time, after: i64) -> Result<Pruned, Error> {
    let sql = format!(
        "SELECT settled_seq, id, settled_at < $2, state IN ({}) FROM acquire_outbox.message
        WHERE settled_seq IS NOT NULL AND settled_seq > $1 ORDER BY settled_seq LIMIT {PRUNED_AT_ONCE}
        FOR UPDATE SKIP LOCKED",
        states_that_allow(Event::Prune)
    );
    let delete = async || {
        let values = [(&after as _, Type::INT8), (&before as _, Type::TIMESTAMPTZ)];
        let found = tx.query(&sql, &values).await?;
        let found = found.iter().map(|row| {
            Ok((
                row.try_get(0)?,
                row.try_get(1)?,
                row.try_get(2)?,
                row.try_get(3)?,
            ))
        });
        let (ids, next) = what_to_prune(&found.collect::<Result<Vec<_>, SqlError>>()?);
        let events =
            "DELETE FROM acquire_outbox.event WHERE message IS NOT NULL AND message = ANY ($1)";
        tx.execute(events, &[(&ids, Type::INT8_ARRAY)]).await?;
        let messages = "DELETE FROM acquire_outbox.message WHERE id = ANY ($1)";
        let rows = tx.execute(messages, &[(&ids, Type::INT8_ARRAY)]).await?;
        Ok::<_, SqlError>(Pruned { rows, next })
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
