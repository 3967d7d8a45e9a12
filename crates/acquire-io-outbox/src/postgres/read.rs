//! Reading messages and standings.

use std::collections::BTreeMap;
use std::time::SystemTime;

use acquire_io::MessageId;
use tokio_postgres::types::Type;

use super::accounts;
use super::error::{SqlError, fail};
use super::tx::{Tx, Value};
use super::value::{count, number, state, status};
use super::watch::Watch;
use crate::entry::Priority;
use crate::error::Error;
use crate::record::{Cursor, Filter, HistoryEvent, Row, RowId, Standing};
use crate::store::{GONE_AFTER, History};
use crate::time::Time;
use crate::transition::State;

const COLUMNS: &str = "\
id, account, key, state, lane, priority, attempt, created_at, not_before, not_after, retry_at, claimed_at, lease_until,
settled_at, status, code, cause, message_id, decided_by, replaced_at IS NOT NULL, message::text, source, settled_seq, digest, strict";

fn row(row: &tokio_postgres::Row) -> Result<(Row, Option<i64>), SqlError> {
    let time = |column| {
        let time: Option<Time> = row.try_get(column)?;
        Ok::<_, SqlError>(time.map(SystemTime::from))
    };
    let lane: String = row.try_get(4)?;
    let read = Row {
        id: RowId(row.try_get(0)?),
        account: row.try_get(1)?,
        key: row.try_get(2)?,
        state: state(row, 3)?,
        lane: Some(lane).filter(|lane| !lane.is_empty()),
        strict: row.try_get(24)?,
        priority: Priority::from_number(row.try_get::<_, i16>(5)?.into()),
        attempts: number(row, 6)?,
        created_at: row.try_get::<_, Time>(7)?.into(),
        not_before: time(8)?,
        not_after: time(9)?,
        retry_at: time(10)?,
        claimed_at: time(11)?,
        lease_until: time(12)?,
        settled_at: time(13)?,
        status: status(row, 14)?,
        code: row.try_get(15)?,
        cause: row.try_get(16)?,
        message_id: row.try_get::<_, Option<i64>>(17)?.map(MessageId),
        decided_by: row.try_get(18)?,
        replaced: row.try_get(19)?,
        message: row.try_get(20)?,
        source: row.try_get(21)?,
        digest: row.try_get(23)?,
    };
    Ok((read, row.try_get(22)?))
}

async fn rows(tx: &Tx, rest: &str, values: &[Value<'_>]) -> Result<Vec<(Row, Option<i64>)>, Error> {
    let read = async || {
        let sql = format!("SELECT {COLUMNS} FROM acquire_outbox.message {rest}");
        tx.query(&sql, values)
            .await?
            .iter()
            .map(row)
            .collect::<Result<_, _>>()
    };
    read().await.map_err(fail("read messages"))
}

pub(super) async fn by_key(tx: &Tx, account: &str, key: &str) -> Result<Option<Row>, Error> {
    let rest = "WHERE account = $1 AND key = $2 AND key IS NOT NULL AND replaced_at IS NULL";
    let found = rows(tx, rest, &[(&account, Type::TEXT), (&key, Type::TEXT)]).await?;
    Ok(found.into_iter().next().map(|(row, _)| row))
}

pub(super) async fn by_id(tx: &Tx, id: RowId) -> Result<Option<Row>, Error> {
    let found = rows(tx, "WHERE id = $1", &[(&id.0, Type::INT8)]).await?;
    Ok(found.into_iter().next().map(|(row, _)| row))
}

pub(super) async fn settled_after(
    tx: &Tx,
    cursor: Cursor,
    limit: u32,
) -> Result<(Vec<Row>, Cursor), Error> {
    let rest = "WHERE settled_seq IS NOT NULL AND settled_seq > $1 ORDER BY settled_seq LIMIT $2";
    let limit = i64::from(limit);
    let found = rows(tx, rest, &[(&cursor.0, Type::INT8), (&limit, Type::INT8)]).await?;
    let next = found
        .last()
        .and_then(|(_, place)| *place)
        .map_or(cursor, Cursor);
    Ok((found.into_iter().map(|(row, _)| row).collect(), next))
}

pub(super) async fn list(tx: &Tx, filter: &Filter) -> Result<Vec<Row>, Error> {
    let after = filter.after.map_or(0, |id| id.0);
    let limit = i64::from(filter.limit.unwrap_or(Filter::DEFAULT_LIMIT));
    let mut conditions = vec!["id > $1".to_owned()];
    let mut values: Vec<Value<'_>> = vec![(&after, Type::INT8), (&limit, Type::INT8)];
    for (column, value) in [("account", &filter.account), ("lane", &filter.lane)] {
        if let Some(value) = value {
            values.push((value, Type::TEXT));
            conditions.push(format!("{column} = ${}", values.len()));
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
    let rest = format!("WHERE {} ORDER BY id LIMIT $2", conditions.join(" AND "));
    let found = rows(tx, &rest, &values).await?;
    Ok(found.into_iter().map(|(row, _)| row).collect())
}

pub(super) async fn standing(tx: &Tx, account: &str, watch: Watch) -> Result<Standing, Error> {
    let now = watch.now;
    let of_account = accounts::load(tx, account).await?;
    let read = async || {
        let of_account = [(&account as _, Type::TEXT)];
        let at = |time| [(&account as _, Type::TEXT), (time as _, Type::TIMESTAMPTZ)];
        let mut counts: BTreeMap<_, _> = State::ALL.into_iter().map(|state| (state, 0)).collect();
        let sql =
            "SELECT state, count(*) FROM acquire_outbox.message WHERE account = $1 GROUP BY state";
        for row in tx.query(sql, &of_account).await? {
            counts.insert(state(&row, 0)?, count(&row, 1)?);
        }
        let sql = "SELECT count(*), min(greatest(created_at, ready_at)) FROM acquire_outbox.message
          WHERE account = $1 AND state = 'queued' AND priority IN (0, 1, 2) AND ready_at <= $2";
        let due = tx.query_one(sql, &at(&now)).await?;
        let sql = "SELECT count(*) FROM acquire_outbox.message
          WHERE account = $1 AND state = 'queued' AND code = 'worker_too_old'";
        let too_new = tx.query_one(sql, &of_account).await?;
        let sql = "SELECT count(*) FROM acquire_outbox.worker WHERE account = $1 AND seen_at > $2";
        let workers = tx.query_one(sql, &at(&now.minus(GONE_AFTER))).await?;
        let oldest: Option<Time> = due.try_get(1)?;
        Ok((
            counts,
            (count(&due, 0)?, oldest),
            count(&too_new, 0)?,
            count(&workers, 0)?,
        ))
    };
    let (counts, (due, oldest), too_new, workers) = read().await.map_err(fail("count messages"))?;
    Ok(Standing {
        counts,
        due,
        oldest_due: oldest.map(SystemTime::from),
        too_new,
        late_verdicts: u64::try_from(of_account.late).unwrap_or_default(),
        paused: of_account.pause(now),
        held: watch.held,
        rate: of_account.rate,
        workers,
    })
}

pub(super) async fn accounts(tx: &Tx) -> Result<Vec<String>, Error> {
    // Jumps from account to account in an index.
    let sql = "WITH RECURSIVE found (account) AS (
        (SELECT account FROM acquire_outbox.message ORDER BY account LIMIT 1)
        UNION ALL
        SELECT (SELECT m.account FROM acquire_outbox.message AS m
          WHERE m.account > found.account ORDER BY m.account LIMIT 1)
        FROM found WHERE found.account IS NOT NULL)
      SELECT account FROM (
        SELECT account FROM found WHERE account IS NOT NULL
        UNION SELECT account FROM acquire_outbox.account) AS both_of_them
      ORDER BY account COLLATE \"C\"";
    let read = async || {
        tx.query(sql, &[])
            .await?
            .iter()
            .map(|row| Ok(row.try_get(0)?))
            .collect::<Result<_, SqlError>>()
    };
    read().await.map_err(fail("read accounts"))
}

pub(super) async fn history(tx: &Tx, history: &History) -> Result<Vec<HistoryEvent>, Error> {
    let (condition, values): (_, Vec<Value<'_>>) = match history {
        History::OfMessage(id) => (
            "message IS NOT NULL AND message = $1",
            vec![(&id.0, Type::INT8)],
        ),
        History::OfAccount(account) => ("account = $1", vec![(account, Type::TEXT)]),
        History::All => ("true", Vec::new()),
    };
    let read = async || {
        let sql = format!(
            "SELECT at, what, account, message, author, note FROM acquire_outbox.event WHERE {condition} ORDER BY id"
        );
        let rows = tx.query(&sql, &values).await?;
        let events = rows.iter().map(|row| {
            Ok(HistoryEvent {
                at: row.try_get::<_, Time>(0)?.into(),
                what: row.try_get(1)?,
                account: row.try_get(2)?,
                row: row.try_get::<_, Option<i64>>(3)?.map(RowId),
                author: row.try_get(4)?,
                note: row.try_get(5)?,
            })
        });
        events.collect::<Result<_, SqlError>>()
    };
    read().await.map_err(fail("read events"))
}
