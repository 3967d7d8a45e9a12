//! Bringing a plan into the outbox: what is cancelled, corrected and inserted before the first message is sent.

use std::collections::HashMap;
use std::path::Path;

use acquire_io_outbox::{Entry, Outbox, RowId};
use serde::Serialize;

use super::file::{Checked, Info, named};
use super::input::Input;
use super::known::BATCH;
use super::place::failure;
use super::plan::{Action, Plan};
use super::row::{Fields, Row};
use super::rows::Format;
use crate::exit::Failure;

/// How many messages are inserted at a time.
const CHUNK: usize = 500;
/// The longest row that is kept as where a message came from, in bytes. An outbox takes 16 KiB.
const LONGEST_ROW: usize = 15 * 1024;

/// Where a message came from.
#[derive(Serialize)]
struct Origin<'a> {
    file: &'a str,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<&'a Fields>,
}

pub(super) struct Fill<'a> {
    pub(super) outbox: &'a Outbox,
    pub(super) account: &'a str,
    pub(super) file: &'a Path,
}

impl Fill<'_> {
    /// Returns what is known of each message that the run may send.
    pub(super) async fn fill(
        &self,
        input: &Input,
        format: Format,
        checked: &Checked,
        plan: &Plan,
    ) -> Result<HashMap<RowId, Info>, Failure> {
        for id in &plan.cancel {
            match self.outbox.cancel(*id, BATCH).await {
                Ok(_) => {}
                // Another process was faster.
                Err(error) if error.is_rejected() => {}
                Err(error) => return Err(failure(error)),
            }
        }
        let mut infos = HashMap::new();
        let mut due = Vec::new();
        let mut place = 0;
        for row in named(input, format)? {
            let (row, name) = row.map_err(Failure::usage)?;
            if name.is_repeated {
                continue;
            }
            let (action, known) = match (plan.actions.get(place), checked.rows.get(place)) {
                (Some(action), Some(known)) => (*action, known),
                _ => break,
            };
            place += 1;
            match action {
                Action::Insert => {
                    due.push((self.entry(row, name.outbox_key()), known.info.clone()))
                }
                Action::Correct(id) => {
                    let entry = self.entry(row, name.outbox_key());
                    let corrected = self.outbox.correct(id, self.account, entry, BATCH).await;
                    match corrected {
                        Ok(_) => {}
                        // Another process sends it as it was.
                        Err(error) if error.is_rejected() => {}
                        Err(error) => return Err(failure(error)),
                    }
                    infos.insert(id, known.info.clone());
                }
                Action::Queued(id) => drop(infos.insert(id, known.info.clone())),
                _ => {}
            }
            if due.len() >= CHUNK {
                self.insert(&mut due, &mut infos).await?;
            }
        }
        self.insert(&mut due, &mut infos).await?;
        Ok(infos)
    }

    async fn insert(
        &self,
        due: &mut Vec<(Entry, Info)>,
        infos: &mut HashMap<RowId, Info>,
    ) -> Result<(), Failure> {
        let (entries, of_entries): (Vec<_>, Vec<_>) = due.drain(..).unzip();
        if entries.is_empty() {
            return Ok(());
        }
        let inserted = self.outbox.insert(self.account, entries).await;
        let inserted = inserted.map_err(failure)?.into_iter();
        infos.extend(inserted.map(|inserted| inserted.id).zip(of_entries));
        Ok(())
    }

    fn entry(&self, row: Row, key: String) -> Entry {
        let file = self.file.to_string_lossy();
        let length: usize = row
            .fields
            .0
            .iter()
            .map(|(name, value)| name.len() + value.get().len() + 4)
            .sum();
        let origin = Origin {
            file: &file,
            line: row.line,
            row: Some(&row.fields).filter(|_| length + file.len() < LONGEST_ROW),
        };
        row.entry.key(key).source(origin)
    }
}
