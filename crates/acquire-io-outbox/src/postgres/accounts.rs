//! The conditions of accounts: pauses, rates, counters; and the hold of the whole outbox.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::error::{SqlError, fail};
use super::live::record;
use super::tx::{Tx, Value};
use super::value::{int, number};
use crate::account::{Account, FOR_EVER};
use crate::error::Error;
use crate::policy::Condition;
use crate::rate::Bucket;
use crate::record::Rate;
use crate::store::{Control, FORGOTTEN_AFTER};
use crate::time::Time;

const SELECT: &str = "\
SELECT paused_until, paused_why, paused_by, wait_until, wait_why, not_sent, waits, late, rate, burst, tokens, tokens_at
FROM acquire_outbox.account WHERE account = $1";

pub(super) async fn load(tx: &Tx, name: &str) -> Result<Account, Error> {
    let load = async || {
        read(
            tx.query(SELECT, &[(&name, Type::TEXT)]).await?.first(),
            name,
        )
    };
    load().await.map_err(fail("read an account"))
}

/// Waits until no other transaction changes the account's messages, and keeps the others waiting until this one ends. What
/// is read in the next statement is what the others have left: also how much of the rate is left, and whether one message is
/// being sent to try a server that was away. For these there is nothing else but this lock.
pub(super) async fn lock(tx: &Tx, name: &str) -> Result<Account, Error> {
    let sql = format!("{SELECT} FOR UPDATE");
    let lock = async || {
        let rows = tx.query(&sql, &[(&name, Type::TEXT)]).await?;
        if let row @ Some(_) = rows.first() {
            return read(row, name);
        }
        let insert =
            "INSERT INTO acquire_outbox.account (account) VALUES ($1) ON CONFLICT DO NOTHING";
        tx.execute(insert, &[(&name, Type::TEXT)]).await?;
        read(tx.query(&sql, &[(&name, Type::TEXT)]).await?.first(), name)
    };
    lock().await.map_err(fail("lock an account"))
}

fn read(row: Option<&Row>, name: &str) -> Result<Account, SqlError> {
    let mut account = match row {
        None => Account::default(),
        Some(row) => {
            let until: Option<Time> = row.try_get(0)?;
            let why: Option<String> = row.try_get(1)?;
            let author = row.try_get(2)?;
            let burst: Option<i32> = row.try_get(9)?;
            let burst = u32::try_from(burst.unwrap_or(1)).unwrap_or(1);
            let rate: Option<f64> = row.try_get(8)?;
            Account {
                pause: until.map(|until| (until, why.unwrap_or_default(), author)),
                condition: Condition {
                    wait_until: row.try_get(3)?,
                    wait_why: row.try_get(4)?,
                    not_sent: number(row, 5)?,
                    waits: number(row, 6)?,
                },
                late: row.try_get(7)?,
                rate: rate.map(|each| Rate::per_second(each).burst(burst)),
                bucket: Bucket {
                    tokens: row.try_get(10)?,
                    at: row.try_get(11)?,
                },
                ..Account::default()
            }
        }
    };
    name.clone_into(&mut account.name);
    Ok(account.loaded())
}

/// Keeps what a turn has changed.
pub(super) async fn save(tx: &Tx, account: &Account) -> Result<(), Error> {
    if !account.has_changed() {
        return Ok(());
    }
    let sql = "UPDATE acquire_outbox.account SET wait_until = $2, wait_why = $3, not_sent = $4, waits = $5, late = $6,
      tokens = $7, tokens_at = $8 WHERE account = $1";
    let condition = &account.condition;
    let values = [
        (&account.name as _, Type::TEXT),
        (&condition.wait_until as _, Type::TIMESTAMPTZ),
        (&condition.wait_why as _, Type::TEXT),
        (&int(condition.not_sent) as _, Type::INT4),
        (&int(condition.waits) as _, Type::INT4),
        (&account.late as _, Type::INT8),
        (&account.bucket.tokens as _, Type::FLOAT8),
        (&account.bucket.at as _, Type::TIMESTAMPTZ),
    ];
    tx.execute(sql, &values)
        .await
        .map(drop)
        .map_err(fail("record an account"))
}

/// Whether a message of the account is being sent.
pub(super) async fn is_sending(tx: &Tx, account: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM acquire_outbox.message WHERE account = $1 AND state = 'sending')";
    let read = async || {
        Ok(tx
            .query_one(sql, &[(&account, Type::TEXT)])
            .await?
            .try_get(0)?)
    };
    read().await.map_err(fail("find what is being sent"))
}

/// Does what a person decided about an account, or about the whole outbox.
pub(super) async fn control(
    tx: &Tx,
    control: &Control,
    author: &str,
    now: Time,
) -> Result<(), Error> {
    let on_account = async |account: &str, set: &str, values: &[Value<'_>]| {
        lock(tx, account).await?;
        let sql = format!("UPDATE acquire_outbox.account SET {set} WHERE account = $1");
        let mut all = vec![(&account as _, Type::TEXT)];
        all.extend(values.iter().cloned());
        tx.execute(&sql, &all)
            .await
            .map(drop)
            .map_err(fail("record a decision"))
    };
    let on_all = async |set: &str, values: &[Value<'_>]| {
        let sql = format!("UPDATE acquire_outbox.meta SET {set}");
        tx.execute(&sql, values)
            .await
            .map(drop)
            .map_err(fail("record a decision"))
    };
    match control {
        Control::Pause {
            account,
            until,
            why,
        } => {
            let until = until.unwrap_or(FOR_EVER);
            let values = [
                (&until as _, Type::TIMESTAMPTZ),
                (why as _, Type::TEXT),
                (&author as _, Type::TEXT),
            ];
            let set = "paused_until = $2, paused_why = $3, paused_by = $4";
            on_account(account, set, &values).await
        }
        Control::Resume { account } => {
            let set = "paused_until = NULL, paused_why = NULL, paused_by = NULL, wait_until = NULL, wait_why = NULL";
            on_account(account, set, &[]).await
        }
        Control::Limit { account, rate } => {
            let (each, burst) = (
                rate.map(|rate| rate.per_second),
                rate.map(|rate| int(rate.burst)),
            );
            let values = [(&each as _, Type::FLOAT8), (&burst as _, Type::INT4)];
            let set = "rate = $2, burst = $3, tokens = NULL, tokens_at = NULL";
            on_account(account, set, &values).await
        }
        Control::Hold { why } => {
            let values = [
                (&now as _, Type::TIMESTAMPTZ),
                (why as _, Type::TEXT),
                (&author as _, Type::TEXT),
            ];
            on_all("held_at = $1, held_why = $2, held_by = $3", &values).await
        }
        Control::Release => on_all("held_at = NULL, held_why = NULL, held_by = NULL", &[]).await,
    }?;
    let (what, account, note) = control.record();
    record(tx, now, what, account, None, Some(author), note.as_deref()).await
}

/// Remembers where an account's messages go.
pub(super) async fn target(tx: &Tx, account: &str, target: &str) -> Result<(), Error> {
    lock(tx, account).await?;
    let sql = "UPDATE acquire_outbox.account SET target = coalesce(target, $2) WHERE account = $1 RETURNING target";
    let values = [(&account as _, Type::TEXT), (&target as _, Type::TEXT)];
    let set = async || Ok(tx.query_one(sql, &values).await?.try_get::<_, String>(0)?);
    let own = set().await.map_err(fail("record where messages go"))?;
    match own == target {
        true => Ok(()),
        false => Err(Error::target(&own, target)),
    }
}

/// Records which accounts a worker serves.
pub(super) async fn heartbeat(
    tx: &Tx,
    worker: &str,
    accounts: &[String],
    now: Time,
) -> Result<(), Error> {
    let write = async || {
        // Also those that were killed.
        let sql = "DELETE FROM acquire_outbox.worker WHERE worker = $1 OR seen_at < $2";
        let old = now.minus(FORGOTTEN_AFTER);
        tx.execute(sql, &[(&worker, Type::TEXT), (&old, Type::TIMESTAMPTZ)])
            .await?;
        let sql = "INSERT INTO acquire_outbox.worker (worker, account, seen_at)
          SELECT DISTINCT $1, account, $3::timestamptz FROM unnest($2::text[]) AS given (account)";
        let values = [
            (&worker as _, Type::TEXT),
            (&accounts as _, Type::TEXT_ARRAY),
            (&now as _, Type::TIMESTAMPTZ),
        ];
        tx.execute(sql, &values).await
    };
    write().await.map(drop).map_err(fail("record a worker"))
}
