//! What a transaction looks at first: the time, whether the outbox is held, and whether the database is still the one that it
//! was.
//!
//! A standby that was promoted, a restored backup or a copy may lack what was committed last: messages that were sent are
//! queued in it. So the outbox is held when the database's timeline, its system or its name in the system
//! changes, until a person has compared it with what was sent.

use tokio_postgres::types::Type;

use super::error::fail;
use super::live::record;
use super::tx::Tx;
use crate::error::Error;
use crate::record::Pause;
use crate::time::Time;

/// What there is to know at the beginning of a transaction.
pub(super) struct Watch {
    pub(super) now: Time,
    pub(super) held: Option<Pause>,
    /// What `place` of the table says, and what it is.
    place: (Option<String>, String),
}

/// The timeline, the system and the database.
const SQL: &str = "\
SELECT clock_timestamp(), current_setting('fsync'), held_at IS NOT NULL, held_why, held_by, place,
  concat_ws('/', substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
    (SELECT system_identifier FROM pg_control_system()), (SELECT oid FROM pg_database WHERE datname = current_database()))
FROM acquire_outbox.meta";

/// # Errors
/// When the server may forget what it has committed.
pub(super) async fn watch(tx: &Tx) -> Result<Watch, Error> {
    let read = async || {
        let row = tx.query_one(SQL, &[]).await?;
        let held: bool = row.try_get(2)?;
        let why: Option<String> = row.try_get(3)?;
        let watch = Watch {
            now: row.try_get(0)?,
            held: held.then_some(Pause {
                until: None,
                why: why.unwrap_or_default(),
                author: row.try_get(4)?,
            }),
            place: (row.try_get(5)?, row.try_get(6)?),
        };
        Ok((watch, row.try_get::<_, String>(1)?))
    };
    let (mut watch, fsync) = read().await.map_err(fail("read its state"))?;
    if fsync != "on" {
        return Err(Error::file(
            "the database runs with `fsync = off`, and may forget after a crash what was sent: set it to `on`",
        ));
    }
    if let Some(now) = tx.test_time() {
        watch.now = now;
    }
    Ok(watch)
}

impl Watch {
    /// Whether the database is another one than before, so that [`hold`] is due.
    pub(super) fn has_moved(&self) -> bool {
        self.place.0.as_ref() != Some(&self.place.1)
    }
}

/// Remembers which database it is. Holds the outbox if it was another one.
pub(super) async fn hold(tx: &Tx, watch: &mut Watch) -> Result<(), Error> {
    let (before, place) = &watch.place;
    let why = "the database failed over, was restored or was copied, and may have forgotten what was sent last: compare it with \
      what Acquire has, then release it";
    let why = before.is_some().then_some(why);
    let sql = "UPDATE acquire_outbox.meta SET place = $1, held_at = CASE WHEN $3::text IS NULL THEN held_at ELSE $2 END,
      held_why = coalesce($3, held_why), held_by = CASE WHEN $3::text IS NULL THEN held_by END
      WHERE place IS DISTINCT FROM $1";
    let values = [
        (place as _, Type::TEXT),
        (&watch.now as _, Type::TIMESTAMPTZ),
        (&why as _, Type::TEXT),
    ];
    let changed = tx.execute(sql, &values).await;
    let is_first = changed.map_err(fail("remember the database"))? > 0;
    if let Some(why) = why {
        if is_first {
            record(tx, watch.now, "held", None, None, None, Some(why)).await?;
        }
        watch.held = Some(Pause {
            until: None,
            why: why.to_owned(),
            author: None,
        });
    }
    watch.place.0 = Some(place.clone());
    Ok(())
}
