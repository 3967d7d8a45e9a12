//! Loading and saving rows. Whoever does holds their accounts locked, so nothing changes in between.

use std::collections::HashMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::{SqlError, fail};
use super::tx::Tx;
use super::value::{int, number, smallint, state, status};
use crate::error::Error;
use crate::live::Live;
use crate::store::Token;
use crate::time::Time;

pub(super) const COLUMNS: &str = "\
m.id, m.account, m.state, m.decided_by, m.replaced_at IS NOT NULL, m.attempt, m.failures, m.retry_at, m.not_after,
m.first_claimed_at, m.claim, m.lease_until, m.status, m.code, m.cause, m.message_id, m.message IS NOT NULL, m.key";

/// Takes places in the order of what was settled, too: until this transaction ends no other one takes any. Its rows are locked
/// already, so whoever holds the places waits for no other lock.
const UPDATE: &str = "\
WITH places AS (
  UPDATE acquire_outbox.meta SET settled = settled + $16 WHERE $16 > 0 RETURNING settled - $16 AS before)
UPDATE acquire_outbox.message AS m SET state = v.state, decided_by = v.decided_by, attempt = v.attempt,
  failures = v.failures, retry_at = v.retry_at, first_claimed_at = v.first_claimed_at, lease_until = v.lease_until,
  status = v.status, code = v.code, cause = v.cause, message_id = v.message_id,
  settled_at = CASE WHEN v.place IS NOT NULL THEN $14 END, settled_seq = p.before + v.place,
  message = CASE WHEN v.erase THEN NULL ELSE m.message END, source = CASE WHEN v.erase THEN NULL ELSE m.source END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::timestamptz[], $7::timestamptz[],
  $8::timestamptz[], $9::smallint[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $15::boolean[])
  AS v (id, state, decided_by, attempt, failures, retry_at, first_claimed_at, lease_until, status, code, cause,
    message_id, place, erase)
LEFT JOIN places AS p ON true
WHERE m.id = v.id";

pub(super) fn read(row: &Row) -> Result<Live, SqlError> {
    Ok(Live {
        id: row.try_get(0)?,
        account: row.try_get(1)?,
        state: state(row, 2)?,
        decided_by: row.try_get(3)?,
        replaced: row.try_get(4)?,
        attempt: number(row, 5)?,
        failures: number(row, 6)?,
        retry_at: row.try_get(7)?,
        not_after: row.try_get(8)?,
        first_claimed_at: row.try_get(9)?,
        claim: row.try_get::<_, Option<i64>>(10)?.map(Token),
        lease_until: row.try_get(11)?,
        status: status(row, 12)?,
        code: row.try_get(13)?,
        cause: row.try_get(14)?,
        message_id: row.try_get(15)?,
        has_message: row.try_get(16)?,
        key: row.try_get(17)?,
    })
}

/// Loads rows that this transaction may change.
pub(super) async fn load(tx: &Tx, ids: &[i64]) -> Result<Vec<Live>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM acquire_outbox.message AS m WHERE m.id = ANY ($1)
        ORDER BY m.id FOR UPDATE"
    );
    let load = async || {
        let rows = tx.query(&sql, &[(&ids, Type::INT8_ARRAY)]).await?;
        rows.iter().map(read).collect::<Result<_, _>>()
    };
    load().await.map_err(fail("read messages"))
}

/// Rows that have changed, in the order of their changes.
#[derive(Default)]
pub(super) struct Changes {
    /// With their place in the order of what was settled here.
    rows: Vec<(Live, Option<i64>)>,
    settled: i64,
}

impl Changes {
    pub(super) fn add(&mut self, live: Live) {
        let place = live.state.is_settled().then(|| self.next());
        self.rows.push((live, place));
    }

    /// The next place in the order of what was settled.
    fn next(&mut self) -> i64 {
        self.settled += 1;
        self.settled
    }

    /// Saves them.
    pub(super) async fn save(self, tx: &Tx, now: Time) -> Result<Vec<Live>, Error> {
        if self.rows.is_empty() {
            return Ok(Vec::new());
        }
        let updated = self.update(tx, now).await;
        updated.map_err(fail("record what became of messages"))?;
        Ok(self.rows.into_iter().map(|(live, _)| live).collect())
    }

    async fn update(&self, tx: &Tx, now: Time) -> Result<u64, SqlError> {
        // A row that has changed twice is as it was left.
        let last: HashMap<_, _> = self.rows.iter().map(|row| (row.0.id, row)).collect();
        let mut rows: Vec<_> = last.into_values().collect();
        rows.sort_by_key(|(live, _)| live.id);
        fn column<'a, T>(rows: &[&'a (Live, Option<i64>)], of: impl Fn(&'a Live) -> T) -> Vec<T> {
            rows.iter().map(|(live, _)| of(live)).collect()
        }
        let places: Vec<_> = rows.iter().map(|(_, place)| *place).collect();
        tx.execute(
            UPDATE,
            &[
                (&column(&rows, |live| live.id), Type::INT8_ARRAY),
                (&column(&rows, |live| live.state.as_str()), Type::TEXT_ARRAY),
                (
                    &column(&rows, |live| live.decided_by.as_deref()),
                    Type::TEXT_ARRAY,
                ),
                (&column(&rows, |live| int(live.attempt)), Type::INT4_ARRAY),
                (&column(&rows, |live| int(live.failures)), Type::INT4_ARRAY),
                (
                    &column(&rows, |live| live.retry_at),
                    Type::TIMESTAMPTZ_ARRAY,
                ),
                (
                    &column(&rows, |live| live.first_claimed_at),
                    Type::TIMESTAMPTZ_ARRAY,
                ),
                (
                    &column(&rows, |live| live.lease_until),
                    Type::TIMESTAMPTZ_ARRAY,
                ),
                (
                    &column(&rows, |live| smallint(live.status)),
                    Type::INT2_ARRAY,
                ),
                (
                    &column(&rows, |live| live.code.as_deref()),
                    Type::TEXT_ARRAY,
                ),
                (
                    &column(&rows, |live| live.cause.as_deref()),
                    Type::TEXT_ARRAY,
                ),
                (&column(&rows, |live| live.message_id), Type::INT8_ARRAY),
                (&places, Type::INT8_ARRAY),
                (&now, Type::TIMESTAMPTZ),
                (&column(&rows, Live::is_erased), Type::BOOL_ARRAY),
                (&self.settled, Type::INT8),
            ],
        )
        .await
    }
}

/// Records what people and followers of the outbox may want to know.
pub(super) async fn record(
    tx: &Tx,
    now: Time,
    what: &str,
    account: Option<&str>,
    message: Option<i64>,
    author: Option<&str>,
    note: Option<&str>,
) -> Result<(), Error> {
    let sql = "INSERT INTO acquire_outbox.event (at, what, account, message, author, note) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        (&now as _, Type::TIMESTAMPTZ),
        (&what as _, Type::TEXT),
        (&account as _, Type::TEXT),
        (&message as _, Type::INT8),
        (&author as _, Type::TEXT),
        (&note as _, Type::TEXT),
    ];
    tx.execute(sql, &values)
        .await
        .map(drop)
        .map_err(fail("record an event"))
}
