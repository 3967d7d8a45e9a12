//! Inserting entries.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::fail::fail;
use super::tx::{SqlError, Tx};
use super::value::state;
use super::watch::watch;
use crate::digest::Secret;
use crate::error::Error;
use crate::prepared::Prepared;
use crate::record::{Inserted, RowId};
use crate::taken::Taken;
use crate::time::Time;
use crate::transition::State;

/// What becomes of an entry.
enum Fate {
    /// The same message is there already.
    Existed(RowId, State),
    /// It is inserted, and takes the key of another.
    New(Option<RowId>),
    /// An earlier entry of the same call is the same.
    Same(usize),
}

/// None: another transaction took a key in the meantime, so that it is to be tried again.
pub(super) async fn insert(
    tx: &Tx,
    secret: &Secret,
    rows: &[Prepared],
) -> Result<Option<Vec<Inserted>>, Error> {
    let Some(first) = rows.first() else {
        return Ok(Some(Vec::new()));
    };
    let keys: Vec<_> = rows.iter().filter_map(|row| row.key.as_deref()).collect();
    let taken = taken(tx, &first.account, &keys);
    let (_, watch, taken) = tokio::try_join!(biased; tx.begin(), watch(tx), taken)?;
    let fates = fates(&taken, secret, rows)?;
    let new: Vec<_> = rows
        .iter()
        .zip(&fates)
        .filter(|(_, fate)| matches!(fate, Fate::New(_)))
        .map(|(row, _)| row)
        .collect();
    let Some(ids) = add(tx, &new, watch.now).await? else {
        return Ok(None);
    };
    let mut ids = ids.into_iter();
    let mut inserted: Vec<Inserted> = Vec::with_capacity(rows.len());
    for fate in fates {
        let (id, state, existed, replaces) = match fate {
            Fate::Existed(id, state) => (id, state, true, None),
            Fate::Same(place) => {
                let id = inserted.get(place).map(|earlier| earlier.id);
                (id.unwrap_or(RowId(0)), State::Queued, true, None)
            }
            Fate::New(replaces) => match ids.next() {
                Some(id) => (RowId(id), State::Queued, false, replaces),
                None => return Ok(None),
            },
        };
        inserted.push(Inserted {
            id,
            state,
            existed,
            replaces,
        });
    }
    Ok(Some(inserted))
}

/// # Errors
/// When a key belongs to another message that can't be replaced.
fn fates(
    taken: &HashMap<String, Taken>,
    secret: &Secret,
    rows: &[Prepared],
) -> Result<Vec<Fate>, Error> {
    // The places of those that are inserted, by their keys.
    let mut new: HashMap<&str, (usize, &Prepared)> = HashMap::new();
    let mut fates = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let Some(key) = row.key.as_deref() else {
            fates.push(Fate::New(None));
            continue;
        };
        if let Some((earlier, other)) = new.get(key) {
            if other.digest != row.digest {
                return Err(Error::key_twice(place, *earlier));
            }
            fates.push(Fate::Same(*earlier));
            continue;
        }
        let fate = match taken.get(key) {
            Some(taken) if taken.is_same(row, secret) => {
                Fate::Existed(RowId(taken.id), taken.state)
            }
            Some(taken) if !taken.can_be_replaced() => {
                return Err(Error::key_taken(place, RowId(taken.id), taken.state));
            }
            taken => {
                new.insert(key, (place, row));
                Fate::New(taken.map(|taken| RowId(taken.id)))
            }
        };
        fates.push(fate);
    }
    Ok(fates)
}

/// The rows that have some of these keys.
pub(super) async fn taken(
    tx: &Tx,
    account: &str,
    keys: &[&str],
) -> Result<HashMap<String, Taken>, Error> {
    let sql = "SELECT key, id, state, decided_by IS NOT NULL, digest, message::text FROM acquire_outbox.message
      WHERE account = $1 AND key = ANY ($2) AND key IS NOT NULL AND replaced_at IS NULL";
    let values = [(&account as _, Type::TEXT), (&keys as _, Type::TEXT_ARRAY)];
    let read = async || {
        let mut taken = HashMap::new();
        for row in tx.query(sql, &values).await? {
            let found = Taken {
                id: row.try_get(1)?,
                state: state(&row, 2)?,
                decided: row.try_get(3)?,
                digest: row.try_get(4)?,
                message: row.try_get(5)?,
            };
            taken.insert(row.try_get(0)?, found);
        }
        Ok::<_, SqlError>(taken)
    };
    match keys.is_empty() {
        true => Ok(HashMap::new()),
        false => read().await.map_err(fail("look up keys")),
    }
}

/// The table's trigger replaces the rows that have the keys. None: another transaction took a key in the meantime.
async fn add(tx: &Tx, rows: &[&Prepared], now: Time) -> Result<Option<Vec<i64>>, Error> {
    if rows.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let sql = "INSERT INTO acquire_outbox.message
        (account, key, digest, lane, strict, priority, not_before, not_after, message, source, created_at)
      SELECT account, key, digest, lane, strict, priority, not_before, not_after, message::json, source, $11
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::smallint[], $7::timestamptz[],
        $8::timestamptz[], $9::text[], $10::text[]) WITH ORDINALITY
        AS v (account, key, digest, lane, strict, priority, not_before, not_after, message, source, place)
      ORDER BY place
      RETURNING id";
    fn column<'a, T>(rows: &[&'a Prepared], of: impl Fn(&'a Prepared) -> T) -> Vec<T> {
        rows.iter().map(|row| of(row)).collect()
    }
    let added = tx
        .query(
            sql,
            &[
                (&column(rows, |row| row.account.as_str()), Type::TEXT_ARRAY),
                (&column(rows, |row| row.key.as_deref()), Type::TEXT_ARRAY),
                (&column(rows, |row| row.digest.as_str()), Type::TEXT_ARRAY),
                (&column(rows, |row| row.lane.as_str()), Type::TEXT_ARRAY),
                (&column(rows, |row| row.strict), Type::BOOL_ARRAY),
                (
                    &column(rows, |row| i16::try_from(row.priority).unwrap_or(1)),
                    Type::INT2_ARRAY,
                ),
                (
                    &column(rows, |row| row.not_before.map(Time)),
                    Type::TIMESTAMPTZ_ARRAY,
                ),
                (
                    &column(rows, |row| row.not_after.map(Time)),
                    Type::TIMESTAMPTZ_ARRAY,
                ),
                (&column(rows, |row| row.message.as_str()), Type::TEXT_ARRAY),
                (&column(rows, |row| row.source.as_deref()), Type::TEXT_ARRAY),
                (&now, Type::TIMESTAMPTZ),
            ],
        )
        .await;
    match added {
        Ok(added) if added.len() < rows.len() => Ok(None),
        Err(error) if error.state() == Some(tokio_postgres::error::SqlState::UNIQUE_VIOLATION) => {
            Ok(None)
        }
        added => {
            let ids = added.and_then(|added| added.iter().map(|row| Ok(row.try_get(0)?)).collect());
            ids.map(Some).map_err(fail("insert messages"))
        }
    }
}
