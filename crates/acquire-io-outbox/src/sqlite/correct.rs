//! Correcting a message that was not sent: it keeps its number, and so its place in its lane.

use rusqlite::{Transaction, params};

use super::fail::fail;
use super::insert::taken;
use super::live::{Live, record};
use crate::error::Error;
use crate::prepared::Prepared;
use crate::record::RowId;
use crate::time::Time;
use crate::transition::{Event, Outcome, State};

pub(super) fn correct(
    tx: &Transaction<'_>,
    id: RowId,
    row: &Prepared,
    author: &str,
    now: Time,
) -> Result<State, Error> {
    let mut live = Live::load(tx, id.0)?.ok_or_else(|| Error::not_found(id))?;
    let before = live.state;
    if live.account != row.account {
        return Err(Error::rejected(id, before, "it is another account's"));
    }
    if live.replaced_at.is_some() {
        return Err(Error::rejected(
            id,
            before,
            "another message has taken its key",
        ));
    }
    if before != State::Queued
        && !matches!(live.apply(Event::SendAgain, Some(author)), Outcome::To(_))
    {
        let why = "only one that is queued, refused, cancelled or not sent can be corrected";
        return Err(Error::rejected(id, before, why));
    }
    if let Some(other) = taken(tx, row)?.filter(|other| other.id != id.0) {
        return Err(Error::key_taken(0, RowId(other.id), other.state));
    }
    write(tx, id, row).map_err(fail("correct a message"))?;
    live.retry_at = None;
    live.failures = 0;
    live.first_claimed_at = None;
    live.status = None;
    live.code = None;
    live.cause = None;
    live.save(tx, now)?;
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

fn write(tx: &Transaction<'_>, id: RowId, row: &Prepared) -> rusqlite::Result<()> {
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
