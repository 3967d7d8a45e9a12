//! What is to be done of a batch, and what was done.

use std::fmt;

use acquire_io::Delivery;

use super::check::Checked;
use crate::exit::Exit;
use crate::journal::Record;

/// How each row stands. One entry for each line of the input, since rows are named by lines.
pub(crate) struct Plan {
    standings: Vec<Standing>,
    retry_refused: bool,
    /// In earlier runs.
    accepted_before: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// No row starts here.
    NoRow,
    Untried,
    /// It has the key of an earlier row.
    Repeated,
    /// Refused for a reason that is not about the message.
    RefusedForNow,
    Tried(Delivery),
}

/// How many rows stand how.
#[derive(Default)]
struct Counts {
    accepted: u64,
    refused: u64,
    not_sent: u64,
    unknown: u64,
    repeated: u64,
}

impl Counts {
    fn rows(&self) -> u64 {
        self.accepted + self.refused + self.not_sent + self.unknown + self.repeated
    }
}

impl Plan {
    pub(crate) fn new(checked: &Checked, retry_refused: bool) -> Self {
        let last = checked.lines.last().copied().unwrap_or_default();
        let lines = usize::try_from(last).unwrap_or(usize::MAX);
        let mut standings = vec![Standing::NoRow; lines.saturating_add(1)];
        let mut set = |lines: &[u64], standing| {
            for line in lines {
                standings[*line as usize] = standing;
            }
        };
        set(&checked.lines, Standing::Untried);
        set(&checked.repeated, Standing::Repeated);
        Self {
            standings,
            retry_refused,
            accepted_before: 0,
        }
    }

    /// Takes in a record of the journal.
    pub(crate) fn recall(&mut self, record: &Record) {
        self.settle(record.line, record.delivery(), record.status);
    }

    /// Begins a run: what is accepted by now was accepted in earlier ones.
    pub(crate) fn begin(&mut self) {
        self.accepted_before = self.counts().accepted;
    }

    /// Takes in what became of a row.
    pub(crate) fn settle(&mut self, line: u64, delivery: Delivery, status: Option<u16>) {
        let standing = match (delivery, status) {
            (Delivery::Refused, Some(401 | 429)) => Standing::RefusedForNow,
            _ => Standing::Tried(delivery),
        };
        let place = usize::try_from(line).ok();
        let place = place.and_then(|line| self.standings.get_mut(line));
        if let Some(place) = place.filter(|place| **place != Standing::NoRow) {
            *place = standing;
        }
    }

    fn is_due(&self, standing: Standing) -> bool {
        match standing {
            Standing::Untried | Standing::RefusedForNow | Standing::Tried(Delivery::NotSent) => {
                true
            }
            Standing::Tried(Delivery::Refused) => self.retry_refused,
            Standing::Tried(Delivery::Accepted | Delivery::Unknown)
            | Standing::Repeated
            | Standing::NoRow => false,
        }
    }

    /// For each line of the input, whether a row starts there that is to be sent in this run.
    pub(crate) fn due_lines(&self) -> Vec<bool> {
        self.standings
            .iter()
            .map(|standing| self.is_due(*standing))
            .collect()
    }

    /// How many rows are to be sent in all runs together.
    pub(crate) fn rows_to_send(&self) -> u64 {
        let counts = self.counts();
        counts.rows() - counts.repeated
    }

    /// How many rows are to be sent in this run.
    pub(crate) fn due(&self) -> u64 {
        let due = self.standings.iter();
        due.filter(|standing| self.is_due(**standing)).count() as u64
    }

    /// The lines of rows whose outcome is unknown.
    pub(crate) fn unknown(&self) -> Vec<u64> {
        let lines = (0..).zip(&self.standings);
        let unknown =
            lines.filter(|(_, standing)| **standing == Standing::Tried(Delivery::Unknown));
        unknown.map(|(line, _)| line).collect()
    }

    /// The exit code that the whole batch deserves, earlier runs included.
    pub(crate) fn exit(&self) -> Exit {
        let counts = self.counts();
        if counts.unknown > 0 {
            Exit::Unknown
        } else if counts.not_sent > 0 {
            Exit::NotSent
        } else if counts.refused > 0 {
            Exit::Refused
        } else {
            Exit::Success
        }
    }

    /// How many rows are not sent.
    pub(crate) fn not_sent(&self) -> u64 {
        self.counts().not_sent
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for standing in &self.standings {
            match standing {
                Standing::Tried(Delivery::Accepted) => counts.accepted += 1,
                Standing::Tried(Delivery::Refused) | Standing::RefusedForNow => counts.refused += 1,
                Standing::Tried(Delivery::Unknown) => counts.unknown += 1,
                Standing::Repeated => counts.repeated += 1,
                Standing::Untried | Standing::Tried(Delivery::NotSent) => counts.not_sent += 1,
                Standing::NoRow => {}
            }
        }
        counts
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        let rows = counts.rows();
        let Counts {
            accepted,
            refused,
            not_sent,
            unknown,
            repeated,
        } = counts;
        let before = match self.accepted_before {
            0 => String::new(),
            count => format!(" ({count} in earlier runs, not sent again)"),
        };
        write!(
            f,
            "{rows} rows: {accepted} accepted{before}, {refused} refused, {not_sent} not sent, {unknown} unknown"
        )?;
        if repeated > 0 {
            write!(f, ", {repeated} left out for the key of an earlier row")?;
        }
        Ok(())
    }
}
