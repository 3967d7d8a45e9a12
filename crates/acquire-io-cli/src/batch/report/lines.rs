//! Which line of the file a message came from: the outbox forgets it when the message was accepted.

use acquire_io_outbox::RowId;

/// Lines by the numbers of messages, in few bytes each.
#[derive(Default)]
pub(crate) struct Lines(Vec<(RowId, u64)>);

impl Lines {
    pub(crate) fn new(mut lines: Vec<(RowId, u64)>) -> Self {
        lines.sort_unstable();
        Self(lines)
    }

    pub(crate) fn get(&self, id: RowId) -> Option<u64> {
        let place = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.0.get(place).map(|(_, line)| *line)
    }
}
