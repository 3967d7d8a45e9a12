//! A file with its plan, and what people read about it.

use acquire_io_outbox::Outbox;

use super::file::Checked;
use super::info::Info;
use super::place::Place;
use super::plan::{Action, Plan};
use super::preview;
use super::row::{Row, RowError};
use crate::exit::Failure;
use crate::settings::Target;

/// How many rows are listed.
const LISTED: usize = 10;

/// A file that was read, and what is to be done with it.
pub(super) struct Planned {
    pub(super) checked: Checked,
    pub(super) place: Place,
    /// None: it is not made yet.
    pub(super) outbox: Option<Outbox>,
    pub(super) plan: Plan,
}

impl Planned {
    pub(super) fn lines(&self, target: Option<&Target>) -> Vec<String> {
        preview::lines(
            self.checked.counts(),
            &self.plan,
            target,
            &self.place,
            self.outbox.is_none(),
        )
    }

    /// The first of those that are to be sent.
    pub(super) fn first_messages(&self) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        for row in self.due()?.take(preview::SHOWN) {
            let row = row.map_err(Failure::usage)?;
            lines.extend(preview::message(&Info::of_file(&row), row.entry.message()));
        }
        Ok(lines)
    }

    /// The rows that are to be sent, in their order.
    pub(super) fn due(&self) -> Result<impl Iterator<Item = Result<Row, RowError>>, Failure> {
        let actions = self.plan.actions.iter();
        let due = self.checked.read()?.zip(actions);
        let due = due.filter(|(_, action)| action.is_due());
        Ok(due.map(|(row, _)| row.map(|(_, row)| row)))
    }

    /// Names rows, ten at most. The places are in the file's order.
    fn names(&self, places: &[usize]) -> Result<String, Failure> {
        let mut listed = places.iter().take(LISTED).peekable();
        let mut names = Vec::new();
        for row in self.checked.read()? {
            if listed.peek().is_none() {
                break;
            }
            let (place, row) = row.map_err(Failure::usage)?;
            if listed.next_if(|listed| **listed == place).is_some() {
                names.push(Info::of_file(&row).name());
            }
        }
        if let Some(more @ 1..) = places.len().checked_sub(LISTED) {
            names.push(format!("and {more} more"));
        }
        Ok(names.join("; "))
    }

    /// What a person may not expect.
    pub(super) fn notes(&self) -> Result<Vec<String>, Failure> {
        let is_changed = |action: &Action| matches!(action, Action::ChangedAfterAccepted(_));
        let actions = self.plan.actions.iter().enumerate();
        let changed = actions.filter(|(_, action)| is_changed(action));
        let changed: Vec<_> = changed.map(|(place, _)| place).collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![format!(
            "changed after it was accepted, and not sent again: {}",
            self.names(&changed)?
        )])
    }

    /// # Errors
    /// When a row looks like one that was corrected too late, and `--changed` says nothing.
    pub(super) fn conflicts(&self) -> Result<(), Failure> {
        let conflicts = self.plan.conflicts.iter();
        let places: Vec<_> = conflicts.map(|(place, _)| *place).collect();
        if places.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format_args!(
            "{} new rows are for the case and recipient of a message that was or may have been sent, and whose row is not \
             in the file any more: {}. Nothing was sent. --changed send sends them, --changed skip leaves them out",
            places.len(),
            self.names(&places)?
        )))
    }
}
