//! The conditions of accounts: pauses, rates, counters; and the hold of the whole outbox.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::fail::fail;
use super::live::record;
use crate::error::Error;
use crate::policy::Condition;
use crate::rate::Bucket;
use crate::record::{Pause, Rate};
use crate::store::{Control, Paused};
use crate::time::Time;

/// A pause without an end.
const FOR_EVER: i64 = i64::MAX;

/// An account, as its row says. One without a row is as one whose row says nothing.
#[derive(Default)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) pause: Option<(i64, String, Option<String>)>,
    pub(super) condition: Condition,
    pub(super) late: i64,
    pub(super) rate: Option<Rate>,
    bucket: Bucket,
    /// What the row says of the fields that a turn changes.
    kept: Option<(Condition, i64, Bucket)>,
}

impl Account {
    fn keeps(&self) -> (Condition, i64, Bucket) {
        (self.condition.clone(), self.late, self.bucket)
    }

    pub(super) fn load(tx: &Transaction<'_>, name: &str) -> Result<Self, Error> {
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
                Ok(Self {
                    name: name.to_owned(),
                    pause: until.map(|until| (until, why.unwrap_or_default(), author)),
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
                    kept: None,
                })
            });
            account.optional()
        };
        let account = read().map_err(fail("read an account"))?;
        let mut account = account.unwrap_or_else(|| Self {
            name: name.to_owned(),
            ..Self::default()
        });
        account.kept = Some(account.keeps());
        Ok(account)
    }

    /// Keeps what a turn has changed, if it changed something: an idle worker writes nothing.
    pub(super) fn save(&self, tx: &Transaction<'_>) -> Result<(), Error> {
        if self.kept.as_ref() == Some(&self.keeps()) {
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
                self.name,
                self.condition.wait_until.map(|time| time.0),
                self.condition.wait_why,
                self.condition.not_sent,
                self.condition.waits,
                self.late,
                self.bucket.tokens,
                self.bucket.at.map(|time| time.0),
            ])
        };
        save().map(drop).map_err(fail("record an account"))
    }

    /// Why nothing may be sent now, if so: what a person decided comes first.
    pub(super) fn pause(&self, now: Time) -> Option<Pause> {
        if let Some((until, why, author)) = &self.pause
            && *until > now.0
        {
            return Some(Pause {
                until: (*until != FOR_EVER).then(|| Time(*until).into()),
                why: why.clone(),
                author: author.clone(),
            });
        }
        let until = self
            .condition
            .wait_until
            .filter(|_| self.condition.is_waiting(now))?;
        Some(Pause {
            until: Some(until.into()),
            why: self.condition.wait_why.clone().unwrap_or_default(),
            author: None,
        })
    }

    pub(super) fn paused(&self, held: Option<&Pause>, now: Time) -> Option<Paused> {
        let pause = held.cloned().or_else(|| self.pause(now))?;
        Some(Paused {
            until: pause.until.map(Time::from),
            why: pause.why,
        })
    }

    /// How many messages may be claimed.
    pub(super) fn slots(
        &mut self,
        tx: &Transaction<'_>,
        free: u32,
        now: Time,
    ) -> Result<u32, Error> {
        self.bucket = self.bucket.set_back(now);
        let is_sending = self.condition.is_probing() && self.is_sending(tx)?;
        let free = self.condition.slots(free, is_sending);
        Ok(self
            .rate
            .map_or(free, |rate| free.min(self.bucket.allowed(rate, now))))
    }

    fn is_sending(&self, tx: &Transaction<'_>) -> Result<bool, Error> {
        let read = || {
            let mut statement = tx.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM outbox_message INDEXED BY outbox_state
                WHERE account = ?1 AND state = 'sending')",
            )?;
            statement.query_row([&self.name], |row| row.get(0))
        };
        read().map_err(fail("find what is being sent"))
    }

    pub(super) fn take(&mut self, messages: u32, now: Time) {
        if let Some(rate) = self.rate
            && messages > 0
        {
            self.bucket = self.bucket.take(rate, now, messages);
        }
    }

    /// When the rate allows the next message, if there is a rate.
    pub(super) fn next(&self, now: Time) -> Option<Time> {
        self.rate.map(|rate| self.bucket.next(rate, now))
    }
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
    let (what, account, note) = match control {
        Control::Pause {
            account,
            until,
            why,
        } => {
            let until = until.map_or(FOR_EVER, |time| time.0);
            let set = "paused_until = ?2, paused_why = ?3, paused_by = ?4";
            on_account(account, set, &[&until, why, &author])?;
            ("paused", Some(account), Some(why.clone()))
        }
        Control::Resume { account } => {
            let set = "paused_until = NULL, paused_why = NULL, paused_by = NULL, wait_until = NULL, wait_why = NULL";
            on_account(account, set, &[])?;
            ("resumed", Some(account), None)
        }
        Control::Limit { account, rate } => {
            let (each, burst) = (
                rate.map(|rate| rate.per_second),
                rate.map(|rate| rate.burst),
            );
            let set = "rate = ?2, burst = ?3, tokens = NULL, tokens_at = NULL";
            on_account(account, set, &[&each, &burst])?;
            let note =
                rate.map(|rate| format!("{} a second, burst {}", rate.per_second, rate.burst));
            (
                "limited",
                Some(account),
                Some(note.unwrap_or_else(|| "no limit".to_owned())),
            )
        }
        Control::Hold { why } => {
            let sql = "UPDATE outbox_meta SET held_at = ?1, held_why = ?2, held_by = ?3";
            execute(sql, &[&now.0, why, &author])?;
            ("held", None, Some(why.clone()))
        }
        Control::Release => {
            execute(
                "UPDATE outbox_meta SET held_at = NULL, held_why = NULL, held_by = NULL",
                &[],
            )?;
            ("released", None, None)
        }
    };
    let account = account.map(String::as_str);
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
        tx.execute("DELETE FROM outbox_worker WHERE worker = ?1", [worker])?;
        let sql = "INSERT INTO outbox_worker (worker, account, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        for account in accounts {
            tx.execute(sql, params![worker, account, now.0])?;
        }
        Ok(())
    };
    write().map_err(fail("record a worker"))
}
