//! Reading messages and standings.

use std::collections::BTreeMap;

use acquire_io::MessageId;
use rusqlite::types::Value;
use rusqlite::{Params, Transaction, params, params_from_iter};

use super::accounts;
use super::error::fail;
use super::live::{state, text};
use crate::entry::Priority;
use crate::error::Error;
use crate::record::{Cursor, Filter, HistoryEvent, Row, RowId, Standing};
use crate::store::{GONE_AFTER, History};
use crate::time::Time;
use crate::transition::State;

const COLUMNS: &str = "\
id, account, key, state, lane, priority, attempt, created_at, not_before, not_after, retry_at, claimed_at, lease_until,
settled_at, status, code, cause, message_id, decided_by, replaced_at IS NOT NULL, message, source, settled_seq, digest, strict";

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Row, Option<i64>)> {
    let time = |column| {
        let time: Option<i64> = row.get(column)?;
        Ok::<_, rusqlite::Error>(time.map(|time| Time(time).into()))
    };
    let lane = text(row, 4)?;
    let read = Row {
        id: RowId(row.get(0)?),
        account: text(row, 1)?.unwrap_or_default(),
        key: text(row, 2)?,
        state: state(row, 3)?,
        lane: lane.filter(|lane| !lane.is_empty()),
        strict: row.get(24)?,
        priority: Priority::from_number(row.get(5)?),
        attempts: row.get(6)?,
        created_at: Time(row.get(7)?).into(),
        not_before: time(8)?,
        not_after: time(9)?,
        retry_at: time(10)?,
        claimed_at: time(11)?,
        lease_until: time(12)?,
        settled_at: time(13)?,
        status: row.get(14)?,
        code: row.get(15)?,
        cause: row.get(16)?,
        message_id: row.get::<_, Option<i64>>(17)?.map(MessageId),
        decided_by: row.get(18)?,
        replaced: row.get(19)?,
        message: text(row, 20)?,
        source: text(row, 21)?,
        digest: text(row, 23)?,
    };
    Ok((read, row.get(22)?))
}

fn rows(
    tx: &Transaction<'_>,
    rest: &str,
    values: impl Params,
) -> Result<Vec<(Row, Option<i64>)>, Error> {
    let read = || {
        let mut statement =
            tx.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox_message {rest}"))?;
        statement
            .query_map(values, row)?
            .collect::<Result<Vec<_>, _>>()
    };
    read().map_err(fail("read messages"))
}

pub(super) fn by_key(tx: &Transaction<'_>, account: &str, key: &str) -> Result<Option<Row>, Error> {
    let rest = "INDEXED BY outbox_key WHERE account = ?1 AND key = ?2 AND key IS NOT NULL AND replaced_at IS NULL";
    Ok(rows(tx, rest, [account, key])?.pop().map(|(row, _)| row))
}

pub(super) fn by_id(tx: &Transaction<'_>, id: RowId) -> Result<Option<Row>, Error> {
    Ok(rows(tx, "WHERE id = ?1", [id.0])?.pop().map(|(row, _)| row))
}

pub(super) fn settled_after(
    tx: &Transaction<'_>,
    cursor: Cursor,
    limit: u32,
) -> Result<(Vec<Row>, Cursor), Error> {
    let rest = "INDEXED BY outbox_settled WHERE settled_seq IS NOT NULL AND settled_seq > ?1
      ORDER BY settled_seq LIMIT ?2";
    let found = rows(tx, rest, params![cursor.0, limit])?;
    let next = found
        .last()
        .and_then(|(_, place)| *place)
        .map_or(cursor, Cursor);
    Ok((found.into_iter().map(|(row, _)| row).collect(), next))
}

pub(super) fn list(tx: &Transaction<'_>, filter: &Filter) -> Result<Vec<Row>, Error> {
    let mut conditions = vec!["id > ?".to_owned()];
    let mut values = vec![Value::Integer(filter.after.map_or(0, |id| id.0))];
    for (column, value) in [("account", &filter.account), ("lane", &filter.lane)] {
        if let Some(value) = value {
            conditions.push(format!("{column} = ?"));
            values.push(Value::Text(value.clone()));
        }
    }
    if !filter.states.is_empty() {
        let states: Vec<_> = filter
            .states
            .iter()
            .map(|state| format!("'{state}'"))
            .collect();
        conditions.push(format!("state IN ({})", states.join(", ")));
    }
    values.push(Value::Integer(
        filter.limit.unwrap_or(Filter::DEFAULT_LIMIT).into(),
    ));
    let rest = format!("WHERE {} ORDER BY id LIMIT ?", conditions.join(" AND "));
    let found = rows(tx, &rest, params_from_iter(values))?;
    Ok(found.into_iter().map(|(row, _)| row).collect())
}

pub(super) fn standing(tx: &Transaction<'_>, account: &str, now: Time) -> Result<Standing, Error> {
    let of_account = accounts::load(tx, account)?;
    let held = accounts::held(tx)?;
    let mut counts: BTreeMap<_, _> = State::ALL.into_iter().map(|state| (state, 0)).collect();
    let mut read = || {
        let sql = "SELECT state, count(*) FROM outbox_message INDEXED BY outbox_state WHERE account = ?1 GROUP BY state";
        let mut statement = tx.prepare_cached(sql)?;
        let found = statement.query_map([account], |row| Ok((state(row, 0)?, count(row, 1)?)))?;
        for pair in found {
            let (state, count) = pair?;
            counts.insert(state, count);
        }
        let due = "SELECT count(*), min(max(created_at, ready_at)) FROM outbox_message INDEXED BY outbox_due
          WHERE account = ?1 AND state = 'queued' AND priority IN (0, 1, 2) AND ready_at <= ?2";
        let due = tx.query_row(due, params![account, now.0], |row| {
            Ok((count(row, 0)?, row.get::<_, Option<i64>>(1)?))
        })?;
        let too_new = "SELECT count(*) FROM outbox_message INDEXED BY outbox_state
          WHERE account = ?1 AND state = 'queued' AND code = 'worker_too_old'";
        let too_new = tx.query_row(too_new, [account], |row| count(row, 0))?;
        let workers = "SELECT count(*) FROM outbox_worker WHERE account = ?1 AND seen_at > ?2";
        let workers = tx.query_row(workers, params![account, now.minus(GONE_AFTER).0], |row| {
            count(row, 0)
        })?;
        Ok((due, too_new, workers))
    };
    let ((due, oldest), too_new, workers) = read().map_err(fail("count messages"))?;
    Ok(Standing {
        counts,
        due,
        oldest_due: oldest.map(|time| Time(time).into()),
        too_new,
        late_verdicts: u64::try_from(of_account.late).unwrap_or_default(),
        paused: of_account.pause(now),
        held,
        rate: of_account.rate,
        workers,
    })
}

fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
}

pub(super) fn accounts(tx: &Transaction<'_>) -> Result<Vec<String>, Error> {
    let read = || {
        let mut statement =
            tx.prepare_cached("SELECT account FROM outbox_account ORDER BY account")?;
        statement
            .query_map([], |row| Ok(text(row, 0)?.unwrap_or_default()))?
            .collect::<Result<Vec<_>, _>>()
    };
    read().map_err(fail("read accounts"))
}

pub(super) fn history(tx: &Transaction<'_>, history: &History) -> Result<Vec<HistoryEvent>, Error> {
    let (condition, value) = match history {
        History::OfMessage(id) => ("message IS NOT NULL AND message = ?1", Value::Integer(id.0)),
        History::OfAccount(account) => ("account = ?1", Value::Text(account.clone())),
        History::All => ("?1 IS NULL", Value::Null),
    };
    let read = || {
        let sql = format!(
            "SELECT at, what, account, message, author, note FROM outbox_event WHERE {condition} ORDER BY id"
        );
        let mut statement = tx.prepare_cached(&sql)?;
        let events = statement.query_map([value.clone()], |row| {
            Ok(HistoryEvent {
                at: Time(row.get(0)?).into(),
                what: row.get(1)?,
                account: text(row, 2)?,
                row: row.get::<_, Option<i64>>(3)?.map(RowId),
                author: row.get(4)?,
                note: row.get(5)?,
            })
        })?;
        events.collect::<Result<Vec<_>, _>>()
    };
    read().map_err(fail("read events"))
}
