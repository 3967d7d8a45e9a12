//! Applies a plan to the outbox: cancels, corrects and inserts messages before the first is sent.

use std::path::Path;

use acquire_io_outbox::{Entry, Outbox, RowId};

use super::check::Checked;
use super::check::identity::Name;
use super::check::row::Row;
use super::known::BATCH;
use super::plan::{Action, Plan};
use super::report::Lines;
use super::report::Origin;
use super::runs::Runs;
use crate::exit::Failure;

/// How many messages are inserted at a time.
const CHUNK: usize = 500;
/// The longest row that is stored with its message, in bytes. An outbox takes 16 KiB.
const LONGEST_ROW: usize = 15 * 1024;

pub(super) struct Fill<'a> {
    pub(super) outbox: &'a Outbox,
    pub(super) account: &'a str,
    pub(super) file: &'a Path,
    /// Which list it is.
    pub(super) list: Option<&'a str>,
}

impl Fill<'_> {
    /// Returns the lines of the messages that the run may send.
    pub(super) async fn fill(&self, checked: &Checked, plan: &Plan) -> Result<Lines, Failure> {
        for id in &plan.cancel {
            match self.outbox.cancel(*id, BATCH).await {
                Ok(_) => {}
                // Another process was faster.
                Err(error) if error.is_rejected() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut lines = Runs::default();
        let mut new = Vec::new();
        let planned = plan.actions.iter().zip(checked.rows.rows());
        for (row, (action, known)) in checked.read()?.zip(planned) {
            let (_, row) = row.map_err(Failure::usage)?;
            let line = row.line;
            match action {
                Action::Insert => new.push((self.entry(row, known.number), line)),
                Action::Correct(id) => {
                    let entry = self.entry(row, known.number);
                    let corrected = self.outbox.correct(id, self.account, entry, BATCH).await;
                    match corrected {
                        Ok(_) => {}
                        // Another process sends it as it was.
                        Err(error) if error.is_rejected() => {}
                        Err(error) => return Err(error.into()),
                    }
                    lines.push((id, line));
                }
                // A person may queue it again during the run.
                Action::Queued(id) | Action::Settled(id, _) => lines.push((id, line)),
                _ => {}
            }
            if new.len() >= CHUNK {
                self.insert(&mut new, &mut lines).await?;
            }
        }
        self.insert(&mut new, &mut lines).await?;
        Ok(Lines::new(lines.iter(), checked.unit()))
    }

    async fn insert(
        &self,
        new: &mut Vec<(Entry, u64)>,
        lines: &mut Runs<(RowId, u64)>,
    ) -> Result<(), Failure> {
        let (entries, of_entries): (Vec<_>, Vec<_>) = new.drain(..).unzip();
        if entries.is_empty() {
            return Ok(());
        }
        let inserted = self.outbox.insert(self.account, entries).await;
        for (inserted, line) in inserted?.into_iter().zip(of_entries) {
            lines.push((inserted.id, line));
        }
        Ok(())
    }

    fn entry(&self, row: Row, number: u32) -> Entry {
        let key = Name::new(&row).outbox_key(number);
        let file = self.file.to_string_lossy().into_owned();
        let list = self.list.map(str::to_owned);
        let fields = row.fields.0.iter();
        let length: usize = fields
            .map(|(name, value)| name.len() + value.get().len() + 4)
            .sum();
        let names = file.len() + list.as_ref().map_or(0, String::len);
        let is_short = length + names < LONGEST_ROW;
        row.entry.key(key).source(Origin {
            file: Some(file),
            line: Some(row.line),
            list,
            unit: row.unit,
            row: is_short.then_some(row.fields),
        })
    }
}
