//! A worker's turn: one transaction that settles, expires and claims.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::error::{SqlError, fail};
use super::live::{COLUMNS, Changes, load, read, record};
use super::tx::Tx;
use super::watch::{Watch, hold, watch};
use super::{accounts, claim};
use crate::account::Account;
use crate::digest::Secret;
use crate::error::Error;
use crate::live::Live;
use crate::store::{Applied, MOST_ENDED, Paused, Settled, Token, Turn, Turned};
use crate::time::Time;

pub(super) async fn turn(tx: &Tx, secret: &Secret, turn: &Turn) -> Result<Turned, Error> {
    if turn.settled.is_empty() {
        let (_, account, watch) =
            tokio::try_join!(biased; tx.begin(), accounts::load(tx, &turn.account), watch(tx))?;
        if let Some(turned) = idle(tx, turn, account, &watch).await? {
            return Ok(turned);
        }
        // The time and what others have done are read again, after the lock.
        let (account, watch) =
            tokio::try_join!(biased; accounts::lock(tx, &turn.account), self::watch(tx))?;
        return busy(tx, secret, turn, account, watch).await;
    }
    let (_, account, watch) =
        tokio::try_join!(biased; tx.begin(), accounts::lock(tx, &turn.account), watch(tx))?;
    busy(tx, secret, turn, account, watch).await
}

/// What a turn returns that has nothing to do: then it locks and writes nothing.
async fn idle(
    tx: &Tx,
    turn: &Turn,
    mut account: Account,
    watch: &Watch,
) -> Result<Option<Turned>, Error> {
    let now = watch.now;
    let paused = account.paused(watch.held.as_ref(), now);
    let slots = match &paused {
        Some(_) => 0,
        None => account.slots(turn.slots, false, now),
    };
    if watch.has_moved() || account.is_probing() || account.has_changed() {
        return Ok(None);
    }
    let can_claim = slots > 0;
    let sql = "SELECT
      EXISTS (SELECT FROM acquire_outbox.message WHERE state = 'sending' AND lease_until <= $2)
      OR EXISTS (SELECT FROM acquire_outbox.message
        WHERE state = 'queued' AND not_after IS NOT NULL AND not_after <= $2)
      OR $3 AND EXISTS (SELECT FROM acquire_outbox.message
        WHERE account = $1 AND state = 'queued' AND priority IN (0, 1, 2) AND ready_at <= $2)";
    let values = [
        (&turn.account as _, Type::TEXT),
        (&now as _, Type::TIMESTAMPTZ),
        (&can_claim as _, Type::BOOL),
    ];
    let has_work = async || {
        let row = tx.query_one(sql, &values).await;
        let has_work = row.and_then(|row| Ok(row.try_get::<_, bool>(0)?));
        has_work.map_err(fail("look for work"))
    };
    let next = next(tx, &account, paused.as_ref(), !can_claim, now);
    let (has_work, next) = tokio::try_join!(biased; has_work(), next)?;
    Ok((!has_work).then(|| Turned {
        paused,
        next,
        ..Turned::at(now)
    }))
}

async fn busy(
    tx: &Tx,
    secret: &Secret,
    turn: &Turn,
    mut account: Account,
    mut watch: Watch,
) -> Result<Turned, Error> {
    let now = watch.now;
    let mut changes = Changes::default();
    let settle = settle(tx, &turn.settled, &mut account, &mut changes, now);
    let ((), applied) = tokio::try_join!(biased; add_accounts(tx, now), settle)?;
    if watch.has_moved() {
        hold(tx, &mut watch).await?;
    }
    // One after the other, but sent at once.
    let (_, ended) = tokio::try_join!(biased; changes.save(tx, now), end_what_is_over(tx, now))?;
    let mine = ended
        .into_iter()
        .filter(|live| live.account == turn.account);
    let mut turned = Turned {
        applied,
        ended: mine.map(Live::ended).collect(),
        ..Turned::at(now)
    };
    turned.paused = account.paused(watch.held.as_ref(), now);
    let mut is_full = true;
    if turned.paused.is_none() {
        let is_sending = account.is_probing() && accounts::is_sending(tx, &account.name).await?;
        let slots = account.slots(turn.slots, is_sending, now);
        let claims = claim::claim(tx, turn, secret, slots, now).await?;
        account.take(claims.count(), now);
        is_full = claims.is_full;
        turned.claimed = claims.claimed;
        turned.ended.extend(claims.ended);
    }
    let next = next(tx, &account, turned.paused.as_ref(), is_full, now);
    let (_, next) = tokio::try_join!(biased; accounts::save(tx, &account), next)?;
    turned.next = next;
    Ok(turned)
}

/// When the next turn may find something to do. `is_full`: there may be more that is due now.
async fn next(
    tx: &Tx,
    account: &Account,
    paused: Option<&Paused>,
    is_full: bool,
    now: Time,
) -> Result<Option<Time>, Error> {
    let due = async || match (paused, is_full) {
        (Some(pause), _) => Ok(pause.until),
        (None, true) => Ok(Some(now)),
        (None, false) => claim::next(tx, &account.name, now).await,
    };
    let (mut due, end) = tokio::try_join!(biased; due(), next_end(tx))?;
    if paused.is_none() {
        due = due.map(|due| due.max(account.next(now).unwrap_or(due)));
    }
    Ok(due.into_iter().chain(end).min())
}

/// Applies verdicts, or records that they come too late to count.
async fn settle(
    tx: &Tx,
    settled: &[Settled],
    account: &mut Account,
    changes: &mut Changes,
    now: Time,
) -> Result<Vec<Applied>, Error> {
    let ids: Vec<_> = settled.iter().map(|settled| settled.id).collect();
    let rows = load(tx, &ids).await?;
    let mut rows: HashMap<_, _> = rows.into_iter().map(|live| (live.id, live)).collect();
    let mut applied = Vec::with_capacity(settled.len());
    for settled in settled {
        let live = rows.get_mut(&settled.id);
        let done = match live {
            Some(live) => {
                let done = live.settle(settled, account, now);
                if let Applied::To(_) = done {
                    changes.add(live.clone());
                }
                done
            }
            None => Applied::Late,
        };
        if done == Applied::Late {
            let note = account.note_late(settled);
            let (name, id) = (Some(account.name.as_str()), Some(settled.id));
            record(tx, now, "late_verdict", name, id, None, Some(&note)).await?;
        }
        applied.push(done);
    }
    Ok(applied)
}

/// Ends what is over, of all accounts: leases, and messages that may not be sent any more.
pub(super) async fn expire(tx: &Tx, now: Time) -> Result<(), Error> {
    add_accounts(tx, now).await?;
    end_what_is_over(tx, now).await.map(drop)
}

/// Makes the rows of accounts whose messages are over and which nobody has served yet. It may wait for a transaction that
/// makes the same row, so it comes before this one changes `meta`, for which others wait.
async fn add_accounts(tx: &Tx, now: Time) -> Result<(), Error> {
    let sql = "INSERT INTO acquire_outbox.account (account)
      SELECT DISTINCT m.account FROM acquire_outbox.message AS m
      WHERE m.state = 'queued' AND m.not_after IS NOT NULL AND m.not_after <= $1
        AND NOT EXISTS (SELECT FROM acquire_outbox.account AS a WHERE a.account = m.account)
      ORDER BY m.account
      ON CONFLICT DO NOTHING";
    tx.execute(sql, &[(&now, Type::TIMESTAMPTZ)])
        .await
        .map(drop)
        .map_err(fail("record accounts"))
}

/// Returns what it ended. What another transaction holds is for that one.
async fn end_what_is_over(tx: &Tx, now: Time) -> Result<Vec<Live>, Error> {
    let over = |time: &str, condition: &str| {
        format!(
            "SELECT {COLUMNS} FROM acquire_outbox.message AS m JOIN acquire_outbox.account AS a USING (account)
            WHERE {condition} AND m.{time} <= $1
            ORDER BY m.{time}, m.id LIMIT {MOST_ENDED} FOR UPDATE OF a, m SKIP LOCKED"
        )
    };
    let find = async |sql: String| {
        let rows = tx.query(&sql, &[(&now, Type::TIMESTAMPTZ)]).await;
        let rows =
            rows.and_then(|rows| rows.iter().map(read).collect::<Result<Vec<_>, SqlError>>());
        rows.map_err(fail("find what is over"))
    };
    let leases = find(over("lease_until", "m.state = 'sending'"));
    let expired = find(over(
        "not_after",
        "m.state = 'queued' AND m.not_after IS NOT NULL",
    ));
    let (leases, expired) = tokio::try_join!(biased; leases, expired)?;
    let mut changes = Changes::default();
    for mut live in leases {
        if live.end_lease(now) {
            changes.add(live);
        }
    }
    for mut live in expired {
        if live.expire() {
            changes.add(live);
        }
    }
    changes.save(tx, now).await
}

/// When the next lease or message ends. It is in the past when there were more than one turn expires.
async fn next_end(tx: &Tx) -> Result<Option<Time>, Error> {
    let sql = "SELECT least(
      (SELECT min(lease_until) FROM acquire_outbox.message WHERE state = 'sending'),
      (SELECT min(not_after) FROM acquire_outbox.message WHERE state = 'queued' AND not_after IS NOT NULL))";
    let read = async || Ok(tx.query_one(sql, &[]).await?.try_get(0)?);
    read().await.map_err(fail("find what ends next"))
}

/// Queues again what a worker never learned that it had claimed. What was erased meanwhile ends as not sent. A claim whose
/// commit is still under way keeps it waiting.
pub(super) async fn give_back(tx: &Tx, account: &str, token: Token) -> Result<u64, Error> {
    let (_, _, watch) =
        tokio::try_join!(biased; tx.begin(), accounts::lock(tx, account), watch(tx))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM acquire_outbox.message AS m
        WHERE m.account = $1 AND m.state IN ('sending', 'unknown') AND m.claim = $2 ORDER BY m.id FOR UPDATE"
    );
    let values = [(&account as _, Type::TEXT), (&token.0 as _, Type::INT8)];
    let find = async || {
        let rows = tx.query(&sql, &values).await?;
        rows.iter().map(read).collect::<Result<Vec<_>, SqlError>>()
    };
    let mut changes = Changes::default();
    for mut live in find().await.map_err(fail("find claims"))? {
        if live.give_back() {
            changes.add(live);
        }
    }
    let given_back = changes.save(tx, watch.now).await?;
    Ok(u64::try_from(given_back.len()).unwrap_or(u64::MAX))
}
