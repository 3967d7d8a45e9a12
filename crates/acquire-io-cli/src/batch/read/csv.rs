//! The records of a CSV.

use std::io::{ErrorKind, Read};

use csv::{Reader, ReaderBuilder, StringRecord};

use super::csv_lines::{LONGEST_ROW, Lines, Start};
use super::dialect::Dialect;
use super::table::{Cell, Record, Records, trimmed};
use crate::batch::problems::RowError;

/// The header and the rows of a CSV.
pub(crate) fn records(reader: impl Read + Send + 'static, dialect: Dialect) -> Records {
    trimmed(CsvRecords::new(reader, dialect))
}

struct CsvRecords<R> {
    reader: Reader<Lines<R>>,
    /// Reused.
    record: StringRecord,
    widths: Widths,
    is_at_end: bool,
}

impl<R: Read> CsvRecords<R> {
    fn new(reader: R, dialect: Dialect) -> Self {
        let mut reader = ReaderBuilder::new()
            // The header is read as a record, so that its errors have a line like those of rows.
            .has_headers(false)
            .flexible(true)
            .delimiter(dialect.delimiter)
            .from_reader(Lines::new(reader, dialect.delimiter));
        let mut record = StringRecord::new();
        if dialect.has_separator_line {
            // An error comes again with the next record.
            let _ = reader.read_record(&mut record);
            reader.get_mut().begin();
        }
        Self {
            reader,
            record,
            widths: Widths::default(),
            is_at_end: false,
        }
    }

    fn record(&mut self, start: Start) -> Result<Record, RowError> {
        let is_cut_off = self.reader.get_ref().is_cut_off();
        // A blank row has no width.
        let given = self.record.iter().enumerate();
        let last = given.filter(|(_, cell)| !cell.trim().is_empty()).last();
        if let Some((last, _)) = last {
            let width = match self.widths.header {
                Some(_) => self.record.len(),
                None => last + 1,
            };
            let checked = self.widths.check(start, width, is_cut_off);
            checked.map_err(|problem| RowError::new(start.line, problem))?;
        }
        Ok(Record {
            row: start.line,
            cells: self.record.iter().map(Cell::text).collect(),
        })
    }
}

impl<R: Read> Iterator for CsvRecords<R> {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end {
            return None;
        }
        let read = self.reader.read_record(&mut self.record);
        let start = self.reader.get_mut().next_start().unwrap_or_default();
        match read {
            Ok(true) => Some(self.record(start)),
            Ok(false) => {
                self.is_at_end = true;
                None
            }
            Err(error) => {
                self.is_at_end = error.is_io_error();
                Some(Err(problem(start.line, error)))
            }
        }
    }
}

/// Finds rows that lack cells.
///
/// Excel writes sixteen rows at a time. Where none of these has a value in the last columns it leaves the cells out:
/// <https://support.microsoft.com/kb/77295>. Fewer cells elsewhere are a sign of damage.
#[derive(Default)]
struct Widths {
    /// How many cells the header has, without empty ones at its end.
    header: Option<usize>,
    block: u64,
    /// The first row that lacks cells in this block, and how many it has.
    short: Option<(u64, usize)>,
    /// The first row of this block has all.
    has_full: bool,
}

impl Widths {
    fn check(&mut self, start: Start, width: usize, is_cut_off: bool) -> Result<(), String> {
        const ROWS: u64 = 16;

        let block = start.row.saturating_sub(1) / ROWS;
        if block != self.block {
            *self = Self {
                header: self.header,
                block,
                short: None,
                has_full: false,
            };
        }
        let header = *self.header.get_or_insert(width);
        match self.short {
            Some((line, short)) if width != short => Err(format!(
                "has {width} cells, line {line} before it has {short}, the header has {header}"
            )),
            None if width < header && (self.has_full || is_cut_off) => {
                Err(format!("has {width} cells, the header has {header}"))
            }
            None if width < header => {
                self.short = Some((start.line, width));
                Ok(())
            }
            Some(_) if is_cut_off => Err(format!("has {width} cells, the header has {header}")),
            _ => {
                self.has_full |= self.short.is_none();
                Ok(())
            }
        }
    }
}

fn problem(line: u64, error: csv::Error) -> RowError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == ErrorKind::InvalidData => RowError::new(
            line,
            "a quote is never closed, or is inside a cell without quotes around it; no row after this one was read",
        ),
        csv::ErrorKind::Io(error) if error.kind() == ErrorKind::FileTooLarge => RowError::new(
            line,
            format!("is longer than {LONGEST_ROW} bytes; no row after this one was read"),
        ),
        csv::ErrorKind::Io(error) => RowError::io(line, error),
        csv::ErrorKind::Utf8 { err, .. } => {
            RowError::new(line, format!("cell {} is not UTF-8", err.field() + 1))
        }
        _ => RowError::new(line, "is not CSV"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(rows: &[(u64, usize)], is_cut_off: bool) -> Vec<u64> {
        let mut widths = Widths::default();
        let last = rows.last().map(|(row, _)| *row);
        let wrong = rows.iter().filter(|(row, width)| {
            let start = Start {
                line: *row,
                row: *row,
            };
            let is_cut_off = is_cut_off && last == Some(*row);
            widths.check(start, *width, is_cut_off).is_err()
        });
        wrong.map(|(row, _)| *row).collect()
    }

    #[test]
    fn a_row_lacks_cells_only_with_all_of_its_block() {
        let header = [(1, 5), (2, 5)];
        let with = |rows: &[(u64, usize)]| [&header, rows].concat();
        assert_eq!(problems(&with(&[(16, 3)]), false), [16]);
        assert!(problems(&with(&[(17, 3), (18, 3), (33, 4)]), false).is_empty());
        assert_eq!(problems(&with(&[(17, 3), (18, 5)]), false), [18]);
        assert_eq!(problems(&with(&[(17, 5), (18, 3), (19, 5)]), false), [18]);
        assert_eq!(problems(&with(&[(17, 3), (18, 3)]), true), [18]);
        assert_eq!(problems(&with(&[(17, 3)]), true), [17]);
    }
}
