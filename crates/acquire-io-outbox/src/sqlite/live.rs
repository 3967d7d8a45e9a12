//! One row while an event is applied to it. Every change of a state goes through here, by the table of transitions; a
//! transaction has the file to itself, so nothing changes between reading a row and writing it.

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::fail::fail;
use crate::error::Error;
use crate::record::RowId;
use crate::store::{Ended, Token};
use crate::time::Time;
use crate::transition::{Event, Outcome, Position, State, apply};
use crate::verdict::Verdict;

/// What the outbox keeps of a row, without its content.
pub(super) struct Live {
    pub(super) id: i64,
    pub(super) account: String,
    pub(super) key: Option<String>,
    pub(super) state: State,
    pub(super) decided_by: Option<String>,
    pub(super) replaced_at: Option<i64>,
    pub(super) attempt: u32,
    pub(super) failures: u32,
    pub(super) retry_at: Option<Time>,
    pub(super) not_after: Option<Time>,
    pub(super) first_claimed_at: Option<Time>,
    pub(super) claim: Option<Token>,
    pub(super) lease_until: Option<Time>,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) message_id: Option<i64>,
    pub(super) has_message: bool,
}

const SELECT: &str = "\
SELECT id, account, state, decided_by, replaced_at, attempt, failures, retry_at, not_after, first_claimed_at, claim,
  lease_until, status, code, cause, message_id, message IS NOT NULL, key
FROM outbox_message WHERE id = ?1";

const UPDATE: &str = "\
UPDATE outbox_message SET state = ?2, decided_by = ?3, attempt = ?4, failures = ?5, retry_at = ?6, first_claimed_at = ?7,
  lease_until = ?8, status = ?9, code = ?10, cause = ?11, message_id = ?12, settled_at = ?13, settled_seq = ?14,
  message = CASE WHEN ?15 THEN NULL ELSE message END, source = CASE WHEN ?15 THEN NULL ELSE source END
WHERE id = ?1";

impl Live {
    pub(super) fn load(tx: &Transaction<'_>, id: i64) -> Result<Option<Self>, Error> {
        let read = || {
            tx.prepare_cached(SELECT)?
                .query_row([id], Self::read)
                .optional()
        };
        read().map_err(fail("read a message"))
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Time));
        Ok(Self {
            id: row.get(0)?,
            account: text(row, 1)?.unwrap_or_default(),
            state: state(row, 2)?,
            decided_by: row.get(3)?,
            replaced_at: row.get(4)?,
            attempt: row.get(5)?,
            failures: row.get(6)?,
            retry_at: time(7)?,
            not_after: time(8)?,
            first_claimed_at: time(9)?,
            claim: row.get::<_, Option<i64>>(10)?.map(Token),
            lease_until: time(11)?,
            status: row.get(12)?,
            code: row.get(13)?,
            cause: row.get(14)?,
            message_id: row.get(15)?,
            has_message: row.get(16)?,
            key: row.get(17)?,
        })
    }

    pub(super) fn row_id(&self) -> RowId {
        RowId(self.id)
    }

    pub(super) fn position(&self) -> Position {
        Position {
            state: self.state,
            decided: self.decided_by.is_some(),
            replaced: self.replaced_at.is_some(),
        }
    }

    /// Applies an event. When it leads to a new position, the caller says what else changes and calls
    /// [`save`](Self::save). `author` is who decided, where a person did.
    pub(super) fn apply(&mut self, event: Event, author: Option<&str>) -> Outcome {
        let outcome = apply(self.position(), event);
        if let Outcome::To(to) = outcome {
            self.state = to.state;
            self.decided_by = match (to.decided, self.decided_by.take()) {
                (true, Some(earlier)) => Some(earlier),
                (true, None) => Some(author.unwrap_or_default().to_owned()),
                (false, _) => None,
            };
        }
        outcome
    }

    /// What a turn says of a message that it ended itself.
    pub(super) fn ended(self) -> Ended {
        Ended {
            id: self.id,
            key: self.key,
            state: self.state,
            code: self.code,
            cause: self.cause,
        }
    }

    /// What a worker reports.
    pub(super) fn note(&mut self, verdict: &Verdict) {
        self.status = verdict.status;
        self.code.clone_from(&verdict.code);
        self.cause.clone_from(&verdict.cause);
        self.message_id = verdict.message_id;
    }

    /// What the outbox says.
    pub(super) fn say(&mut self, code: &str, cause: impl Into<Option<String>>) {
        self.status = None;
        self.code = Some(code.to_owned());
        self.cause = cause.into();
    }

    pub(super) fn save(&self, tx: &Transaction<'_>, now: Time) -> Result<(), Error> {
        let save = || {
            let (settled_at, settled_seq) = match self.state.is_settled() {
                true => (Some(now.0), Some(next_settled(tx)?)),
                false => (None, None),
            };
            // What a person calls accepted keeps its content, so that the decision can be taken back.
            let erase = self.state == State::Accepted && self.decided_by.is_none();
            tx.prepare_cached(UPDATE)?.execute(params![
                self.id,
                self.state.as_str(),
                self.decided_by,
                self.attempt,
                self.failures,
                self.retry_at.map(|time| time.0),
                self.first_claimed_at.map(|time| time.0),
                self.lease_until.map(|time| time.0),
                self.status,
                self.code,
                self.cause,
                self.message_id,
                settled_at,
                settled_seq,
                erase,
            ])
        };
        save()
            .map(drop)
            .map_err(fail("record what became of a message"))
    }
}

/// The next place in the order of what was settled.
fn next_settled(tx: &Transaction<'_>) -> rusqlite::Result<i64> {
    // Two statements: `RETURNING` opens a table in memory each time.
    tx.prepare_cached("UPDATE outbox_meta SET settled = settled + 1")?
        .execute([])?;
    let mut next = tx.prepare_cached("SELECT settled FROM outbox_meta")?;
    next.query_row([], |row| row.get(0))
}

/// A column that other programs may have written: SQLite doesn't check that a text is UTF-8. What is not is replaced.
pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// A column that holds a state.
pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let name: String = row.get(column)?;
    name.parse().map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(
            column,
            kind,
            Box::<crate::ParseStateError>::new(error),
        )
    })
}

/// Records what people and followers of the outbox may want to know.
pub(super) fn record(
    tx: &Transaction<'_>,
    now: Time,
    what: &str,
    account: Option<&str>,
    message: Option<i64>,
    author: Option<&str>,
    note: Option<&str>,
) -> Result<(), Error> {
    let insert = || {
        let sql = "INSERT INTO outbox_event (at, what, account, message, author, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        tx.prepare_cached(sql)?
            .execute(params![now.0, what, account, message, author, note])
    };
    insert().map(drop).map_err(fail("record an event"))
}
