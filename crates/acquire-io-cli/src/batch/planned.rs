//! A file with its plan, and what people read about it.

use acquire_io_outbox::Outbox;

use super::file::{Checked, FileRow, Info, named};
use super::input::Input;
use super::place::Place;
use super::plan::{Action, Plan};
use super::preview;
use super::row::{Row, RowError};
use super::rows::Format;
use crate::exit::Failure;
use crate::settings::Target;

/// A file that was read, and what is to be done with it.
pub(super) struct Planned {
    pub(super) input: Input,
    pub(super) format: Format,
    pub(super) checked: Checked,
    pub(super) place: Place,
    /// None: it is not made yet.
    pub(super) outbox: Option<Outbox>,
    pub(super) plan: Plan,
}

impl Planned {
    pub(super) fn lines(&self, target: Option<&Target>) -> Vec<String> {
        preview::lines(
            &self.checked,
            &self.plan,
            target,
            &self.place,
            self.outbox.is_none(),
        )
    }

    /// The first of those that are to be sent.
    pub(super) fn first_messages(&self) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        for (row, info) in self.due()?.take(preview::SHOWN) {
            let row = row.map_err(Failure::usage)?;
            lines.extend(preview::message(info, row.entry.message()));
        }
        Ok(lines)
    }

    /// The rows that are to be sent, in their order.
    pub(super) fn due(
        &self,
    ) -> Result<impl Iterator<Item = (Result<Row, RowError>, &Info)>, Failure> {
        let rows = named(&self.input, self.format)?;
        let rows = rows.filter(|row| !row.as_ref().is_ok_and(|(_, name)| name.is_repeated));
        let planned = self.plan.actions.iter().zip(&self.checked.rows);
        let due = rows.zip(planned).filter(|(_, (action, _))| {
            matches!(
                action,
                Action::Insert | Action::Correct(_) | Action::Queued(_)
            )
        });
        Ok(due.map(|(row, (_, known))| (row.map(|(row, _)| row), &known.info)))
    }

    fn of_action(&self, is_meant: impl Fn(&Action) -> bool) -> Vec<&FileRow> {
        let rows = self.checked.rows.iter().zip(&self.plan.actions);
        let rows = rows.filter(|(_, action)| is_meant(action));
        rows.map(|(row, _)| row).collect()
    }

    /// What a person may not expect.
    pub(super) fn notes(&self) -> Vec<String> {
        let changed = self.of_action(|action| matches!(action, Action::ChangedAfterAccepted(_)));
        match changed.is_empty() {
            true => Vec::new(),
            false => vec![format!(
                "changed after it was accepted, and not sent again: {}",
                preview::rows(changed)
            )],
        }
    }

    /// # Errors
    /// When a row looks like one that was corrected too late, and `--changed` says nothing.
    pub(super) fn conflicts(&self) -> Result<(), Failure> {
        let places = self.plan.conflicts.iter().map(|(place, _)| *place);
        let rows = places.filter_map(|place| self.checked.rows.get(place));
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format_args!(
            "{} new rows are for the case and recipient of a message that was or may have been sent, and whose row is not \
             in the file any more: {}. Nothing was sent. --changed send sends them, --changed skip leaves them out",
            rows.len(),
            preview::rows(rows.iter().copied())
        )))
    }
}
