//! Every row of the file, read and checked before the first is sent.

use std::fmt;
use std::io::{self, IsTerminal as _};

use acquire_io::Channel;
use acquire_io_outbox::{Digest, Outbox};

use super::identity::{Id, Name, Names};
use super::input::Input;
use super::problems::Problems;
use super::row::{Problem, Row, RowError};
use super::rows::{self, Format, Rows};
use crate::exit::Failure;
use crate::line::recipient;
use crate::output::say;

/// What is kept in memory of each row.
pub(crate) struct FileRow {
    pub(crate) id: Id,
    /// Of its case and recipient.
    pub(crate) recipient_id: Id,
    pub(crate) info: Info,
}

/// What people know a message by.
#[derive(Clone)]
pub(crate) struct Info {
    /// Of the file. None when it is not known.
    pub(crate) line: Option<u64>,
    pub(crate) key: Option<Box<str>>,
    pub(crate) channel: Option<Channel>,
    pub(crate) case: Option<i64>,
    pub(crate) recipient: Box<str>,
}

/// A file whose rows are all fit to be sent.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) rows: Vec<FileRow>,
    pub(crate) chats: u64,
    pub(crate) mails: u64,
    pub(crate) sms: u64,
    /// How many rows have the key of an earlier one.
    pub(crate) repeated: u64,
}

impl fmt::Display for Checked {
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

/// The rows with their names, in the order of the file. The same each time.
pub(crate) struct Named {
    rows: Rows,
    names: Names,
}

pub(crate) fn named(input: &Input, format: Format) -> io::Result<Named> {
    Ok(Named {
        rows: rows::rows(input, format)?,
        names: Names::default(),
    })
}

impl Iterator for Named {
    type Item = Result<(Row, Name), RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.rows.next()?.map(|row| {
            let name = self.names.name(&row);
            (row, name)
        }))
    }
}

/// Reads all rows, and says what is wrong with them.
pub(crate) fn check(input: &Input, format: Format) -> Result<Checked, Failure> {
    let mut checked = Checked::default();
    let mut problems = Problems::new(
        "file".to_owned(),
        super::row::Unit::Line,
        io::stderr().is_terminal(),
    );
    for row in named(input, format)? {
        let row = row.and_then(|(row, name)| row.check().map(|()| (row, name)));
        match row {
            Ok((row, name)) => checked.add(&row, &name),
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
        return Ok(checked);
    }
    problems.lines().iter().for_each(say);
    let bad = problems.rows();
    let rows = if bad == 1 { "row is" } else { "rows are" };
    Err(Failure::usage(format_args!(
        "{bad} {rows} wrong, nothing was sent"
    )))
}

impl Checked {
    fn add(&mut self, row: &Row, name: &Name) {
        let message = row.entry.message();
        match message.channel() {
            Channel::Chat => self.chats += 1,
            Channel::Mail => self.mails += 1,
            Channel::Sms => self.sms += 1,
        }
        if name.is_repeated {
            self.repeated += 1;
            return;
        }
        self.rows.push(FileRow {
            id: name.id(),
            recipient_id: name.recipient(row.lane().as_deref()),
            info: Info {
                line: Some(row.line),
                key: row.key.clone().map(Into::into),
                channel: Some(message.channel()),
                case: Some(message.case().0),
                recipient: recipient(message).unwrap_or_default().into(),
            },
        });
    }
}

/// For each row of `checked`, what recognises its message in the outbox.
pub(crate) fn digests(
    input: &Input,
    format: Format,
    outbox: &Outbox,
    mut each: impl FnMut(Id, Digest),
) -> Result<(), Failure> {
    for row in named(input, format)? {
        let (row, name) = row.map_err(Failure::usage)?;
        if !name.is_repeated {
            each(name.id(), outbox.digest(row.entry.message()));
        }
    }
    Ok(())
}
