//! The options that choose messages.

use acquire_io_outbox::{Filter, Outbox, Row, RowId, State};
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;

use crate::batch::check::identity::shown_key;
use crate::batch::known::each_row;
use crate::batch::place::failure;
use crate::batch::report::info::Origin;
use crate::exit::Failure;

#[derive(Args)]
#[group(id = "messages", required = true, multiple = true)]
pub(crate) struct Select {
    /// The message of the row with this key. Can be given several times
    #[arg(long)]
    key: Vec<String>,
    /// The message of the row that was at this line of the file when it was queued: lines may have moved since. Can be
    /// given several times
    #[arg(long, value_name = "NUMBER")]
    line: Vec<u64>,
    /// The message with this number in the outbox. Can be given several times
    #[arg(long, value_name = "NUMBER")]
    id: Vec<i64>,
    /// All messages to which the command applies
    #[arg(long)]
    pub(crate) all: bool,
}

impl Select {
    /// The chosen messages, of which `--all` takes those that `applies` to.
    ///
    /// # Errors
    /// When a message that was named isn't there.
    pub(crate) async fn rows(
        &self,
        outbox: &Outbox,
        applies: impl Fn(&Row) -> bool,
    ) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        let (mut keys, mut lines) = (vec![false; self.key.len()], vec![false; self.line.len()]);
        if self.all || !self.key.is_empty() || !self.line.is_empty() {
            each_row(outbox, Filter::all(), |row| {
                if row.replaced {
                    return;
                }
                let mut is_chosen = self.all && applies(&row);
                if let Some(key) = row.key.as_deref().and_then(shown_key) {
                    is_chosen |= mark(&self.key, &mut keys, |given| given == key);
                }
                if let Some(line) = Origin::of(&row).and_then(|origin| origin.line) {
                    is_chosen |= mark(&self.line, &mut lines, |given| *given == line);
                }
                if is_chosen {
                    rows.push(row);
                }
            })
            .await?;
        }
        let mut keys = self.key.iter().zip(&keys);
        if let Some((key, _)) = keys.find(|(_, is_found)| !**is_found) {
            return Err(Failure::usage(format_args!(
                "--key {}: the outbox has no message with this key",
                inert(key)
            )));
        }
        let mut lines = self.line.iter().zip(&lines);
        if let Some((line, _)) = lines.find(|(_, is_found)| !**is_found) {
            return Err(Failure::usage(format_args!(
                "--line {line}: no message was queued from this line. The line of a message that was accepted is not kept: \
                 use --key or --id"
            )));
        }
        for id in &self.id {
            let row = outbox.get_by_id(RowId(*id)).await.map_err(failure)?;
            let row = row.ok_or_else(|| {
                Failure::usage(format_args!(
                    "--id {id}: the outbox has no message with this ID"
                ))
            })?;
            if rows.iter().all(|other| other.id != row.id) {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// Marks the given values that are found.
fn mark<T>(given: &[T], found: &mut [bool], is_it: impl Fn(&T) -> bool) -> bool {
    let mut is_given = false;
    for (given, found) in given.iter().zip(found) {
        if is_it(given) {
            *found = true;
            is_given = true;
        }
    }
    is_given
}

/// Whether its outcome is unknown.
pub(crate) fn is_unknown(row: &Row) -> bool {
    row.state == State::Unknown
}
