//! Claiming what is due: the head of each lane, by priority, then by time.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::{SqlError, fail};
use super::live::{Changes, load};
use super::tx::Tx;
use super::value::number;
use crate::digest::Secret;
use crate::error::Error;
use crate::store::{Claimed, Claims, Ended, Turn};
use crate::stored::{self, Unreadable};
use crate::time::{Time, WIRE_TIME};
use crate::transition::State;

/// A row that may be sent now.
struct Candidate {
    id: i64,
    key: Option<String>,
    attempt: u32,
    /// As other programs may have inserted it.
    json: String,
    has_digest: bool,
}

/// What is common: a row whose lane is free, and which is the lane's first. A lane is busy while one of it is being sent,
/// or is unknown and may still arrive. A row that waits for its next attempt keeps its place; one that is scheduled for
/// later has none yet.
const FREE: &str = "\
(m.lane = '' OR (
  m.lane NOT IN (
    SELECT lane FROM acquire_outbox.message WHERE account = $1 AND state = 'sending' AND lane <> ''
    UNION ALL
    SELECT lane FROM acquire_outbox.message
    WHERE account = $1 AND state = 'unknown' AND (strict OR lease_until > $3))
  AND NOT EXISTS (
    SELECT FROM acquire_outbox.message AS earlier
    WHERE earlier.account = m.account AND earlier.lane = m.lane AND earlier.lane <> '' AND earlier.state = 'queued'
      AND earlier.id < m.id AND (earlier.not_before IS NULL OR earlier.not_before <= $2))))";

/// What was never delayed comes from one part of the index, in the order of insertion; what was, from another, in the order
/// of its time. So a clock that was wrong when a row was inserted holds nothing back.
fn candidates_sql() -> String {
    let part = |order: &str, ready: &str| {
        format!(
            "(SELECT m.id, {order} AS since, m.key, m.attempt, m.message, m.digest IS NOT NULL AS has_digest
            FROM acquire_outbox.message AS m
            WHERE m.account = $1 AND m.state = 'queued' AND m.priority = p.priority AND {ready} AND {FREE}
            ORDER BY m.ready_at, m.id LIMIT $4)"
        )
    };
    format!(
        "SELECT due.id, due.key, due.attempt, due.message::text, due.has_digest
        FROM (VALUES (0), (1), (2)) AS p (priority)
        CROSS JOIN LATERAL ({} UNION ALL {}) AS due
        ORDER BY p.priority, due.since, due.id LIMIT $4",
        part("m.created_at", "m.ready_at = '-infinity'"),
        part(
            "m.ready_at",
            "m.ready_at > '-infinity' AND m.ready_at <= $2"
        ),
    )
}

/// Claims what may be sent now, and ends what is no valid message.
pub(super) async fn claim(
    tx: &Tx,
    turn: &Turn,
    secret: &Secret,
    slots: u32,
    now: Time,
) -> Result<Claims, Error> {
    let mut claims = Claims::of(slots);
    while let Some(free) = claims.free() {
        let found = candidates(tx, turn, free, now).await?;
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for candidate in found {
            match stored::read(candidate.json.as_bytes()) {
                Ok(message) => good.push((candidate, message)),
                Err(unreadable) => bad.push((candidate.id, unreadable)),
            }
        }
        claims.unreadable(bad.len());
        take(tx, turn, secret, good, now, &mut claims.claimed).await?;
        if bad.is_empty() {
            break;
        }
        // One that could not be read has made room: for the next one of its lane, too.
        claims.ended.extend(refuse(tx, bad, now).await?);
    }
    Ok(claims.done())
}

async fn candidates(tx: &Tx, turn: &Turn, limit: u32, now: Time) -> Result<Vec<Candidate>, Error> {
    let arrived = now.minus(WIRE_TIME);
    let limit = i64::from(limit);
    let values = [
        (&turn.account as _, Type::TEXT),
        (&now as _, Type::TIMESTAMPTZ),
        (&arrived as _, Type::TIMESTAMPTZ),
        (&limit as _, Type::INT8),
    ];
    let read = async || {
        let rows = tx.query(&candidates_sql(), &values).await?;
        rows.iter().map(candidate).collect::<Result<_, _>>()
    };
    read().await.map_err(fail("find what is due"))
}

fn candidate(row: &Row) -> Result<Candidate, SqlError> {
    Ok(Candidate {
        id: row.try_get(0)?,
        key: row.try_get(1)?,
        attempt: number(row, 2)?,
        json: row.try_get(3)?,
        has_digest: row.try_get(4)?,
    })
}

/// Claims rows. One that isn't queued any more is left.
async fn take(
    tx: &Tx,
    turn: &Turn,
    secret: &Secret,
    candidates: Vec<(Candidate, acquire_io::Message)>,
    now: Time,
    claimed: &mut Vec<Claimed>,
) -> Result<(), Error> {
    if candidates.is_empty() {
        return Ok(());
    }
    let lease_until = now.plus(turn.lease);
    let ids: Vec<_> = candidates
        .iter()
        .map(|(candidate, _)| candidate.id)
        .collect();
    let digests = candidates.iter().map(|(candidate, message)| {
        let is_missing = !candidate.has_digest;
        is_missing.then(|| secret.digest(message))
    });
    let digests: Vec<_> = digests.collect();
    let sql = "UPDATE acquire_outbox.message AS m SET state = 'sending', attempt = attempt + 1, claim = $3, worker = $4,
        lease_until = $5, claimed_at = $6, first_claimed_at = coalesce(first_claimed_at, $6), retry_at = NULL,
        decided_by = NULL, digest = coalesce(m.digest, v.digest)
      FROM unnest($1::bigint[], $2::text[]) AS v (id, digest)
      WHERE m.id = v.id AND m.state = 'queued'
      RETURNING m.id";
    let values = [
        (&ids as _, Type::INT8_ARRAY),
        (&digests as _, Type::TEXT_ARRAY),
        (&turn.token.0 as _, Type::INT8),
        (&turn.worker as _, Type::TEXT),
        (&lease_until as _, Type::TIMESTAMPTZ),
        (&now as _, Type::TIMESTAMPTZ),
    ];
    let update = async || {
        let rows = tx.query(sql, &values).await?;
        rows.iter()
            .map(|row| Ok(row.try_get(0)?))
            .collect::<Result<Vec<i64>, SqlError>>()
    };
    let updated = update().await.map_err(fail("claim messages"))?;
    let all = candidates
        .into_iter()
        .filter(|(candidate, _)| updated.contains(&candidate.id));
    claimed.extend(all.map(|(candidate, message)| Claimed {
        id: candidate.id,
        token: turn.token,
        key: candidate.key,
        attempt: candidate.attempt.saturating_add(1),
        message,
        lease_until,
    }));
    Ok(())
}

/// Does what is to be done with rows that can't be read. Returns those that it ended.
async fn refuse(tx: &Tx, bad: Vec<(i64, Unreadable)>, now: Time) -> Result<Vec<Ended>, Error> {
    let ids: Vec<_> = bad.iter().map(|(id, _)| *id).collect();
    let mut rows = load(tx, &ids).await?;
    let mut changes = Changes::default();
    for (id, unreadable) in bad {
        let place = rows.iter().position(|live| live.id == id);
        if let Some(mut live) = place.map(|place| rows.swap_remove(place))
            && live.refuse(unreadable, now)
        {
            changes.add(live);
        }
    }
    let changed = changes.save(tx, now).await?;
    let ended = changed
        .into_iter()
        .filter(|live| live.state != State::Queued);
    Ok(ended.map(crate::live::Live::ended).collect())
}

/// When something more will be due.
pub(super) async fn next(tx: &Tx, account: &str, now: Time) -> Result<Option<Time>, Error> {
    // The second is a lane that is free when what is unknown can't arrive any more.
    let sql = "SELECT
        (SELECT min(next) FROM (VALUES (0), (1), (2)) AS p (priority) CROSS JOIN LATERAL (
          SELECT min(m.ready_at) AS next FROM acquire_outbox.message AS m
          WHERE m.account = $1 AND m.state = 'queued' AND m.priority = p.priority AND m.ready_at > $2) AS later),
        (SELECT min(m.lease_until) FROM acquire_outbox.message AS m
          WHERE m.account = $1 AND m.state = 'unknown' AND m.lane <> '' AND NOT m.strict AND m.lease_until > $3)";
    let arrived = now.minus(WIRE_TIME);
    let values = [
        (&account as _, Type::TEXT),
        (&now as _, Type::TIMESTAMPTZ),
        (&arrived as _, Type::TIMESTAMPTZ),
    ];
    let read = async || {
        let row = tx.query_one(sql, &values).await?;
        Ok((
            row.try_get::<_, Option<Time>>(0)?,
            row.try_get::<_, Option<Time>>(1)?,
        ))
    };
    let (ready, lane) = read().await.map_err(fail("find what is due next"))?;
    let lane = lane.map(|end| end.plus(WIRE_TIME));
    Ok(ready.into_iter().chain(lane).min())
}
