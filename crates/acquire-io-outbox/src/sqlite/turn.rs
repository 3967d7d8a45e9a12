//! A worker's turn: one transaction that settles, expires and claims.

use rusqlite::{Transaction, params};

use super::error::fail;
use super::live::{load, record, save};
use super::{accounts, claim};
use crate::account::Account;
use crate::error::Error;
use crate::live::Live;
use crate::store::{Applied, MOST_ENDED, Settled, Token, Turn, Turned};
use crate::time::Time;

pub(super) fn turn(tx: &Transaction<'_>, turn: &Turn, now: Time) -> Result<Turned, Error> {
    let mut account = accounts::load(tx, &turn.account)?;
    let applied = turn
        .settled
        .iter()
        .map(|settled| settle(tx, settled, &mut account, now));
    let applied = applied.collect::<Result<_, _>>()?;
    let ended = expire(tx, now)?;
    let mine = ended
        .into_iter()
        .filter(|live| live.account == turn.account);
    let mut turned = Turned {
        applied,
        ended: mine.map(Live::ended).collect(),
        ..Turned::at(now)
    };
    let held = accounts::held(tx)?;
    turned.paused = account.paused(held.as_ref(), now);
    let due = match &turned.paused {
        Some(pause) => pause.until,
        None => {
            let is_sending = account.is_probing() && accounts::is_sending(tx, &account.name)?;
            let slots = account.slots(turn.slots, is_sending, now);
            let claims = claim::claim(tx, turn, slots, now)?;
            account.take(claims.count(), now);
            let due = match claims.is_full {
                true => Some(now),
                false => claim::next(tx, &turn.account, now)?,
            };
            turned.claimed = claims.claimed;
            turned.ended.extend(claims.ended);
            due.map(|due| due.max(account.next(now).unwrap_or(due)))
        }
    };
    turned.next = due.into_iter().chain(next_end(tx)?).min();
    accounts::save(tx, &account)?;
    Ok(turned)
}

/// Applies a verdict, or records that it comes too late to count.
fn settle(
    tx: &Transaction<'_>,
    settled: &Settled,
    account: &mut Account,
    now: Time,
) -> Result<Applied, Error> {
    let mut live = load(tx, settled.id)?;
    let applied = match &mut live {
        Some(live) => live.settle(settled, account, now),
        None => Applied::Late,
    };
    match (applied, live) {
        (Applied::To(_), Some(live)) => save(tx, &live, now)?,
        (Applied::Late, _) => {
            let note = account.note_late(settled);
            let (name, id) = (Some(account.name.as_str()), Some(settled.id));
            record(tx, now, "late_verdict", name, id, None, Some(&note))?;
        }
        _ => {}
    }
    Ok(applied)
}

/// Ends what is over, of all accounts: leases, and messages that may not be sent any more. Returns what it ended.
pub(super) fn expire(tx: &Transaction<'_>, now: Time) -> Result<Vec<Live>, Error> {
    let leases = "SELECT id FROM outbox_message INDEXED BY outbox_lease
      WHERE state = 'sending' AND lease_until <= ?1 ORDER BY lease_until LIMIT ?2";
    let mut ended = end_leases(tx, &ids(tx, leases, now)?, now)?;
    let expired = "SELECT id FROM outbox_message INDEXED BY outbox_expiry
      WHERE state = 'queued' AND not_after IS NOT NULL AND not_after <= ?1 ORDER BY not_after LIMIT ?2";
    for id in ids(tx, expired, now)? {
        if let Some(mut live) = load(tx, id)?
            && live.expire()
        {
            save(tx, &live, now)?;
            ended.push(live);
        }
    }
    Ok(ended)
}

/// Ends all leases, when every worker is dead.
pub(super) fn end_all_leases(tx: &Transaction<'_>, now: Time) -> Result<(), Error> {
    let read = || {
        let mut all = tx.prepare("SELECT id FROM outbox_message WHERE state = 'sending'")?;
        all.query_map([], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()
    };
    let ids = read().map_err(fail("find leases"))?;
    end_leases(tx, &ids, now).map(drop)
}

fn end_leases(tx: &Transaction<'_>, ids: &[i64], now: Time) -> Result<Vec<Live>, Error> {
    let mut ended = Vec::new();
    for id in ids {
        if let Some(mut live) = load(tx, *id)?
            && live.end_lease(now)
        {
            save(tx, &live, now)?;
            ended.push(live);
        }
    }
    Ok(ended)
}

fn ids(tx: &Transaction<'_>, sql: &str, now: Time) -> Result<Vec<i64>, Error> {
    let read = || {
        let mut statement = tx.prepare_cached(sql)?;
        statement
            .query_map(params![now.0, MOST_ENDED], |row| row.get(0))?
            .collect::<Result<Vec<_>, _>>()
    };
    read().map_err(fail("find what is over"))
}

/// When the next lease or message ends. It is in the past when there were more than one turn expires.
fn next_end(tx: &Transaction<'_>) -> Result<Option<Time>, Error> {
    let read = || {
        let mut statement = tx.prepare_cached(
            "SELECT min(at) FROM (
              SELECT min(lease_until) AS at FROM outbox_message INDEXED BY outbox_lease WHERE state = 'sending'
              UNION ALL
              SELECT min(not_after) FROM outbox_message INDEXED BY outbox_expiry
              WHERE state = 'queued' AND not_after IS NOT NULL)",
        )?;
        statement.query_row([], |row| row.get::<_, Option<i64>>(0))
    };
    Ok(read().map_err(fail("find what ends next"))?.map(Time))
}

/// Queues again what a worker never learned that it had claimed. What was erased meanwhile ends as not sent.
pub(super) fn give_back(
    tx: &Transaction<'_>,
    account: &str,
    token: Token,
    now: Time,
) -> Result<u64, Error> {
    let read = || {
        let mut statement = tx.prepare_cached(
            "SELECT id FROM outbox_message INDEXED BY outbox_state
            WHERE account = ?1 AND state IN ('sending', 'unknown') AND claim = ?2",
        )?;
        let ids = statement.query_map(params![account, token.0], |row| row.get(0))?;
        ids.collect::<Result<Vec<i64>, _>>()
    };
    let mut given_back = 0;
    for id in read().map_err(fail("find claims"))? {
        if let Some(mut live) = load(tx, id)?
            && live.give_back()
        {
            save(tx, &live, now)?;
            given_back += 1;
        }
    }
    Ok(given_back)
}
