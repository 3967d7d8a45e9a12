//! Inserting entries.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::fail::fail;
use super::live::{state, text};
use crate::digest::Secret;
use crate::error::Error;
use crate::prepared::Prepared;
use crate::record::{Inserted, RowId};
use crate::taken::Taken;
use crate::time::Time;
use crate::transition::State;

pub(super) fn insert(
    tx: &Transaction<'_>,
    secret: &Secret,
    rows: &[Prepared],
    now: Time,
) -> Result<Vec<Inserted>, Error> {
    let mut inserted = Vec::with_capacity(rows.len());
    let mut places = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        let taken = taken(tx, row)?;
        let mut replaces = None;
        if let Some(taken) = taken {
            if taken.is_same(row, secret) {
                inserted.push(Inserted {
                    id: RowId(taken.id),
                    state: taken.state,
                    existed: true,
                    replaces: None,
                });
                continue;
            }
            if !taken.can_be_replaced() {
                return Err(match places.get(&taken.id) {
                    Some(other) => Error::key_twice(place, *other),
                    None => Error::key_taken(place, RowId(taken.id), taken.state),
                });
            }
            replaces = Some(RowId(taken.id));
        }
        let id = add(tx, row, now)?;
        places.insert(id, place);
        inserted.push(Inserted {
            id: RowId(id),
            state: State::Queued,
            existed: false,
            replaces,
        });
    }
    Ok(inserted)
}

/// The row that has the key of another.
pub(super) fn taken(tx: &Transaction<'_>, row: &Prepared) -> Result<Option<Taken>, Error> {
    let Some(key) = &row.key else {
        return Ok(None);
    };
    let read = || {
        let mut statement = tx.prepare_cached(
            "SELECT id, state, decided_by IS NOT NULL, digest, message FROM outbox_message INDEXED BY outbox_key
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
fn add(tx: &Transaction<'_>, row: &Prepared, now: Time) -> Result<i64, Error> {
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
