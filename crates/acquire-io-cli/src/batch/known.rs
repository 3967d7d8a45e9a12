//! What the outbox knows about the rows of a file.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::time::{Duration, SystemTime};

use acquire_io_outbox::{Entry, Filter, Outbox, Row, RowId, State};

use super::check::file_rows::{FileRow, FileRows};
use super::check::identity::{Id, Parsed};
use super::plan::Known;
use super::report::Origin;
use crate::exit::Failure;

/// The author of cancellations by a batch. Those by a person have the person's name.
pub(crate) const BATCH: &str = "acquire batch";

/// Whose messages a run may cancel and correct while they are queued.
#[derive(Clone, Copy)]
pub(crate) enum Own<'a> {
    /// Those of a list: see [`report::list`](crate::batch::report::list).
    List(Option<&'a str>),
    /// Those of the file that the outbox is beside, also after both were moved.
    Input(&'a Path),
    /// Those of all batches.
    All,
}

/// How long after an insertion its run counts as alive. It is a worker of the outbox only when it has inserted all.
const FILLING: Duration = Duration::from_secs(60);

/// How many messages are read at a time.
const PAGE: u32 = 1000;

/// The messages that batches inserted for an account.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) known: HashMap<Id, Known>,
    /// How many queued messages other programs inserted.
    pub(crate) foreign: u64,
    /// Whether somebody else inserted one of the queued messages a moment ago, and so is about to send it.
    pub(crate) is_filling: bool,
    /// Makes short hashes for comparisons.
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
        let rows = outbox.list(filter.clone()).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        filter = filter.after(last.id);
        rows.into_iter().for_each(&mut each);
    }
}

impl Own<'_> {
    /// Whether a message that a batch inserted, and that was not sent, is one of these.
    fn has(self, row: &Row) -> bool {
        // Only of these it matters, and they still say where they came from.
        let is_unsent = matches!(row.state, State::Queued | State::Refused | State::NotSent);
        let origin = || Origin::of(row).filter(|_| is_unsent);
        match self {
            Self::All => true,
            Self::List(None) => false,
            Self::List(list) => origin().is_some_and(|origin| origin.list.as_deref() == list),
            Self::Input(input) => origin().is_some_and(|origin| {
                let file = origin.file.as_deref().map(Path::new);
                file.and_then(Path::file_name) == input.file_name()
            }),
        }
    }
}

impl Memory {
    pub(crate) async fn load(
        outbox: &Outbox,
        account: &str,
        own: Own<'_>,
    ) -> Result<Self, Failure> {
        let mut memory = Self::default();
        let short = memory.short.clone();
        let mut cancelled = Vec::new();
        let lately = SystemTime::now().checked_sub(FILLING);
        each_row(outbox, Filter::all().account(account), |row| {
            let is_queued = row.state == State::Queued;
            let parsed = row.key.as_deref().and_then(Parsed::new);
            let is_own = parsed.is_some() && own.has(&row);
            memory.is_filling |= is_queued && !is_own && Some(row.created_at) > lately;
            let Some(parsed) = parsed else {
                memory.foreign += u64::from(is_queued);
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
                is_own,
            };
            // Two processes may have inserted a row at the same time with different recipients. The one that was sent counts.
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
                let history = outbox.history(known.id).await?;
                let last = history.iter().rfind(|event| event.what == "cancelled");
                known.is_cancelled_by_batch =
                    last.is_some_and(|event| event.author.as_deref() == Some(BATCH));
            }
        }
        Ok(memory)
    }

    /// Whether a row differs from its message in the outbox: by its content, or by its time or order while it isn't sent.
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

/// The states of the rows of a file, in its order.
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
