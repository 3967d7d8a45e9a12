//! Loading and saving a row. A transaction has the file to itself, so nothing changes in between.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::error::fail;
use crate::error::Error;
use crate::live::Live;
use crate::store::Token;
use crate::time::Time;
use crate::transition::State;

const SELECT: &str = "\
SELECT id, account, state, decided_by, replaced_at IS NOT NULL, attempt, failures, retry_at, not_after, first_claimed_at,
  claim, lease_until, status, code, cause, message_id, message IS NOT NULL, key
FROM outbox_message WHERE id = ?1";

const UPDATE: &str = "\
UPDATE outbox_message SET state = ?2, decided_by = ?3, attempt = ?4, failures = ?5, retry_at = ?6, first_claimed_at = ?7,
  lease_until = ?8, status = ?9, code = ?10, cause = ?11, message_id = ?12, settled_at = ?13,
  settled_seq = CASE WHEN ?13 IS NOT NULL THEN (SELECT settled FROM outbox_meta) END,
  message = CASE WHEN ?14 THEN NULL ELSE message END, source = CASE WHEN ?14 THEN NULL ELSE source END
WHERE id = ?1";

pub(super) fn load(tx: &Transaction<'_>, id: i64) -> Result<Option<Live>, Error> {
    let load = || tx.prepare_cached(SELECT)?.query_row([id], read).optional();
    load().map_err(fail("read a message"))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Live> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Time));
    Ok(Live {
        id: row.get(0)?,
        account: text(row, 1)?.unwrap_or_default(),
        state: state(row, 2)?,
        decided_by: row.get(3)?,
        replaced: row.get(4)?,
        attempt: row.get(5)?,
        failures: row.get(6)?,
        retry_at: time(7)?,
        not_after: time(8)?,
        first_claimed_at: time(9)?,
        claim: row.get::<_, Option<i64>>(10)?.map(Token),
        lease_until: time(11)?,
        status: row.get(12)?,
        code: row.get(13)?,
        cause: row.get(14)?,
        message_id: row.get(15)?,
        has_message: row.get(16)?,
        key: text(row, 17)?,
    })
}

pub(super) fn save(tx: &Transaction<'_>, live: &Live, now: Time) -> Result<(), Error> {
    let save = || {
        let settled_at = live.state.is_settled().then_some(now.0);
        if settled_at.is_some() {
            // The next place in the order of what was settled.
            tx.prepare_cached("UPDATE outbox_meta SET settled = settled + 1")?
                .execute([])?;
        }
        tx.prepare_cached(UPDATE)?.execute(params![
            live.id,
            live.state.as_str(),
            live.decided_by,
            live.attempt,
            live.failures,
            live.retry_at.map(|time| time.0),
            live.first_claimed_at.map(|time| time.0),
            live.lease_until.map(|time| time.0),
            live.status,
            live.code,
            live.cause,
            live.message_id,
            settled_at,
            live.is_erased(),
        ])
    };
    save()
        .map(drop)
        .map_err(fail("record what became of a message"))
}

/// A column that other programs may have written: SQLite doesn't check that a text is UTF-8. What is not is replaced.
pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// A column that holds a state.
pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let name: String = row.get(column)?;
    name.parse().map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(
            column,
            kind,
            Box::<crate::ParseStateError>::new(error),
        )
    })
}

/// Records what people and followers of the outbox may want to know.
pub(super) fn record(
    tx: &Transaction<'_>,
    now: Time,
    what: &str,
    account: Option<&str>,
    message: Option<i64>,
    author: Option<&str>,
    note: Option<&str>,
) -> Result<(), Error> {
    let insert = || {
        let sql = "INSERT INTO outbox_event (at, what, account, message, author, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        tx.prepare_cached(sql)?
            .execute(params![now.0, what, account, message, author, note])
    };
    insert().map(drop).map_err(fail("record an event"))
}
