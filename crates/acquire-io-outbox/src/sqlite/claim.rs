//! Claiming what is due: the head of each lane, by priority, then by time.

use acquire_io::Message;
use rusqlite::{Row, Transaction, params};

use super::error::fail;
use super::live::{load, save, text};
use crate::digest::Secret;
use crate::entry::Priority;
use crate::error::Error;
use crate::store::{Claimed, Claims, Ended, Turn};
use crate::stored::{self, Unreadable};
use crate::time::{Time, WIRE_TIME};
use crate::transition::State;

/// A row that may be sent now.
struct Candidate {
    id: i64,
    order: i64,
    key: Option<String>,
    attempt: u32,
    /// As other programs may have inserted it.
    json: Vec<u8>,
    has_digest: bool,
}

/// What is common: a row whose lane is free, and which is the lane's first. A lane is busy while one of it is being sent,
/// or is unknown and may still arrive. A row that waits for its next attempt keeps its place; one that is scheduled for
/// later has none yet.
const FREE: &str = "\
(m.lane = '' OR (
  m.lane NOT IN (
    SELECT lane FROM outbox_message INDEXED BY outbox_one_of_a_lane
    WHERE account = ?1 AND state = 'sending' AND lane <> ''
    UNION ALL
    SELECT lane FROM outbox_message INDEXED BY outbox_state
    WHERE account = ?1 AND state = 'unknown' AND (strict OR lease_until > ?4))
  AND NOT EXISTS (
    SELECT 1 FROM outbox_message AS earlier INDEXED BY outbox_lane
    WHERE earlier.account = m.account AND earlier.lane = m.lane AND earlier.lane <> '' AND earlier.state = 'queued'
      AND earlier.id < m.id AND (earlier.not_before IS NULL OR earlier.not_before <= ?3))))";

/// What was never delayed comes from one part of the index, in the order of insertion; what was, from another, in the order
/// of its time. So a clock that was wrong when a row was inserted holds nothing back.
fn candidates_sql(delayed: bool) -> String {
    let (ready, order) = match delayed {
        false => ("m.ready_at = 0", "m.created_at"),
        true => ("m.ready_at > 0 AND m.ready_at <= ?3", "m.ready_at"),
    };
    format!(
        "SELECT m.id, {order}, m.key, m.attempt, m.message, m.digest IS NOT NULL
        FROM outbox_message AS m INDEXED BY outbox_due
        WHERE m.account = ?1 AND m.state = 'queued' AND m.priority = ?2 AND {ready} AND {FREE}
        ORDER BY m.ready_at, m.id LIMIT ?5"
    )
}

/// Claims what may be sent now, and ends what is no valid message.
pub(super) fn claim(
    tx: &Transaction<'_>,
    turn: &Turn,
    slots: u32,
    now: Time,
) -> Result<Claims, Error> {
    let mut claims = Claims::of(slots);
    for priority in Priority::ALL {
        while let Some(free) = claims.free() {
            let mut found = candidates(tx, turn, priority, free, now)?;
            found.truncate(usize::try_from(free).unwrap_or(usize::MAX));
            let mut unreadable = 0;
            for candidate in found {
                match stored::read(&candidate.json) {
                    Ok(message) => {
                        claims
                            .claimed
                            .extend(take(tx, turn, candidate, message, now)?);
                    }
                    Err(why) => {
                        unreadable += 1;
                        claims.ended.extend(refuse(tx, candidate.id, why, now)?);
                    }
                }
            }
            claims.unreadable(unreadable);
            if unreadable == 0 {
                break;
            }
            // One that could not be read has made room: for the next one of its lane, too.
        }
    }
    Ok(claims.done())
}

fn candidates(
    tx: &Transaction<'_>,
    turn: &Turn,
    priority: Priority,
    limit: u32,
    now: Time,
) -> Result<Vec<Candidate>, Error> {
    let arrived = now.minus(WIRE_TIME);
    let read = |delayed| {
        let mut statement = tx.prepare_cached(&candidates_sql(delayed))?;
        let values = params![turn.account, priority.number(), now.0, arrived.0, limit];
        statement
            .query_map(values, candidate)?
            .collect::<Result<Vec<_>, _>>()
    };
    let mut found = read(false).map_err(fail("find what is due"))?;
    found.extend(read(true).map_err(fail("find what is due"))?);
    found.sort_by_key(|candidate| (candidate.order, candidate.id));
    Ok(found)
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        id: row.get(0)?,
        order: row.get(1)?,
        key: text(row, 2)?,
        attempt: row.get(3)?,
        json: row.get_ref(4)?.as_bytes()?.to_vec(),
        has_digest: row.get(5)?,
    })
}

/// Claims a row. None: it isn't queued any more.
fn take(
    tx: &Transaction<'_>,
    turn: &Turn,
    candidate: Candidate,
    message: Message,
    now: Time,
) -> Result<Option<Claimed>, Error> {
    let lease_until = now.plus(turn.lease);
    let digest = match candidate.has_digest {
        true => None,
        false => Some(secret(tx)?.digest(&message)),
    };
    let update = || {
        let mut statement = tx.prepare_cached(
            "UPDATE outbox_message SET state = 'sending', attempt = attempt + 1, claim = ?2, worker = ?3, lease_until = ?4,
              claimed_at = ?5, first_claimed_at = ifnull(first_claimed_at, ?5), retry_at = NULL, decided_by = NULL,
              digest = ifnull(digest, ?6)
            WHERE id = ?1 AND state = 'queued'",
        )?;
        let token = turn.token.0;
        statement.execute(params![
            candidate.id,
            token,
            turn.worker,
            lease_until.0,
            now.0,
            digest
        ])
    };
    let updated = update().map_err(fail("claim a message"))?;
    Ok((updated == 1).then(|| Claimed {
        id: candidate.id,
        token: turn.token,
        key: candidate.key,
        attempt: candidate.attempt.saturating_add(1),
        message,
        lease_until,
    }))
}

fn secret(tx: &Transaction<'_>) -> Result<Secret, Error> {
    super::schema::secret(tx, "the outbox")
}

/// Ends a row that can't be read, or delays it for a worker that can. Returns it if it ended.
fn refuse(
    tx: &Transaction<'_>,
    id: i64,
    why: Unreadable,
    now: Time,
) -> Result<Option<Ended>, Error> {
    let Some(mut live) = load(tx, id)? else {
        return Ok(None);
    };
    if !live.refuse(why, now) {
        return Ok(None);
    }
    save(tx, &live, now)?;
    Ok((live.state != State::Queued).then(|| live.ended()))
}

/// When something more will be due.
pub(super) fn next(tx: &Transaction<'_>, account: &str, now: Time) -> Result<Option<Time>, Error> {
    // The second is a lane that is free when what is unknown can't arrive any more.
    let read = || {
        let mut statement = tx.prepare_cached(
            "SELECT min(ready_at) FROM outbox_message INDEXED BY outbox_due
            WHERE account = ?1 AND state = 'queued' AND priority = ?2 AND ready_at > ?3",
        )?;
        let mut times = Vec::new();
        for priority in Priority::ALL {
            let values = params![account, priority.number(), now.0];
            times.extend(statement.query_row(values, |row| row.get::<_, Option<i64>>(0))?);
        }
        let mut statement = tx.prepare_cached(
            "SELECT min(lease_until) FROM outbox_message INDEXED BY outbox_state
            WHERE account = ?1 AND state = 'unknown' AND lane <> '' AND NOT strict AND lease_until > ?2",
        )?;
        let values = params![account, now.minus(WIRE_TIME).0];
        let lane: Option<i64> = statement.query_row(values, |row| row.get(0))?;
        times.extend(lane.map(|end| Time(end).plus(WIRE_TIME).0));
        Ok(times)
    };
    let times = read().map_err(fail("find what is due next"))?;
    Ok(times.into_iter().min().map(Time))
}
