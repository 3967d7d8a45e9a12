//! Inserting entries.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::error::{SqlError, fail};
use super::tx::Tx;
use super::value::state;
use super::watch::watch;
use crate::digest::Secret;
use crate::error::Error;
use crate::insertion::{NewRow, Taken, inserted, plan, to_insert};
use crate::record::Inserted;
use crate::time::Time;

/// None: another transaction took a key in the meantime, so that it is to be tried again.
pub(super) async fn insert(
    tx: &Tx,
    secret: &Secret,
    rows: &[NewRow],
) -> Result<Option<Vec<Inserted>>, Error> {
    let Some(first) = rows.first() else {
        return Ok(Some(Vec::new()));
    };
    let keys: Vec<_> = rows.iter().filter_map(|row| row.key.as_deref()).collect();
    let taken = taken(tx, &first.account, &keys);
    let (_, watch, taken) = tokio::try_join!(biased; tx.begin(), watch(tx), taken)?;
    let plans = plan(rows, &taken, secret)?;
    let ids = add(tx, &to_insert(rows, &plans), watch.now).await?;
    Ok(ids.and_then(|ids| inserted(plans, ids)))
}

/// The rows that have some of these keys.
pub(super) async fn taken(
    tx: &Tx,
    account: &str,
    keys: &[&str],
) -> Result<HashMap<String, Taken>, Error> {
    let sql = "SELECT key, id, state, decided_by IS NOT NULL, digest,
        CASE WHEN digest IS NULL THEN message::text END
      FROM acquire_outbox.message
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
async fn add(tx: &Tx, rows: &[&NewRow], now: Time) -> Result<Option<Vec<i64>>, Error> {
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
    fn column<'a, T>(rows: &[&'a NewRow], of: impl Fn(&'a NewRow) -> T) -> Vec<T> {
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
