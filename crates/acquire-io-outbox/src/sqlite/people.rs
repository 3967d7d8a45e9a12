//! What people decide about a message.

use rusqlite::{Transaction, params};

use super::error::fail;
use super::insert::taken;
use super::live::{load, record, save};
use crate::error::Error;
use crate::insertion::NewRow;
use crate::record::RowId;
use crate::store::Decision;
use crate::time::Time;
use crate::transition::State;

pub(super) fn decide(
    tx: &Transaction<'_>,
    id: RowId,
    decision: Decision,
    author: &str,
    now: Time,
) -> Result<State, Error> {
    let mut live = load(tx, id.0)?.ok_or_else(|| Error::not_found(id))?;
    let decided = live.decide(decision, author, now)?;
    save(tx, &live, now)?;
    let (account, id) = (Some(live.account.as_str()), Some(live.id));
    record(
        tx,
        now,
        decided.what,
        account,
        id,
        Some(author),
        decided.note,
    )?;
    Ok(live.state)
}

/// Corrects a message that was not sent: it keeps its number, and so its place in its lane.
pub(super) fn correct(
    tx: &Transaction<'_>,
    id: RowId,
    row: &NewRow,
    author: &str,
    now: Time,
) -> Result<State, Error> {
    let mut live = load(tx, id.0)?.ok_or_else(|| Error::not_found(id))?;
    live.correct(row, author)?;
    if let Some(other) = taken(tx, row)?.filter(|other| other.id != id.0) {
        return Err(Error::key_taken(0, RowId(other.id), other.state));
    }
    write(tx, id, row).map_err(fail("correct a message"))?;
    save(tx, &live, now)?;
    let account = Some(live.account.as_str());
    record(
        tx,
        now,
        "corrected",
        account,
        Some(live.id),
        Some(author),
        None,
    )?;
    Ok(live.state)
}

fn write(tx: &Transaction<'_>, id: RowId, row: &NewRow) -> rusqlite::Result<()> {
    let mut statement = tx.prepare_cached(
        "UPDATE outbox_message SET key = ?2, digest = ?3, lane = ?4, strict = ?5, priority = ?6, not_before = ?7,
          not_after = ?8, message = ?9, source = ?10
        WHERE id = ?1",
    )?;
    let values = params![
        id.0,
        row.key,
        row.digest,
        row.lane,
        row.strict,
        row.priority,
        row.not_before,
        row.not_after,
        row.message,
        row.source,
    ];
    statement.execute(values).map(drop)
}
