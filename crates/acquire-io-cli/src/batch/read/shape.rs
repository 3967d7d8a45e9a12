//! What spreadsheets leave around a table: blank rows, and empty columns to its right.

use super::table::{Cell, Record, letters};
use crate::batch::check::row::RowError;

/// The records of a table without blank ones, each as wide as the header.
pub(crate) struct Shaped<I> {
    records: I,
    width: Option<usize>,
}

impl<I> Shaped<I> {
    pub(crate) fn new(records: I) -> Self {
        Self {
            records,
            width: None,
        }
    }

    fn shape(&mut self, mut record: Record) -> Option<Result<Record, RowError>> {
        let is_given = |cell: &Cell| !cell.text.trim().is_empty();
        let length = record.cells.iter().rposition(is_given)? + 1;
        let width = *self.width.get_or_insert(length);
        if let Some(last) = length.checked_sub(1).filter(|_| length > width) {
            let problem = format!(
                "has a value in column {}, but the header ends with column {}",
                letters(last),
                letters(width.saturating_sub(1))
            );
            return Some(Err(RowError::new(record.row, problem)));
        }
        record.cells.resize_with(width, || Cell::text(""));
        Some(Ok(record))
    }
}

impl<I: Iterator<Item = Result<Record, RowError>>> Iterator for Shaped<I> {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.records.next()? {
                Ok(record) => {
                    if let Some(shaped) = self.shape(record) {
                        return Some(shaped);
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
