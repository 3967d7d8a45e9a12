//! Where each record of a CSV starts.
//!
//! The `csv` crate counts line feeds only, and those before a record as late as those within it: two records can have
//! the same line, and a row's line is its name. It also lets quotes pass that are out of place, of which one that is
//! never closed makes a single message of all rows that follow.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};

/// Hands bytes on, and notes the lines on which records start.
pub(super) struct Lines<R> {
    source: R,
    line: u64,
    last: u8,
    place: Place,
    starts: VecDeque<u64>,
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
    /// After a quote that may not stand where it stands.
    Misplaced,
}

impl<R> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            line: 1,
            last: b'\n',
            place: Place::Between,
            starts: VecDeque::new(),
        }
    }

    /// The line of the next record. For one call for each record.
    pub(super) fn next_start(&mut self) -> Option<u64> {
        self.starts.pop_front()
    }

    fn take(&mut self, byte: u8) {
        let is_break = matches!(byte, b'\r' | b'\n');
        if self.place == Place::Between && !is_break {
            self.starts.push_back(self.line);
        }
        self.place = match (self.place, byte) {
            (Place::Quoted, b'"') => Place::Closed,
            (Place::Quoted, _) => Place::Quoted,
            (Place::Between | Place::Cell | Place::Closed, b'"') => Place::Quoted,
            (Place::Plain, b'"') => Place::Misplaced,
            (_, b',') => Place::Cell,
            (_, _) if is_break => Place::Between,
            (Place::Closed | Place::Misplaced, _) => Place::Misplaced,
            (Place::Between | Place::Cell | Place::Plain, _) => Place::Plain,
        };
        // A line ends with a line feed, a carriage return, or both.
        if is_break && (self.last, byte) != (b'\r', b'\n') {
            self.line += 1;
        }
        self.last = byte;
    }
}

/// Fails with [`ErrorKind::InvalidData`] at a quote that is out of place.
impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.place == Place::Misplaced {
            return Err(ErrorKind::InvalidData.into());
        }
        let count = self.source.read(buffer)?;
        if count == 0 && self.place == Place::Quoted {
            return Err(ErrorKind::InvalidData.into());
        }
        for (before, byte) in buffer[..count].iter().enumerate() {
            self.take(*byte);
            if self.place == Place::Misplaced {
                // The records before it are in order.
                return if before > 0 {
                    Ok(before)
                } else {
                    Err(ErrorKind::InvalidData.into())
                };
            }
        }
        Ok(count)
    }
}
