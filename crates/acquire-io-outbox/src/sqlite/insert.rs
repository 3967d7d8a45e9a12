//! Inserting entries.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::error::fail;
use super::live::{state, text};
use crate::digest::Secret;
use crate::error::Error;
use crate::insertion::{NewRow, Taken, inserted, plan, to_insert};
use crate::record::Inserted;
use crate::time::Time;

pub(super) fn insert(
    tx: &Transaction<'_>,
    secret: &Secret,
    rows: &[NewRow],
    now: Time,
) -> Result<Vec<Inserted>, Error> {
    let mut all = HashMap::new();
    for row in rows {
        if let (Some(key), Some(found)) = (&row.key, taken(tx, row)?) {
            all.insert(key.clone(), found);
        }
    }
    let plans = plan(rows, &all, secret)?;
    let new = to_insert(rows, &plans);
    let ids = new.into_iter().map(|row| add(tx, row, now));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    Ok(inserted(plans, ids).unwrap_or_default())
}

/// The row that has the key of another.
pub(super) fn taken(tx: &Transaction<'_>, row: &NewRow) -> Result<Option<Taken>, Error> {
    let Some(key) = &row.key else {
        return Ok(None);
    };
    let read = || {
        let mut statement = tx.prepare_cached(
            "SELECT id, state, decided_by IS NOT NULL, digest,
              CASE WHEN digest IS NULL THEN message END
            FROM outbox_message INDEXED BY outbox_key
            WHERE account = ?1 AND key = ?2 AND key IS NOT NULL AND replaced_at IS NULL",
        )?;
        let taken = statement.query_row(params![row.account, key], |row| {
            Ok(Taken {
                id: row.get(0)?,
                state: state(row, 1)?,
                decided: row.get(2)?,
                digest: text(row, 3)?,
                message: text(row, 4)?,
            })
        });
        taken.optional()
    };
    read().map_err(fail("look up a key"))
}

/// The table's trigger replaces the row that has the key.
fn add(tx: &Transaction<'_>, row: &NewRow, now: Time) -> Result<i64, Error> {
    let add = || {
        let mut statement = tx.prepare_cached(
            "INSERT INTO outbox_message
              (account, key, digest, lane, strict, priority, not_before, not_after, message, source, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        statement.insert(params![
            row.account,
            row.key,
            row.digest,
            row.lane,
            row.strict,
            row.priority,
            row.not_before,
            row.not_after,
            row.message,
            row.source,
            now.0,
        ])
    };
    add().map_err(fail("insert a message"))
}
