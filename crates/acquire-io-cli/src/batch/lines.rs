//! Which line of the file a message came from: the outbox forgets it when the message was accepted.

use acquire_io_outbox::RowId;

use super::runs::{Runs, Steps};

/// Lines by the numbers of messages. Most are inserted in the order of the file, one for each line.
#[derive(Default)]
pub(crate) struct Lines(Runs<(RowId, u64)>);

impl Steps for (RowId, u64) {
    fn after(self, steps: u32) -> Self {
        let (RowId(id), line) = self;
        (RowId(id + i64::from(steps)), line + u64::from(steps))
    }
}

impl Lines {
    pub(crate) fn new(lines: impl IntoIterator<Item = (RowId, u64)>) -> Self {
        let mut runs = Runs::default();
        lines.into_iter().for_each(|line| runs.push(line));
        runs.sort_by_key(|(id, _)| id);
        Self(runs)
    }

    pub(crate) fn get(&self, id: RowId) -> Option<u64> {
        self.0.find(id.0, |(id, _)| id.0).map(|(_, line)| line)
    }
}
