//! What the outbox knows of the rows of batches.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};

use acquire_io_outbox::{Entry, Filter, Outbox, Row, RowId, State};

use super::identity::{Id, Parsed};
use super::place::failure;
use super::plan::Known;
use super::remembered::{FileRow, FileRows};
use crate::exit::Failure;

/// Who cancels what has left the file. What a person cancels has the person's name.
pub(crate) const BATCH: &str = "acquire batch";

/// How many messages are read at a time.
const PAGE: u32 = 1000;

/// The messages that batches inserted for an account.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) known: HashMap<Id, Known>,
    /// How many queued messages other programs inserted.
    pub(crate) foreign: u64,
    /// Makes short forms of what is only compared.
    short: RandomState,
}

/// Calls a function with every message of an outbox, a page at a time.
pub(crate) async fn each_row(
    outbox: &Outbox,
    filter: Filter,
    mut each: impl FnMut(Row),
) -> Result<(), Failure> {
    let mut filter = filter.limit(PAGE);
    loop {
        let rows = outbox.list(filter.clone()).await.map_err(failure)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        filter = filter.after(last.id);
        rows.into_iter().for_each(&mut each);
    }
}

impl Memory {
    pub(crate) async fn load(outbox: &Outbox, account: &str) -> Result<Self, Failure> {
        let mut memory = Self::default();
        let short = memory.short.clone();
        let mut cancelled = Vec::new();
        each_row(outbox, Filter::all().account(account), |row| {
            let Some(parsed) = row.key.as_deref().and_then(Parsed::new) else {
                memory.foreign += u64::from(row.state == State::Queued);
                return;
            };
            if row.replaced {
                return;
            }
            let id = parsed.id();
            let known = Known {
                id: row.id,
                state: row.state,
                recipient: parsed.recipient(row.lane.as_deref()),
                has_key: parsed.key().is_some(),
                content: row.digest().map(|digest| short.hash_one(digest)),
                schedule: short.hash_one(row.schedule()),
                is_cancelled_by_batch: false,
            };
            // Two processes may have inserted a row at once, with two recipients. What was sent counts.
            let other = memory.known.get(&id);
            if other.is_some_and(|other| weight(other.state) >= weight(row.state)) {
                return;
            }
            if row.state == State::Cancelled {
                cancelled.push(id);
            }
            memory.known.insert(id, known);
        })
        .await?;
        for id in cancelled {
            if let Some(known) = memory.known.get_mut(&id)
                && known.state == State::Cancelled
            {
                let history = outbox.history(known.id).await.map_err(failure)?;
                let last = history.iter().rfind(|event| event.what == "cancelled");
                known.is_cancelled_by_batch =
                    last.is_some_and(|event| event.author.as_deref() == Some(BATCH));
            }
        }
        Ok(memory)
    }

    /// Whether a row of the file says something else than its message in the outbox: other content, or, while it is not
    /// sent yet, another time or order.
    pub(crate) fn is_changed(&self, row: &FileRow, entry: &Entry, outbox: &Outbox) -> bool {
        let Some(known) = self.known.get(&row.id) else {
            return false;
        };
        let content = self.short.hash_one(outbox.digest(entry.message()));
        let schedule = self.short.hash_one(entry.schedule());
        known.content.is_some_and(|before| before != content)
            || known.state == State::Queued && known.schedule != schedule
    }
}

/// What became of the rows of a file, in its order.
pub(crate) struct States {
    pub(crate) rows: Vec<Option<State>>,
    /// The messages of those that are unknown, by their places.
    pub(crate) unknown: BTreeMap<usize, RowId>,
}

impl States {
    pub(crate) async fn load(
        outbox: &Outbox,
        account: &str,
        rows: &FileRows,
    ) -> Result<Self, Failure> {
        let mut states: Vec<Option<State>> = vec![None; rows.rows().len()];
        let mut unknown = BTreeMap::new();
        each_row(outbox, Filter::all().account(account), |row| {
            let parsed = row.key.as_deref().and_then(Parsed::new);
            let place = parsed.and_then(|parsed| rows.place(&parsed.id()));
            let Some(place) = place.filter(|_| !row.replaced) else {
                return;
            };
            if let Some(state) = states.get_mut(place)
                && state.is_none_or(|other| weight(other) < weight(row.state))
            {
                *state = Some(row.state);
                unknown.remove(&place);
                if row.state == State::Unknown {
                    unknown.insert(place, row.id);
                }
            }
        })
        .await?;
        Ok(Self {
            rows: states,
            unknown,
        })
    }
}

fn weight(state: State) -> u8 {
    match state {
        State::Accepted => 6,
        State::Unknown => 5,
        State::Sending => 4,
        State::Queued => 3,
        State::Refused => 2,
        State::NotSent => 1,
        _ => 0,
    }
}
