//! Every row of a file, made into a message and checked before the first is sent.
//!
//! `layout` has the options, `header` decides what the columns are, `columns` and `compose` make the messages, `identity`
//! recognises a row in another file.

mod columns;
pub(crate) mod compose;
pub(crate) mod damage;
mod fields;
pub(crate) mod file_rows;
mod header;
pub(crate) mod identity;
pub(crate) mod layout;
pub(crate) mod phone;
mod placeholders;
pub(crate) mod row;
pub(crate) mod rows;
pub(crate) mod template;

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use acquire_io::Channel;
use acquire_io_sandbox::cli::inert::inert;

use self::file_rows::{FileRow, FileRows};
use self::identity::Name;
use self::layout::Layout;
use self::row::Row;
use super::problems::{Problem, Problems, RowError, Unit};
use super::read::Source;
use super::read::progress::Reading;
use super::read::table::Record;
use crate::exit::Failure;
use crate::output::{note, say};

/// A file whose rows can all be sent.
pub(crate) struct Checked {
    source: Source,
    layout: Arc<Layout>,
    /// Likely mistakes.
    pub(crate) warnings: Vec<String>,
    pub(crate) rows: FileRows,
    counts: Counts,
}

/// The number of rows of each channel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    chats: u64,
    mails: u64,
    sms: u64,
    /// Those with the key of an earlier row.
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
    /// Reads all rows, and prints what they were read as, and what is wrong with them.
    pub(crate) fn new(source: Source, layout: Layout) -> Result<Self, Failure> {
        let layout = Arc::new(layout);
        let mut rows = Vec::new();
        let mut counts = Counts::default();
        let shows_values = io::stderr().is_terminal();
        let new_problems = || Problems::new(source.to_string(), source.unit(), shows_values);
        let (mut problems, mut warnings) = (new_problems(), new_problems());
        let header = header(&source)?;
        let (mut is_header_wrong, mut left_out) = (false, 0);
        let mut reading = Reading::new("checked");
        for row in rows::rows(&source, &layout)? {
            reading.add(|| source.share());
            match row {
                Ok(mut row) => {
                    if let Some(warning) = row.take_warnings() {
                        warnings.add(&warning);
                    }
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
                    let place = format!("{source}, {} {line}", source.unit());
                    return Err(error.context(place).into());
                }
                // The problem was reported with the header.
                Err(RowError {
                    problem: Problem::Fields(problems),
                    ..
                }) if problems.is_empty() => left_out += 1,
                Err(error) => {
                    is_header_wrong |= header.as_ref().is_some_and(|it| it.row == error.line);
                    problems.add(&error);
                }
            }
        }
        let bad = problems.rows() - u64::from(is_header_wrong);
        let count = rows.len() as u64 + bad + left_out;
        let header = header.filter(|_| !is_header_wrong);
        note(read_as(&source, count, header.as_ref()));
        if problems.is_empty() {
            let rows = FileRows::new(rows);
            let repeated = rows.rows().iter().filter(|row| row.is_repeated());
            counts.repeated = repeated.count() as u64;
            let mut checked = Self {
                source,
                layout,
                warnings: Vec::new(),
                rows,
                counts,
            };
            checked.add_equal_rows(&mut warnings)?;
            let warnings = warnings.lines().into_iter();
            checked.warnings = warnings.map(|it| format!("warning: {it}")).collect();
            return Ok(checked);
        }
        problems.lines().iter().for_each(say);
        let rows = match bad {
            1 => "1 row is".to_owned(),
            _ => format!("{bad} rows are"),
        };
        let wrong = match (is_header_wrong, bad) {
            (false, _) => rows,
            (true, 0) => "the header is".to_owned(),
            (true, _) => format!("the header is wrong, {rows}"),
        };
        Err(Failure::usage(format_args!(
            "{wrong} wrong, nothing was sent"
        )))
    }

    /// Warns of rows that are sent though an earlier one says the same.
    fn add_equal_rows(&self, warnings: &mut Problems) -> Result<(), Failure> {
        const EQUAL: &str = "is the same as an earlier row, and has no `key`: it is sent as well";

        let is_equal = |row: &FileRow| row.number > 1;
        if !self.rows.rows().iter().any(is_equal) {
            return Ok(());
        }
        for row in self.read()? {
            let (place, row) = row.map_err(Failure::usage)?;
            if self.rows.rows().get(place).is_some_and(is_equal) {
                warnings.add(&RowError::new(row.line, EQUAL));
            }
        }
        Ok(())
    }

    /// What the numbers of its rows count.
    pub(crate) fn unit(&self) -> Unit {
        self.source.unit()
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The phone numbers of `--set` that were rewritten.
    pub(crate) fn rewritten(&self) -> Vec<String> {
        let rewritten = self.layout.rewritten.iter();
        let lines = rewritten
            .map(|(field, before, after)| format!("{field:<10} {} → {after}", inert(before)));
        lines.collect()
    }

    /// Reads all rows again, each with its place in the file. Use one reader at a time.
    pub(crate) fn read(
        &self,
    ) -> io::Result<impl Iterator<Item = Result<(usize, Row), RowError>> + use<>> {
        let rows = rows::rows(&self.source, &self.layout)?;
        Ok((0..).zip(rows).map(|(place, row)| Ok((place, row?))))
    }
}

/// The header of a table. None if it can't be read, which is reported with the rows.
fn header(source: &Source) -> io::Result<Option<Record>> {
    let header = source.records()?.and_then(|mut records| records.next());
    Ok(header.and_then(Result::ok))
}

/// `june.csv: read as CSV, semicolons, Windows-1252, 200 rows, columns: Name, Phone, Text`. Without a header the
/// first row is a message, whose cells aren't listed.
fn read_as(source: &Source, rows: u64, header: Option<&Record>) -> String {
    /// How many columns are listed.
    const LISTED: usize = 30;

    let plural = if rows == 1 { "row" } else { "rows" };
    let (name, form) = (source.name(), source.read_as());
    let mut line = format!("{name}: read as {form}, {rows} {plural}");
    if let Some(header) = header {
        let names = header.cells.iter().take(LISTED);
        let names: Vec<_> = names.map(|cell| inert(cell.text.trim())).collect();
        line.push_str(&format!(", columns: {}", names.join(", ")));
        if let Some(more @ 1..) = header.cells.len().checked_sub(LISTED) {
            line.push_str(&format!(" and {more} more"));
        }
    }
    line
}
