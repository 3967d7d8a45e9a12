//! The conditions of accounts: pauses, rates, counters; and the hold of the whole outbox.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::error::fail;
use super::live::record;
use crate::account::{Account, FOR_EVER};
use crate::error::Error;
use crate::policy::Condition;
use crate::rate::Bucket;
use crate::record::{Pause, Rate};
use crate::store::{Control, FORGOTTEN_AFTER};
use crate::time::Time;

pub(super) fn load(tx: &Transaction<'_>, name: &str) -> Result<Account, Error> {
    let read = || {
        let mut statement = tx.prepare_cached(
            "SELECT paused_until, paused_why, paused_by, wait_until, wait_why, not_sent, waits, late, rate, burst, tokens,
              tokens_at
            FROM outbox_account WHERE account = ?1",
        )?;
        let account = statement.query_row([name], |row| {
            let until: Option<i64> = row.get(0)?;
            let why: Option<String> = row.get(1)?;
            let author = row.get(2)?;
            let rate: (Option<f64>, Option<u32>) = (row.get(8)?, row.get(9)?);
            Ok(Account {
                pause: until.map(|until| (Time(until), why.unwrap_or_default(), author)),
                condition: Condition {
                    wait_until: row.get::<_, Option<i64>>(3)?.map(Time),
                    wait_why: row.get(4)?,
                    not_sent: row.get(5)?,
                    waits: row.get(6)?,
                },
                late: row.get(7)?,
                rate: rate
                    .0
                    .map(|each| Rate::per_second(each).burst(rate.1.unwrap_or(1))),
                bucket: Bucket {
                    tokens: row.get(10)?,
                    at: row.get::<_, Option<i64>>(11)?.map(Time),
                },
                ..Account::default()
            })
        });
        account.optional()
    };
    let account = read().map_err(fail("read an account"))?;
    let mut account = account.unwrap_or_default();
    name.clone_into(&mut account.name);
    Ok(account.loaded())
}

/// Keeps what a turn has changed.
pub(super) fn save(tx: &Transaction<'_>, account: &Account) -> Result<(), Error> {
    if !account.has_changed() {
        return Ok(());
    }
    let save = || {
        let mut statement = tx.prepare_cached(
            "INSERT INTO outbox_account (account, wait_until, wait_why, not_sent, waits, late, tokens, tokens_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (account) DO UPDATE SET wait_until = ?2, wait_why = ?3, not_sent = ?4, waits = ?5, late = ?6,
              tokens = ?7, tokens_at = ?8",
        )?;
        statement.execute(params![
            account.name,
            account.condition.wait_until.map(|time| time.0),
            account.condition.wait_why,
            account.condition.not_sent,
            account.condition.waits,
            account.late,
            account.bucket.tokens,
            account.bucket.at.map(|time| time.0),
        ])
    };
    save().map(drop).map_err(fail("record an account"))
}

/// Whether a message of the account is being sent.
pub(super) fn is_sending(tx: &Transaction<'_>, account: &str) -> Result<bool, Error> {
    let read = || {
        let mut statement = tx.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM outbox_message INDEXED BY outbox_state
            WHERE account = ?1 AND state = 'sending')",
        )?;
        statement.query_row([account], |row| row.get(0))
    };
    read().map_err(fail("find what is being sent"))
}

/// Why the whole outbox is held.
pub(super) fn held(tx: &Transaction<'_>) -> Result<Option<Pause>, Error> {
    let read = || {
        let mut statement =
            tx.prepare_cached("SELECT held_at, held_why, held_by FROM outbox_meta")?;
        statement.query_row([], |row| {
            let since: Option<i64> = row.get(0)?;
            let why: Option<String> = row.get(1)?;
            let author = row.get(2)?;
            Ok(since.map(|_| Pause {
                until: None,
                why: why.unwrap_or_default(),
                author,
            }))
        })
    };
    read().map_err(fail("read whether it is held"))
}

/// Does what a person decided about an account, or about the whole outbox.
pub(super) fn control(
    tx: &Transaction<'_>,
    control: &Control,
    author: &str,
    now: Time,
) -> Result<(), Error> {
    let execute = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        tx.execute(sql, values)
            .map(drop)
            .map_err(fail("record a decision"))
    };
    let on_account = |account: &str, set: &str, values: &[&dyn rusqlite::ToSql]| {
        execute(
            "INSERT INTO outbox_account (account) VALUES (?1) ON CONFLICT DO NOTHING",
            &[&account],
        )?;
        let mut all: Vec<&dyn rusqlite::ToSql> = vec![&account];
        all.extend(values);
        execute(
            &format!("UPDATE outbox_account SET {set} WHERE account = ?1"),
            &all,
        )
    };
    match control {
        Control::Pause {
            account,
            until,
            why,
        } => {
            let until = until.unwrap_or(FOR_EVER).0;
            let set = "paused_until = ?2, paused_why = ?3, paused_by = ?4";
            on_account(account, set, &[&until, why, &author])
        }
        Control::Resume { account } => {
            let set = "paused_until = NULL, paused_why = NULL, paused_by = NULL, wait_until = NULL, wait_why = NULL";
            on_account(account, set, &[])
        }
        Control::Limit { account, rate } => {
            let (each, burst) = (
                rate.map(|rate| rate.per_second),
                rate.map(|rate| rate.burst),
            );
            let set = "rate = ?2, burst = ?3, tokens = NULL, tokens_at = NULL";
            on_account(account, set, &[&each, &burst])
        }
        Control::Hold { why } => execute(
            "UPDATE outbox_meta SET held_at = ?1, held_why = ?2, held_by = ?3",
            &[&now.0, why, &author],
        ),
        Control::Release => execute(
            "UPDATE outbox_meta SET held_at = NULL, held_why = NULL, held_by = NULL",
            &[],
        ),
    }?;
    let (what, account, note) = control.record();
    record(tx, now, what, account, None, Some(author), note.as_deref())
}

/// Remembers where an account's messages go.
pub(super) fn target(tx: &Transaction<'_>, account: &str, target: &str) -> Result<(), Error> {
    let set = || {
        tx.execute(
            "INSERT INTO outbox_account (account, target) VALUES (?1, ?2)
            ON CONFLICT (account) DO UPDATE SET target = ifnull(target, ?2)",
            [account, target],
        )?;
        let sql = "SELECT target FROM outbox_account WHERE account = ?1";
        tx.query_row(sql, [account], |row| row.get::<_, String>(0))
    };
    let own = set().map_err(fail("record where messages go"))?;
    match own == target {
        true => Ok(()),
        false => Err(Error::target(&own, target)),
    }
}

/// Records which accounts a worker serves.
pub(super) fn heartbeat(
    tx: &Transaction<'_>,
    worker: &str,
    accounts: &[String],
    now: Time,
) -> Result<(), Error> {
    let write = || {
        // Also those that were killed.
        let sql = "DELETE FROM outbox_worker WHERE worker = ?1 OR seen_at < ?2";
        tx.execute(sql, params![worker, now.minus(FORGOTTEN_AFTER).0])?;
        let sql = "INSERT INTO outbox_worker (worker, account, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        for account in accounts {
            tx.execute(sql, params![worker, account, now.0])?;
        }
        Ok(())
    };
    write().map_err(fail("record a worker"))
}
