//! A table as comma-separated values.

mod lines;

use std::io::{self, Read};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use crate::batch::row::RowError;
use crate::batch::table::{Cell, Record};
use lines::Lines;

pub(super) struct Records<R> {
    reader: Reader<Lines<R>>,
    is_at_end: bool,
}

impl<R: Read> Records<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            // The header is read as a record, for its errors to have their place among the rows'.
            reader: ReaderBuilder::new()
                .has_headers(false)
                .from_reader(Lines::new(reader)),
            is_at_end: false,
        }
    }
}

impl<R: Read> Iterator for Records<R> {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end {
            return None;
        }
        let mut record = StringRecord::new();
        let read = self.reader.read_record(&mut record);
        let row = self.reader.get_mut().next_start().unwrap_or_default();
        match read {
            Ok(true) => Some(Ok(Record {
                row,
                cells: record.iter().map(Cell::text).collect(),
            })),
            Ok(false) => {
                self.is_at_end = true;
                None
            }
            Err(error) => {
                self.is_at_end = error.is_io_error();
                Some(Err(problem(row, error)))
            }
        }
    }
}

fn problem(line: u64, error: csv::Error) -> RowError {
    match error.into_kind() {
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => RowError::new(
            line,
            "a quote is never closed, or stands within a cell that has none around it; no row after this one was read",
        ),
        ErrorKind::Io(error) => RowError::io(line, error),
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => RowError::new(
            line,
            format!("has {len} cells, the header has {expected_len}"),
        ),
        ErrorKind::Utf8 { err, .. } => {
            RowError::new(line, format!("cell {} is not UTF-8", err.field() + 1))
        }
        _ => RowError::new(line, "is not CSV"),
    }
}
