//! A file with its plan, and what people read about it.

use acquire_io_outbox::{Outbox, RowId};
use acquire_io_sandbox::cli::inert::{self, inert};

use super::preview;
use super::statistics::Statistics;
use super::{Info, Origin};
use crate::batch::check::Checked;
use crate::batch::check::row::Row;
use crate::batch::place::Place;
use crate::batch::plan::{Action, Plan};
use crate::batch::problems::RowError;
use crate::exit::Failure;
use crate::settings::Target;

/// How many rows are listed.
const LISTED: usize = 10;

/// A file that was read, and the plan for it.
pub(crate) struct Planned {
    pub(crate) checked: Checked,
    pub(crate) place: Place,
    /// None if it doesn't exist yet.
    pub(crate) outbox: Option<Outbox>,
    pub(crate) plan: Plan,
    pub(crate) others: Others,
}

/// Who else uses the outbox.
#[derive(Clone, Copy, Default)]
pub(crate) struct Others {
    /// How many queued messages no batch inserted.
    pub(crate) foreign: u64,
    /// Whether another process sends, or is about to.
    pub(crate) is_sending: bool,
    /// What other lists have queued is to be treated as this list's.
    pub(crate) take_over: bool,
}

impl Planned {
    pub(crate) fn lines(&self, target: Option<&Target>) -> Vec<String> {
        preview::lines(
            self.checked.counts(),
            &self.plan,
            target,
            &self.place,
            self.outbox.is_none(),
        )
    }

    /// Statistics of the rows that are to be sent.
    pub(crate) fn statistics(&self) -> Result<Vec<String>, Failure> {
        let mut statistics = Statistics::default();
        for row in self.due()? {
            statistics.add(&row.map_err(Failure::usage)?);
        }
        let mut lines = self.checked.rewritten();
        lines.extend(statistics.lines());
        let mut repeated = statistics.repeated();
        if !repeated.is_empty() {
            for row in self.due()? {
                repeated.find(&row.map_err(Failure::usage)?);
            }
            lines.push(repeated.line());
        }
        Ok(lines)
    }

    /// The first messages that are to be sent.
    pub(crate) fn first_messages(&self) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        for row in self.due()?.take(preview::SHOWN) {
            let row = row.map_err(Failure::usage)?;
            lines.extend(preview::message(&Info::of_file(&row), row.entry.message()));
        }
        Ok(lines)
    }

    /// The rows that are to be sent, in their order.
    pub(crate) fn due(&self) -> Result<impl Iterator<Item = Result<Row, RowError>>, Failure> {
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

    /// Rows that are not sent, which a person may not expect.
    pub(crate) fn notes(&self) -> Result<Vec<String>, Failure> {
        let places = |is_meant: fn(&Action) -> bool| -> Vec<usize> {
            let actions = self.plan.actions.iter().enumerate();
            let meant = actions.filter(|(_, action)| is_meant(action));
            meant.map(|(place, _)| place).collect()
        };
        let mut notes = Vec::from_iter(self.beside());
        for (places, what, advice) in [
            (
                places(|action| matches!(action, Action::ChangedAfterAccepted(_))),
                "changed after it was accepted, and not sent again",
                ". To send these rows another message, name another outbox with --outbox PATH",
            ),
            (
                places(|action| matches!(action, Action::Repeated)),
                "left out, since an earlier row has the same key",
                "",
            ),
        ] {
            if !places.is_empty() {
                notes.push(format!("{what}: {}{advice}", self.names(&places)?));
            }
        }
        Ok(notes)
    }

    /// Messages of others that the run sends too, since another process would send them anyway.
    fn beside(&self) -> Option<String> {
        let count = self.plan.others.len() as u64 + self.others.foreign;
        (count > 0).then(|| {
            format!("{count} queued messages of the outbox are not of this file, and are sent as well: another process sends them too")
        })
    }

    /// # Errors
    /// When the run would cancel, correct or send what belongs to somebody else.
    pub(crate) async fn check_others(&self) -> Result<(), Failure> {
        let path = inert::path(&self.place.path);
        let Others {
            foreign,
            is_sending,
            take_over,
        } = self.others;
        if let Some((place, id)) = self.plan.taken().next() {
            return Err(Failure::usage(format_args!(
                "{}: another list has queued another message under this key ({}). Give the row another key, or correct that \
                 message with --take-over. Nothing was sent",
                self.names(&[place])?,
                self.origin(id).await?
            )));
        }
        if is_sending && !take_over && !self.plan.cancel.is_empty() {
            return Err(Failure::usage(format_args!(
                "{} queued messages are not to be sent any more (their rows have left the file, or are beyond --limit), but \
                 another process sends from the outbox, or did within the last minute. Stop it, or cancel them all the same \
                 with --take-over. Nothing was sent",
                self.plan.cancel.len()
            )));
        }
        if is_sending {
            return Ok(());
        }
        if let Some(id) = self.plan.others.first() {
            return Err(Failure::usage(format_args!(
                "{} queued messages of the outbox are not of this file ({}). Send them first, by acquire outbox work {path}, \
                 or cancel them with --take-over. Nothing was sent",
                self.plan.others.len(),
                self.origin(*id).await?
            )));
        }
        if foreign > 0 {
            return Err(Failure::usage(format_args!(
                "{foreign} queued messages of the outbox were inserted by another program: send them first, by acquire outbox \
                 work {path}"
            )));
        }
        Ok(())
    }

    /// Which list a message came from.
    async fn origin(&self, id: RowId) -> Result<String, Failure> {
        let row = match &self.outbox {
            Some(outbox) => outbox.get_by_id(id).await?,
            None => None,
        };
        let origin = row.as_ref().and_then(Origin::of);
        let list = origin.and_then(|origin| origin.list.or(origin.file));
        Ok(match list {
            Some(list) => format!("message {id}, from {}", inert(&list)),
            None => format!("message {id}"),
        })
    }

    /// # Errors
    /// When a row looks like one that was corrected too late, and `--changed` isn't given.
    pub(crate) async fn conflicts(&self) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for (place, id) in self.plan.conflicts.iter().take(LISTED) {
            let earlier = match &self.outbox {
                Some(outbox) => outbox.get_by_id(*id).await?,
                None => None,
            };
            let earlier = earlier.as_ref().map(Info::of_outbox).unwrap_or_default();
            let what = match earlier.key {
                Some(key) => format!("key {}", inert(&key)),
                None => format!("message {id} of the outbox"),
            };
            let new = self.names(&[*place])?;
            lines.push(format!(
                "{new}: for the case and recipient of {what}, which was or may have been sent, and whose row is not in the \
                 file any more"
            ));
        }
        if let Some(more @ 1..) = self.plan.conflicts.len().checked_sub(LISTED) {
            lines.push(format!("and {more} more"));
        }
        if lines.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format_args!(
            "a row may be one that was corrected after its message was sent. Is it a new message (--changed send), or the \
             same one (--changed skip)? Nothing was sent.\n{}",
            lines.join("\n")
        )))
    }
}
