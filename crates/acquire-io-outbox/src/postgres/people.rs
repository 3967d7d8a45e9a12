//! What people decide about a message.

use tokio_postgres::types::Type;

use super::accounts;
use super::error::fail;
use super::insert::taken;
use super::live::{Changes, load, record};
use super::turn::expire;
use super::tx::Tx;
use super::watch::watch;
use crate::error::Error;
use crate::insertion::NewRow;
use crate::live::Live;
use crate::record::RowId;
use crate::store::Decision;
use crate::time::Time;
use crate::transition::State;

pub(super) async fn decide(
    tx: &Tx,
    id: RowId,
    decision: Decision,
    author: &str,
) -> Result<State, Error> {
    let (mut live, now) = lock(tx, id).await?;
    let decided = live.decide(decision, author, now)?;
    let (what, note) = (decided.what, decided.note);
    save(tx, live, what, note, author, now).await
}

/// Corrects a message that was not sent: it keeps its number, and so its place in its lane.
pub(super) async fn correct(
    tx: &Tx,
    id: RowId,
    row: &NewRow,
    author: &str,
) -> Result<State, Error> {
    let (mut live, now) = lock(tx, id).await?;
    live.correct(row, author)?;
    let keys: Vec<_> = row.key.as_deref().into_iter().collect();
    let taken = taken(tx, &row.account, &keys).await?;
    if let Some((_, other)) = taken.into_iter().find(|(_, other)| other.id != id.0) {
        return Err(Error::key_taken(0, RowId(other.id), other.state));
    }
    write(tx, id, row).await?;
    save(tx, live, "corrected", None, author, now).await
}

/// Loads a row, and ends what is over. The row is locked before anything else is changed.
async fn lock(tx: &Tx, id: RowId) -> Result<(Live, Time), Error> {
    tx.begin().await?;
    let sql = "SELECT account FROM acquire_outbox.message WHERE id = $1";
    let find = async || {
        let rows = tx.query(sql, &[(&id.0, Type::INT8)]).await?;
        Ok(rows
            .first()
            .map(|row| row.try_get::<_, String>(0))
            .transpose()?)
    };
    let account = find().await.map_err(fail("find a message"))?;
    let account = account.ok_or_else(|| Error::not_found(id))?;
    let (_, watch) = tokio::try_join!(biased; accounts::lock(tx, &account), watch(tx))?;
    load(tx, &[id.0]).await?;
    expire(tx, watch.now).await?;
    let live = load(tx, &[id.0]).await?.pop();
    Ok((live.ok_or_else(|| Error::not_found(id))?, watch.now))
}

async fn save(
    tx: &Tx,
    live: Live,
    what: &str,
    note: Option<&str>,
    author: &str,
    now: Time,
) -> Result<State, Error> {
    let (state, id, account) = (live.state, live.id, live.account.clone());
    record(tx, now, what, Some(&account), Some(id), Some(author), note).await?;
    let mut changes = Changes::default();
    changes.add(live);
    changes.save(tx, now).await?;
    Ok(state)
}

async fn write(tx: &Tx, id: RowId, row: &NewRow) -> Result<(), Error> {
    let sql = "UPDATE acquire_outbox.message SET key = $2, digest = $3, lane = $4, strict = $5, priority = $6,
        not_before = $7, not_after = $8, message = $9::text::json, source = $10
      WHERE id = $1";
    let (not_before, not_after) = (row.not_before.map(Time), row.not_after.map(Time));
    let priority = i16::try_from(row.priority).unwrap_or(1);
    let values = [
        (&id.0 as _, Type::INT8),
        (&row.key as _, Type::TEXT),
        (&row.digest as _, Type::TEXT),
        (&row.lane as _, Type::TEXT),
        (&row.strict as _, Type::BOOL),
        (&priority as _, Type::INT2),
        (&not_before as _, Type::TIMESTAMPTZ),
        (&not_after as _, Type::TIMESTAMPTZ),
        (&row.message as _, Type::TEXT),
        (&row.source as _, Type::TEXT),
    ];
    tx.execute(sql, &values)
        .await
        .map(drop)
        .map_err(fail("correct a message"))
}
