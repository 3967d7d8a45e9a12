//! What the outbox knows of the rows of batches.

use std::collections::HashMap;

use acquire_io_outbox::{Digest, Filter, Outbox, Row, State};

use super::identity::{Id, Parsed};
use super::place::failure;
use super::plan::Known;
use crate::exit::Failure;

/// Who cancels what has left the file. What a person cancels has the person's name.
pub(crate) const BATCH: &str = "acquire batch";

/// How many messages are read at a time.
const PAGE: u32 = 1000;

/// The messages that batches inserted for an account.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) known: HashMap<Id, Known>,
    /// What recognises their messages.
    pub(crate) digests: HashMap<Id, Digest>,
    /// How many queued messages other programs inserted.
    pub(crate) foreign: u64,
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
            if let Some(digest) = row.digest() {
                memory.digests.insert(id, digest);
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
