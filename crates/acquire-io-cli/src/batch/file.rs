//! Every row of the file, read and checked before the first is sent.

use std::fmt;
use std::io::{self, IsTerminal as _};

use acquire_io::Channel;

use super::identity::Name;
use super::input::Input;
use super::problems::Problems;
use super::remembered::{FileRow, FileRows};
use super::row::{Problem, Row, RowError};
use super::rows::{self, Format};
use crate::exit::Failure;
use crate::output::say;

/// A file whose rows are all fit to be sent.
pub(crate) struct Checked {
    input: Input,
    format: Format,
    pub(crate) rows: FileRows,
    counts: Counts,
}

/// How many rows there are of each channel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    chats: u64,
    mails: u64,
    sms: u64,
    /// How many have the key of an earlier one.
    repeated: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chats, mails, sms, ..
        } = self;
        let rows = chats + mails + sms;
        write!(f, "{rows} rows: {chats} chat, {mails} mail, {sms} sms")?;
        match self.repeated {
            0 => Ok(()),
            1 => f.write_str("; 1 has the key of an earlier row, and is left out"),
            repeated => write!(
                f,
                "; {repeated} have the key of an earlier row, and are left out"
            ),
        }
    }
}

impl Counts {
    fn add(&mut self, channel: Channel) {
        match channel {
            Channel::Chat => self.chats += 1,
            Channel::Mail => self.mails += 1,
            Channel::Sms => self.sms += 1,
        }
    }
}

impl Checked {
    /// Reads all rows, and says what is wrong with them.
    pub(crate) fn new(input: Input, format: Format) -> Result<Self, Failure> {
        let mut rows = Vec::new();
        let mut counts = Counts::default();
        let mut problems = Problems::new(io::stderr().is_terminal());
        for row in rows::rows(&input, format)? {
            match row.and_then(|row| row.check().map(|()| row)) {
                Ok(row) => {
                    counts.add(row.entry.message().channel());
                    let name = Name::new(&row);
                    let recipient = name.recipient(row.entry.schedule().lane.as_deref());
                    rows.push(FileRow::new(name.id, recipient, row.key.is_some()));
                }
                Err(RowError {
                    line,
                    problem: Problem::Io(error),
                    ..
                }) => {
                    let error = anyhow::Error::new(error);
                    return Err(error.context(format!("line {line}")).into());
                }
                Err(error) => problems.add(&error),
            }
        }
        if problems.is_empty() {
            let rows = FileRows::new(rows);
            let repeated = rows.rows().iter().filter(|row| row.is_repeated());
            counts.repeated = repeated.count() as u64;
            return Ok(Self {
                input,
                format,
                rows,
                counts,
            });
        }
        problems.lines().iter().for_each(say);
        let bad = problems.rows();
        let rows = if bad == 1 { "row is" } else { "rows are" };
        Err(Failure::usage(format_args!(
            "{bad} {rows} wrong, nothing was sent"
        )))
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Reads all rows once more, each with its place. One reader at a time.
    pub(crate) fn read(
        &self,
    ) -> io::Result<impl Iterator<Item = Result<(usize, Row), RowError>> + use<>> {
        let rows = rows::rows(&self.input, self.format)?;
        Ok((0..).zip(rows).map(|(place, row)| Ok((place, row?))))
    }
}
