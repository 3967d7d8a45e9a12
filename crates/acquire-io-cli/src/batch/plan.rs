//! Plans what to do with each row of a file, given what the outbox knows. Pure functions.

use std::collections::{HashMap, VecDeque};

use acquire_io_outbox::{RowId, State};

use super::check::file_rows::{FileRow, FileRows};
use super::check::identity::{Hash, Id};
use super::runs::{Runs, Steps};

/// A message of the outbox, for planning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) id: RowId,
    pub(crate) state: State,
    pub(crate) recipient: Hash,
    pub(crate) has_key: bool,
    /// A hash of its content. None if that is not known.
    pub(crate) content: Option<u64>,
    /// A hash of its time and order.
    pub(crate) schedule: u64,
    /// A batch cancelled it, since its row had left the file. What a person cancels stays cancelled.
    pub(crate) is_cancelled_by_batch: bool,
    /// This list inserted it, so that a run of it may cancel and correct it while it is queued.
    pub(crate) is_own: bool,
}

/// What to do with a new row for the case and recipient of a message whose row has left the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Changed {
    /// Send it: the contact gets another message
    Send,
    /// Leave it out
    Skip,
}

/// What to do with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Insert a message.
    Insert,
    /// Replace the content of a message that was not sent, and queue it.
    Correct(RowId),
    /// Nothing: it is queued already, unchanged.
    Queued(RowId),
    /// Nothing: it has this state.
    Settled(RowId, State),
    /// Nothing: it was changed after it was accepted.
    ChangedAfterAccepted(RowId),
    /// Nothing: it looks like a correction of a message that was accepted, or may have been.
    Skipped,
    /// Nothing in this run: `--limit`.
    Later,
    /// Nothing: it has the key of an earlier row.
    Repeated,
    /// Nothing: another list has queued another message under its key. Nothing is sent at all.
    Taken(RowId),
}

impl Action {
    /// Whether the run sends its message.
    pub(crate) fn is_due(&self) -> bool {
        matches!(self, Self::Insert | Self::Correct(_) | Self::Queued(_))
    }
}

/// Most rows are new, or were inserted in the order of the file.
impl Steps for Action {
    fn after(self, steps: u32) -> Self {
        let after = |RowId(id)| RowId(id + i64::from(steps));
        match self {
            Self::Correct(id) => Self::Correct(after(id)),
            Self::Queued(id) => Self::Queued(after(id)),
            Self::Settled(id, state) => Self::Settled(after(id), state),
            Self::ChangedAfterAccepted(id) => Self::ChangedAfterAccepted(after(id)),
            Self::Taken(id) => Self::Taken(after(id)),
            Self::Insert | Self::Skipped | Self::Later | Self::Repeated => self,
        }
    }
}

/// A plan for a file.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// An action for each row, in the order of the file.
    pub(crate) actions: Runs<Action>,
    /// Messages that are queued, and are not to be sent in this run.
    pub(crate) cancel: Vec<RowId>,
    /// How many of these have left the file.
    pub(crate) left: u64,
    /// Messages that are queued, are not to be sent in this run, and were inserted by another list. They stay queued.
    pub(crate) others: Vec<RowId>,
    /// Places of rows for the case and recipient of a message that has left the file, and that message. Without an answer
    /// nothing is sent.
    pub(crate) conflicts: Vec<(usize, RowId)>,
}

/// Counts of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) new: u64,
    pub(crate) corrected: u64,
    pub(crate) queued: u64,
    pub(crate) accepted: u64,
    pub(crate) changed_after_accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    pub(crate) cancelled: u64,
    pub(crate) skipped: u64,
    pub(crate) later: u64,
}

impl Plan {
    /// `known` are the messages that batches inserted, by their rows.
    pub(crate) fn new(
        rows: &FileRows,
        known: &HashMap<Id, Known>,
        changed: Option<Changed>,
        limit: Option<u64>,
    ) -> Self {
        let mut left: Vec<&Known> = known
            .iter()
            .filter(|(id, _)| rows.place(id).is_none())
            .map(|(_, known)| known)
            .collect();
        left.sort_unstable_by_key(|known| known.id);
        let mut left = Left::new(&left);
        let mut plan = Self {
            others: std::mem::take(&mut left.others),
            ..Self::default()
        };
        let mut room = limit.unwrap_or(u64::MAX);
        for (place, row) in rows.rows().iter().enumerate() {
            let known = known.get(&row.id);
            let mut action = match known {
                _ if row.is_repeated() => Action::Repeated,
                Some(known) => of_known(row, known),
                None => plan.of_new(place, row, &mut left, changed),
            };
            if action.is_due() {
                match (room, action) {
                    (0, Action::Queued(id)) => {
                        match known.is_some_and(|known| known.is_own) {
                            true => plan.cancel.push(id),
                            false => plan.others.push(id),
                        }
                        action = Action::Later;
                    }
                    (0, _) => action = Action::Later,
                    _ => room -= 1,
                }
            }
            plan.actions.push(action);
        }
        let queued = left.unsent.into_values().flatten();
        let queued = queued.filter(|known| known.state == State::Queued);
        let queued: Vec<_> = queued.map(|known| known.id).collect();
        plan.left = queued.len() as u64;
        plan.cancel.extend(queued);
        plan.cancel.sort_unstable();
        plan.others.sort_unstable();
        plan
    }

    fn of_new(
        &mut self,
        place: usize,
        row: &FileRow,
        left: &mut Left,
        changed: Option<Changed>,
    ) -> Action {
        if !row.has_key
            && let Some(id) = left.take_unsent(row.recipient)
        {
            return Action::Correct(id);
        }
        let Some(sent) = left.sent.get(&row.recipient) else {
            return Action::Insert;
        };
        match changed {
            Some(Changed::Send) => Action::Insert,
            Some(Changed::Skip) => Action::Skipped,
            None => {
                self.conflicts.push((place, *sent));
                Action::Insert
            }
        }
    }

    /// Places of rows whose key another list has queued a message under, and that message.
    pub(crate) fn taken(&self) -> impl Iterator<Item = (usize, RowId)> {
        let actions = self.actions.iter().enumerate();
        actions.filter_map(|(place, action)| match action {
            Action::Taken(id) => Some((place, id)),
            _ => None,
        })
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for action in self.actions.iter() {
            let count = match action {
                Action::Insert => &mut totals.new,
                Action::Correct(_) => &mut totals.corrected,
                Action::Queued(_) => &mut totals.queued,
                Action::ChangedAfterAccepted(_) => &mut totals.changed_after_accepted,
                Action::Skipped => &mut totals.skipped,
                Action::Later => &mut totals.later,
                Action::Repeated | Action::Taken(_) => continue,
                Action::Settled(_, state) => match state {
                    State::Accepted => &mut totals.accepted,
                    State::Refused => &mut totals.refused,
                    State::Unknown => &mut totals.unknown,
                    State::Cancelled => &mut totals.cancelled,
                    // Another process sends it.
                    _ => &mut totals.queued,
                },
            };
            *count += 1;
        }
        totals
    }
}

impl Totals {
    /// How many messages the run is to send.
    pub(crate) fn due(&self) -> u64 {
        self.new + self.corrected + self.queued
    }
}

fn of_known(row: &FileRow, known: &Known) -> Action {
    let id = known.id;
    match (known.state, row.is_changed) {
        (State::Queued, false) => Action::Queued(id),
        (State::Queued, true) if !known.is_own => Action::Taken(id),
        (State::Queued | State::Refused, true) | (State::NotSent, _) => Action::Correct(id),
        (State::Cancelled, _) if known.is_cancelled_by_batch => Action::Correct(id),
        (State::Accepted, true) => Action::ChangedAfterAccepted(id),
        (state, _) => Action::Settled(id, state),
    }
}

/// What has left the file.
struct Left {
    /// By case and recipient, in the order of insertion.
    unsent: HashMap<Hash, VecDeque<Known>>,
    /// The message that was or may have been sent, for a case and recipient.
    sent: HashMap<Hash, RowId>,
    /// Queued by other lists.
    others: Vec<RowId>,
}

impl Left {
    fn new(left: &[&Known]) -> Self {
        let (mut unsent, mut sent) = (HashMap::<_, VecDeque<_>>::new(), HashMap::new());
        let mut others = Vec::new();
        for known in left {
            match known.state {
                State::Accepted | State::Unknown | State::Sending => {
                    sent.insert(known.recipient, known.id);
                }
                State::Queued if !known.is_own => others.push(known.id),
                State::Queued | State::Refused | State::NotSent if known.is_own => {
                    unsent
                        .entry(known.recipient)
                        .or_default()
                        .push_back(**known);
                }
                _ => {}
            }
        }
        Self {
            unsent,
            sent,
            others,
        }
    }

    /// Takes a message without a key, which a row without a key corrects.
    fn take_unsent(&mut self, recipient: Hash) -> Option<RowId> {
        let waiting = self.unsent.get_mut(&recipient)?;
        let place = waiting.iter().position(|known| !known.has_key)?;
        waiting.remove(place).map(|known| known.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a key.
    fn row(number: u8) -> FileRow {
        FileRow::new([number; 16], [number; 8], true)
    }

    fn known(number: u8, state: State) -> (Id, Known) {
        let known = Known {
            id: RowId(number.into()),
            state,
            recipient: [number; 8],
            has_key: true,
            content: None,
            schedule: 0,
            is_cancelled_by_batch: false,
            is_own: true,
        };
        ([number; 16], known)
    }

    fn changed(number: u8) -> FileRow {
        FileRow {
            is_changed: true,
            ..row(number)
        }
    }

    fn plan(
        rows: &[FileRow],
        known: &[(Id, Known)],
        changed: Option<Changed>,
        limit: Option<u64>,
    ) -> Plan {
        let known = known.iter().copied().collect();
        Plan::new(&FileRows::new(rows.to_vec()), &known, changed, limit)
    }

    fn actions(rows: &[FileRow], known: &[(Id, Known)]) -> Vec<Action> {
        plan(rows, known, None, None).actions.iter().collect()
    }

    #[test]
    fn a_row_that_is_not_known_is_inserted() {
        assert_eq!(actions(&[row(1), row(2)], &[]), [Action::Insert; 2]);
    }

    #[test]
    fn what_is_settled_stays_so_while_the_row_is_the_same() {
        for state in [
            State::Accepted,
            State::Refused,
            State::Unknown,
            State::Cancelled,
            State::Sending,
        ] {
            let expected = Action::Settled(RowId(1), state);
            assert_eq!(actions(&[row(1)], &[known(1, state)]), [expected]);
        }
        let queued = actions(&[row(1)], &[known(1, State::Queued)]);
        assert_eq!(queued, [Action::Queued(RowId(1))]);
        // What was not sent is tried again.
        let not_sent = actions(&[row(1)], &[known(1, State::NotSent)]);
        assert_eq!(not_sent, [Action::Correct(RowId(1))]);
    }

    #[test]
    fn a_correction_is_sent_where_nothing_was() {
        for state in [State::Queued, State::Refused, State::NotSent] {
            let corrected = actions(&[changed(1)], &[known(1, state)]);
            assert_eq!(corrected, [Action::Correct(RowId(1))]);
        }
        let accepted = actions(&[changed(1)], &[known(1, State::Accepted)]);
        assert_eq!(accepted, [Action::ChangedAfterAccepted(RowId(1))]);
        for state in [State::Unknown, State::Sending, State::Cancelled] {
            let other = actions(&[changed(1)], &[known(1, state)]);
            assert_eq!(other, [Action::Settled(RowId(1), state)]);
        }
    }

    #[test]
    fn what_a_batch_cancelled_comes_back_with_its_row() {
        let mut cancelled = known(1, State::Cancelled);
        cancelled.1.is_cancelled_by_batch = true;
        assert_eq!(
            actions(&[row(1)], &[cancelled]),
            [Action::Correct(RowId(1))]
        );
    }

    #[test]
    fn what_is_queued_and_has_left_the_file_is_cancelled() {
        let known = [
            known(1, State::Queued),
            known(2, State::Queued),
            known(3, State::Refused),
            known(4, State::Accepted),
        ];
        let plan = plan(&[row(1)], &known, None, None);
        assert_eq!((plan.cancel, plan.left), (vec![RowId(2)], 1));
        assert_eq!(plan.actions, [Action::Queued(RowId(1))]);
    }

    #[test]
    fn what_another_list_has_queued_stays_as_it_is() {
        let others = [1, 2, 3].map(|number| {
            let (id, mut known) = known(number, State::Queued);
            known.is_own = false;
            known.has_key = false;
            (id, known)
        });
        // 1 has not left the file. A row without a key has the recipient of 2. 3 is not in the file.
        let without_key = FileRow {
            recipient: [2; 8],
            has_key: false,
            ..row(9)
        };
        let plan_of = |rows: &[FileRow], limit| plan(rows, &others, None, limit);
        let plan = plan_of(&[row(1), without_key], None);
        assert_eq!(plan.actions, [Action::Queued(RowId(1)), Action::Insert]);
        assert_eq!((plan.cancel, plan.left), (vec![], 0));
        assert_eq!(plan.others, [RowId(2), RowId(3)]);
        let plan = plan_of(&[row(9), row(1)], Some(1));
        assert_eq!(plan.actions, [Action::Insert, Action::Later]);
        assert!(plan.cancel.is_empty());
        assert_eq!(plan.others, [RowId(1), RowId(2), RowId(3)]);
        // Another text under its key is no correction.
        assert_eq!(actions(&[changed(1)], &others), [Action::Taken(RowId(1))]);
        for state in [State::Refused, State::NotSent] {
            let (id, mut known) = known(1, state);
            known.is_own = false;
            let corrected = actions(&[changed(1)], &[(id, known)]);
            assert_eq!(corrected, [Action::Correct(RowId(1))]);
        }
    }

    /// A row without a key has another identity when a word of it is corrected.
    #[test]
    fn a_corrected_row_without_a_key_takes_the_place_of_the_one_that_has_left() {
        let mut before = known(1, State::Queued);
        before.1.has_key = false;
        let after = FileRow {
            recipient: [1; 8],
            has_key: false,
            ..row(9)
        };
        let plan = plan(&[after, row(2)], &[before], None, None);
        assert_eq!(plan.actions, [Action::Correct(RowId(1)), Action::Insert]);
        assert!(plan.cancel.is_empty());
    }

    #[test]
    fn a_new_row_for_someone_who_was_written_to_stops_the_run() {
        for state in [State::Accepted, State::Unknown, State::Sending] {
            let known = [known(1, state)];
            let new = FileRow {
                recipient: [1; 8],
                ..row(9)
            };
            let rows = [row(2), new];
            let plan = |changed| plan(&rows, &known, changed, None);
            assert_eq!(plan(None).conflicts, [(1, RowId(1))]);
            let skip = plan(Some(Changed::Skip));
            assert_eq!(skip.actions, [Action::Insert, Action::Skipped]);
            let send = plan(Some(Changed::Send));
            assert_eq!(send.actions, [Action::Insert; 2]);
            assert!(skip.conflicts.is_empty() && send.conflicts.is_empty());
        }
        // One that is still in the file is another message to the same person.
        let known = [known(1, State::Accepted)];
        let new = FileRow {
            recipient: [1; 8],
            ..row(9)
        };
        let plan = plan(&[row(1), new], &known, None, None);
        assert!(plan.conflicts.is_empty());
    }

    #[test]
    fn a_limit_keeps_the_rest_out_of_the_run() {
        let known = [known(1, State::Accepted), known(3, State::Queued)];
        let rows = [row(1), row(2), row(3), row(4)];
        let plan = plan(&rows, &known, None, Some(1));
        let accepted = Action::Settled(RowId(1), State::Accepted);
        let expected = [accepted, Action::Insert, Action::Later, Action::Later];
        assert_eq!(plan.actions, expected);
        assert_eq!((plan.cancel.as_slice(), plan.left), (&[RowId(3)][..], 0));
        assert_eq!(plan.totals().due(), 1);
    }
}
