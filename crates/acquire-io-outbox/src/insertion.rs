//! Inserting entries: the row of each, and what becomes of one whose key is taken. The same for every store.

use std::collections::HashMap;

use acquire_io::{InvalidMessage, Message};
use serde::Serialize;

use crate::digest::Secret;
use crate::entry::{Entry, Source};
use crate::error::Error;
use crate::record::{Inserted, RowId};
use crate::transition::{Event, Outcome, Position, State, apply};

/// The columns of a new row. Its JSON is what the stores' `INSERT` statements take.
#[derive(Clone, Serialize)]
pub(crate) struct NewRow {
    pub(crate) account: String,
    pub(crate) key: Option<String>,
    pub(crate) digest: String,
    pub(crate) lane: String,
    pub(crate) strict: bool,
    pub(crate) priority: i64,
    pub(crate) not_before: Option<i64>,
    pub(crate) not_after: Option<i64>,
    /// As text, which no database changes.
    pub(crate) message: String,
    pub(crate) source: Option<String>,
}

/// Checks entries and prepares them.
///
/// # Errors
/// When one can't be sent as it is. The error has all problems of all entries.
pub(crate) fn prepare<'a>(
    secret: &Secret,
    account: &str,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Vec<NewRow>, Error> {
    if account.is_empty() {
        return Err(Error::setting(
            "the account is empty: name the Acquire account",
        ));
    }
    let mut prepared = Vec::new();
    let mut invalid = Vec::new();
    for (number, entry) in entries.into_iter().enumerate() {
        match prepare_one(secret, account, entry) {
            Ok(row) => prepared.push(row),
            Err(problems) => invalid.push((number, problems)),
        }
    }
    match invalid.is_empty() {
        true => Ok(prepared),
        false => Err(Error::invalid(invalid)),
    }
}

fn prepare_one(secret: &Secret, account: &str, entry: &Entry) -> Result<NewRow, InvalidMessage> {
    entry.check()?;
    Ok(NewRow {
        account: account.to_owned(),
        key: entry.key.clone(),
        digest: secret.digest(&entry.message),
        lane: entry.lane_name(),
        strict: entry.strict,
        priority: entry.priority.number(),
        not_before: entry.not_before.map(|time| time.0),
        not_after: entry.not_after.map(|time| time.0),
        // The check has found it to be valid, and what is valid is JSON.
        message: serde_json::to_string(&entry.message).unwrap_or_default(),
        source: match &entry.source {
            Source::Json(json) => Some(json.get().to_owned()),
            Source::None | Source::NotJson => None,
        },
    })
}

/// The row that has the key of an entry.
pub(crate) struct Taken {
    pub(crate) id: i64,
    pub(crate) state: State,
    pub(crate) decided: bool,
    pub(crate) digest: Option<String>,
    /// When there is no digest.
    pub(crate) message: Option<String>,
}

impl Taken {
    /// Whether its message is the same. One that was inserted by hand, and was never claimed, has no digest yet.
    pub(crate) fn is_same(&self, row: &NewRow, secret: &Secret) -> bool {
        let own = self.digest.clone().or_else(|| {
            let message = Message::from_json(self.message.as_deref()?).ok()?;
            Some(secret.digest(&message))
        });
        own.as_ref() == Some(&row.digest)
    }

    pub(crate) fn can_be_replaced(&self) -> bool {
        let at = Position {
            state: self.state,
            decided: self.decided,
            replaced: false,
        };
        matches!(apply(at, Event::Replace), Outcome::To(_))
    }
}

/// What is to be done with an entry.
pub(crate) enum Plan {
    /// Nothing: the same message is there already.
    Exists(RowId, State),
    /// Nothing: the entry with this place in the same call is the same.
    Repeats(usize),
    /// Insert it. It takes the key of another row.
    Insert(Option<RowId>),
}

/// What is to be done with each entry. `taken` has the rows that have keys of these.
///
/// # Errors
/// When a key belongs to another message that can't be replaced.
pub(crate) fn plan(
    rows: &[NewRow],
    taken: &HashMap<String, Taken>,
    secret: &Secret,
) -> Result<Vec<Plan>, Error> {
    // The places of those that are inserted, by their keys.
    let mut new: HashMap<&str, (usize, &NewRow)> = HashMap::new();
    let mut plans = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let Some(key) = row.key.as_deref() else {
            plans.push(Plan::Insert(None));
            continue;
        };
        if let Some((earlier, other)) = new.get(key) {
            if other.digest != row.digest {
                return Err(Error::key_twice(place, *earlier));
            }
            plans.push(Plan::Repeats(*earlier));
            continue;
        }
        plans.push(match taken.get(key) {
            Some(taken) if taken.is_same(row, secret) => Plan::Exists(RowId(taken.id), taken.state),
            Some(taken) if !taken.can_be_replaced() => {
                return Err(Error::key_taken(place, RowId(taken.id), taken.state));
            }
            taken => {
                new.insert(key, (place, row));
                Plan::Insert(taken.map(|taken| RowId(taken.id)))
            }
        });
    }
    Ok(plans)
}

/// The rows that are to be inserted.
pub(crate) fn to_insert<'a>(rows: &'a [NewRow], plans: &[Plan]) -> Vec<&'a NewRow> {
    let pairs = rows.iter().zip(plans);
    let new = pairs.filter(|(_, plan)| matches!(plan, Plan::Insert(_)));
    new.map(|(row, _)| row).collect()
}

/// What became of each entry. `ids` are the numbers of those that were inserted, in their order. None: there are too few.
pub(crate) fn inserted(plans: Vec<Plan>, ids: Vec<i64>) -> Option<Vec<Inserted>> {
    let mut ids = ids.into_iter().map(RowId);
    let mut all: Vec<Inserted> = Vec::with_capacity(plans.len());
    for plan in plans {
        let (id, state, existed, replaces) = match plan {
            Plan::Exists(id, state) => (id, state, true, None),
            Plan::Repeats(place) => (all.get(place)?.id, State::Queued, true, None),
            Plan::Insert(replaces) => (ids.next()?, State::Queued, false, replaces),
        };
        all.push(Inserted {
            id,
            state,
            existed,
            replaces,
        });
    }
    Some(all)
}
