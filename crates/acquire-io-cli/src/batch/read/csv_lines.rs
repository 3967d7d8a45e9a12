//! Where each record of a CSV starts.
//!
//! The `csv` crate counts line feeds only, and counts those before a record together with those inside it, so that two
//! records can have the same line. It also accepts misplaced quotes: one that is never closed makes a single message of all
//! rows after it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};

/// The longest row, in bytes, many times what the server takes. Bounds the memory that a file without line breaks needs.
pub(crate) const LONGEST_ROW: u64 = 16 << 20;

/// Where a record starts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Start {
    /// From 1.
    pub(crate) line: u64,
    /// The row in a spreadsheet, from 1: a cell may contain several lines.
    pub(crate) row: u64,
}

/// Passes bytes on, and notes where records start.
pub(crate) struct Lines<R> {
    source: R,
    delimiter: u8,
    now: Start,
    last: u8,
    place: Place,
    /// Of this record, in bytes.
    length: u64,
    starts: VecDeque<Start>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a record.
    Between,
    /// Before a cell.
    Cell,
    Plain,
    Quoted,
    /// After a quote that closes the cell, unless another one follows.
    Closed,
    /// After a misplaced quote.
    Misplaced,
    /// In a record that is too long.
    TooLong,
}

impl Place {
    fn error(self) -> Option<ErrorKind> {
        match self {
            Self::Misplaced => Some(ErrorKind::InvalidData),
            Self::TooLong => Some(ErrorKind::FileTooLarge),
            _ => None,
        }
    }
}

impl<R> Lines<R> {
    pub(crate) fn new(source: R, delimiter: u8) -> Self {
        Self {
            source,
            delimiter,
            now: Start { line: 1, row: 1 },
            last: b'\n',
            place: Place::Between,
            length: 0,
            starts: VecDeque::new(),
        }
    }

    /// Where the next record starts. To be called once for each record.
    pub(crate) fn next_start(&mut self) -> Option<Start> {
        self.starts.pop_front()
    }

    /// Forgets the first record, which is not a row.
    pub(crate) fn begin(&mut self) {
        self.starts.pop_front();
        self.now.row = self.now.row.saturating_sub(1);
        for start in &mut self.starts {
            start.row = start.row.saturating_sub(1);
        }
    }

    /// Whether the last record ends without a line break.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.starts.is_empty() && !matches!(self.last, b'\r' | b'\n')
    }

    fn take(&mut self, byte: u8) {
        let is_break = matches!(byte, b'\r' | b'\n');
        if self.place == Place::Between && !is_break {
            self.starts.push_back(self.now);
            self.length = 0;
        }
        self.length += 1;
        // A line ends with a line feed, a carriage return, or both.
        if is_break && (self.last, byte) != (b'\r', b'\n') {
            self.now.line += 1;
            self.now.row += u64::from(self.place != Place::Quoted);
        }
        self.last = byte;
        self.place = match (self.place, byte) {
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Between | Place::Cell | Place::Closed, b'"') => Place::Quoted,
            (Place::Plain, b'"') => Place::Misplaced,
            _ if self.length > LONGEST_ROW => Place::TooLong,
            (Place::Quoted, _) => Place::Quoted,
            (_, byte) if byte == self.delimiter => Place::Cell,
            (_, _) if is_break => Place::Between,
            (Place::Closed | Place::Misplaced | Place::TooLong, _) => Place::Misplaced,
            (Place::Between | Place::Cell | Place::Plain, _) => Place::Plain,
        };
    }
}

/// Fails with [`ErrorKind::InvalidData`] at a quote that is out of place, and with [`ErrorKind::FileTooLarge`] in a record
/// that is too long.
impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.place.error() {
            return Err(error.into());
        }
        let count = self.source.read(buffer)?;
        if count == 0 && self.place == Place::Quoted {
            return Err(ErrorKind::InvalidData.into());
        }
        for (before, byte) in buffer[..count].iter().enumerate() {
            self.take(*byte);
            if let Some(error) = self.place.error() {
                // The records before it are valid.
                return if before > 0 {
                    Ok(before)
                } else {
                    Err(error.into())
                };
            }
        }
        Ok(count)
    }
}
