//! Deleting what is old.

use tokio_postgres::types::Type;

use super::fail::fail;
use super::tx::{SqlError, Tx};
use crate::error::Error;
use crate::time::Time;
use crate::transition::{Event, states_that_allow};

/// How many rows one transaction looks at, so that workers don't wait.
const BATCH: i64 = 500;

/// What one transaction deleted.
pub(super) struct Deleted {
    pub(super) rows: u64,
    /// The place to go on from, in the order of what was settled. None: what comes is not old.
    pub(super) next: Option<i64>,
}

/// Deletes what was settled before this time, of the next rows after a place in the order of what was settled.
pub(super) async fn delete(tx: &Tx, before: Time, after: i64) -> Result<Deleted, Error> {
    let sql = format!(
        "SELECT settled_seq, id, settled_at < $2 AND state IN ({}), settled_at < $2 FROM acquire_outbox.message
        WHERE settled_seq IS NOT NULL AND settled_seq > $1 ORDER BY settled_seq LIMIT {BATCH} FOR UPDATE SKIP LOCKED",
        states_that_allow(Event::Prune)
    );
    let delete = async || {
        let values = [(&after as _, Type::INT8), (&before as _, Type::TIMESTAMPTZ)];
        let rows = tx.query(&sql, &values).await?;
        let (mut ids, mut next, mut is_old) = (Vec::<i64>::new(), None, false);
        for row in &rows {
            next = Some(row.try_get(0)?);
            if row.try_get(2)? {
                ids.push(row.try_get(1)?);
            }
            is_old |= row.try_get::<_, bool>(3)?;
        }
        let events =
            "DELETE FROM acquire_outbox.event WHERE message IS NOT NULL AND message = ANY ($1)";
        tx.execute(events, &[(&ids, Type::INT8_ARRAY)]).await?;
        let messages = "DELETE FROM acquire_outbox.message WHERE id = ANY ($1)";
        let rows = tx.execute(messages, &[(&ids, Type::INT8_ARRAY)]).await?;
        let next = next.filter(|_| is_old);
        Ok::<_, SqlError>(Deleted { rows, next })
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
