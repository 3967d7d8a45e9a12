//! A worker's turn: one transaction that settles, expires and claims.

use rusqlite::{Transaction, params};

use super::accounts::{self, Account};
use super::claim;
use super::fail::fail;
use super::live::{Live, record};
use crate::error::Error;
use crate::policy::{self, Facts};
use crate::store::{Applied, Settled, Token, Turn, Turned};
use crate::time::Time;
use crate::transition::{Event, Outcome, State};
use crate::verdict::Kind;

/// How many rows one turn expires at most, so that it stays short. The rest is for the next turns.
const EXPIRES: u32 = 1000;

pub(super) fn turn(tx: &Transaction<'_>, turn: &Turn, now: Time) -> Result<Turned, Error> {
    let mut account = Account::load(tx, &turn.account)?;
    let applied = turn
        .settled
        .iter()
        .map(|settled| settle(tx, settled, &mut account, now));
    let applied = applied.collect::<Result<_, _>>()?;
    expire(tx, now)?;
    let mut turned = Turned {
        applied,
        ..Turned::default()
    };
    let held = accounts::held(tx)?;
    turned.paused = account.paused(held.as_ref(), now);
    let slots = match &turned.paused {
        Some(_) => 0,
        None => account.slots(turn.slots, now),
    };
    if slots > 0 {
        turned.claimed = claim::claim(tx, turn, slots, now)?;
    }
    // Saturates: there are never more than the slots.
    let claimed = u32::try_from(turned.claimed.len()).unwrap_or(u32::MAX);
    account.take(claimed, now);
    let due = match &turned.paused {
        Some(pause) => pause.until,
        None => {
            let due = match claimed == slots {
                // There may be more.
                true => Some(now),
                false => claim::next(tx, &turn.account, now)?,
            };
            due.map(|due| due.max(account.next(now).unwrap_or(due)))
        }
    };
    turned.next = due.into_iter().chain(next_end(tx)?).min();
    account.save(tx)?;
    Ok(turned)
}

/// Applies a verdict.
fn settle(
    tx: &Transaction<'_>,
    settled: &Settled,
    account: &mut Account,
    now: Time,
) -> Result<Applied, Error> {
    let verdict = &settled.verdict;
    let Some(mut live) = Live::load(tx, settled.id)? else {
        return late(tx, settled, account, now);
    };
    if live.claim != Some(settled.token) {
        return late(tx, settled, account, now);
    }
    let facts = Facts {
        failures: live.failures,
        first_claimed: live.first_claimed_at.unwrap_or(now),
        not_after: live.not_after,
        now,
    };
    let (event, retry_at) = match policy::event(verdict, facts) {
        // What was erased can't be sent again.
        (event, _) if !live.has_message && event.verdict() == Some(State::Queued) => {
            (Event::NotSent, None)
        }
        decided => decided,
    };
    match live.apply(event, None) {
        Outcome::To(to) => {
            live.note(verdict);
            live.retry_at = retry_at;
            if verdict.kind == Kind::NotSent {
                live.failures = live.failures.saturating_add(1);
            }
            if to.state == State::Unknown {
                // Its worker is done with it. What is left is the time on the wire.
                live.lease_until = live.lease_until.map(|end| end.min(now));
            }
            live.save(tx, now)?;
            account.condition.learn(verdict, now);
            Ok(Applied::To(to.state))
        }
        Outcome::Already => Ok(Applied::Already),
        Outcome::Late | Outcome::Rejected | Outcome::Gone => late(tx, settled, account, now),
    }
}

/// Records a verdict that comes too late to count.
fn late(
    tx: &Transaction<'_>,
    settled: &Settled,
    account: &mut Account,
    now: Time,
) -> Result<Applied, Error> {
    account.late = account.late.saturating_add(1);
    let verdict = &settled.verdict;
    let mut note = verdict.kind.as_str().to_owned();
    for part in [
        verdict.status.map(|status| status.to_string()),
        verdict.code.clone(),
    ] {
        note.push_str(&part.map(|part| format!(", {part}")).unwrap_or_default());
    }
    let (name, id) = (Some(account.name.as_str()), Some(settled.id));
    record(tx, now, "late_verdict", name, id, None, Some(&note))?;
    Ok(Applied::Late)
}

/// Ends what is over, of all accounts: leases, and messages that may not be sent any more.
pub(super) fn expire(tx: &Transaction<'_>, now: Time) -> Result<(), Error> {
    let leases = "SELECT id FROM outbox_message INDEXED BY outbox_lease
      WHERE state = 'sending' AND lease_until <= ?1 ORDER BY lease_until LIMIT ?2";
    end_leases(tx, &ids(tx, leases, now)?, now)?;
    let expired = "SELECT id FROM outbox_message INDEXED BY outbox_expiry
      WHERE state = 'queued' AND not_after IS NOT NULL AND not_after <= ?1 ORDER BY not_after LIMIT ?2";
    for id in ids(tx, expired, now)? {
        if let Some(mut live) = Live::load(tx, id)?
            && let Outcome::To(_) = live.apply(Event::Expire, None)
        {
            live.say(
                "expired",
                "it could not be sent before `not_after`".to_owned(),
            );
            live.save(tx, now)?;
        }
    }
    Ok(())
}

/// Ends all leases, when every worker is dead.
pub(super) fn end_all_leases(tx: &Transaction<'_>, now: Time) -> Result<(), Error> {
    let read = || {
        let mut all = tx.prepare("SELECT id FROM outbox_message WHERE state = 'sending'")?;
        all.query_map([], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()
    };
    let ids = read().map_err(fail("find leases"))?;
    end_leases(tx, &ids, now)
}

fn end_leases(tx: &Transaction<'_>, ids: &[i64], now: Time) -> Result<(), Error> {
    for id in ids {
        if let Some(mut live) = Live::load(tx, *id)?
            && let Outcome::To(_) = live.apply(Event::LeaseOver, None)
        {
            let cause = "its worker did not report in time: it may have been sent";
            live.say("lease_over", cause.to_owned());
            live.lease_until = live.lease_until.map(|end| end.min(now));
            live.save(tx, now)?;
        }
    }
    Ok(())
}

fn ids(tx: &Transaction<'_>, sql: &str, now: Time) -> Result<Vec<i64>, Error> {
    let read = || {
        let mut statement = tx.prepare_cached(sql)?;
        statement
            .query_map(params![now.0, EXPIRES], |row| row.get(0))?
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
        let Some(mut live) = Live::load(tx, id)? else {
            continue;
        };
        let event = match live.has_message {
            true => Event::GiveBack,
            false => Event::NotSent,
        };
        if let Outcome::To(_) = live.apply(event, None) {
            live.attempt = live.attempt.saturating_sub(1);
            if !live.has_message {
                live.say(
                    "erased",
                    "it was not sent, and its content was erased".to_owned(),
                );
            }
            live.save(tx, now)?;
            given_back += 1;
        }
    }
    Ok(given_back)
}
