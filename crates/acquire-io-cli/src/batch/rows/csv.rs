//! Rows as comma-separated values with a header. An empty cell is a field that isn't given.

mod lines;

use std::io::{self, Read};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use serde_json::Number;
use serde_json::value::{RawValue, to_raw_value};

use crate::batch::row::{ERROR_COLUMN, Fields, Row, RowError, row};
use lines::Lines;

#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// Texts with semicolons between them, or one text.
    List,
    /// A number, true or false.
    Scalar,
    Json,
}

const COLUMNS: [(&str, Kind); 28] = [
    ("channel", Kind::Text),
    ("key", Kind::Text),
    ("case", Kind::Scalar),
    ("contact", Kind::Scalar),
    ("timeline", Kind::Scalar),
    ("text", Kind::Text),
    ("note", Kind::Text),
    ("event", Kind::Text),
    ("html", Kind::Text),
    ("sender", Kind::Text),
    ("translate_lang_key", Kind::Text),
    ("message_channel", Kind::Text),
    ("mention", Kind::List),
    ("meta", Kind::Json),
    ("delay", Kind::Scalar),
    ("from", Kind::Text),
    ("to", Kind::List),
    ("cc", Kind::List),
    ("bcc", Kind::List),
    ("subject", Kind::Text),
    ("attachment", Kind::Json),
    ("without", Kind::List),
    ("title", Kind::Text),
    ("message_type", Kind::Text),
    ("closed", Kind::Scalar),
    ("multi_channel", Kind::Scalar),
    ("json", Kind::Json),
    (ERROR_COLUMN, Kind::Text),
];

pub(super) struct Rows<R> {
    reader: Reader<Lines<R>>,
    header: Option<Vec<(&'static str, Kind)>>,
    is_at_end: bool,
}

impl<R: Read> Rows<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            // The header is read as a record, for its errors to have their place among the rows'.
            reader: ReaderBuilder::new()
                .has_headers(false)
                .from_reader(Lines::new(reader)),
            header: None,
            is_at_end: false,
        }
    }

    fn record(&mut self) -> Result<Option<(u64, StringRecord)>, RowError> {
        let mut record = StringRecord::new();
        let read = self.reader.read_record(&mut record);
        let line = self.reader.get_mut().next_start().unwrap_or_default();
        match read {
            Ok(true) => Ok(Some((line, record))),
            Ok(false) => Ok(None),
            Err(error) => {
                self.is_at_end = error.is_io_error();
                Err(problem(line, error))
            }
        }
    }

    fn next_row(&mut self) -> Result<Option<Row>, RowError> {
        let header = match &self.header {
            Some(header) => header,
            None => {
                let Some((line, record)) = self.record()? else {
                    return Ok(None);
                };
                self.header.insert(header(line, &record)?)
            }
        }
        .clone();
        let Some((line, record)) = self.record()? else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        for ((name, kind), cell) in header.iter().zip(&record) {
            if !cell.is_empty() {
                let value = value(*kind, cell)
                    .map_err(|_| RowError::new(line, format!("`{name}` is not JSON")))?;
                fields.push(((*name).to_owned(), value));
            }
        }
        row(line, Fields(fields)).map(Some)
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end {
            return None;
        }
        let row = self.next_row();
        // Without a header there is nothing to go on with.
        self.is_at_end |= match &row {
            Ok(row) => row.is_none(),
            Err(_) => self.header.is_none(),
        };
        row.transpose()
    }
}

fn header(line: u64, record: &StringRecord) -> Result<Vec<(&'static str, Kind)>, RowError> {
    if record.len() == 1 && record[0].contains(';') {
        let problem = "the header has semicolons between its names; save the file with commas";
        return Err(RowError::new(line, problem));
    }
    let mut header: Vec<(&'static str, Kind)> = Vec::new();
    for (number, name) in (1..).zip(record) {
        let Some(column) = COLUMNS.iter().find(|(known, _)| *known == name.trim()) else {
            let known = COLUMNS.iter().map(|(name, _)| *name);
            let known: Vec<_> = known.filter(|name| *name != ERROR_COLUMN).collect();
            // Where the header is missing this is a cell of a message, so it isn't quoted.
            let problem = format!(
                "cell {number} of the header names no column; there are {}",
                known.join(", ")
            );
            return Err(RowError::new(line, problem));
        };
        if header.iter().any(|(taken, _)| *taken == column.0) {
            return Err(RowError::new(
                line,
                format!("`{}` is there twice", column.0),
            ));
        }
        header.push(*column);
    }
    Ok(header)
}

fn value(kind: Kind, cell: &str) -> serde_json::Result<Box<RawValue>> {
    match kind {
        Kind::List if cell.contains(';') => {
            to_raw_value(&cell.split(';').map(str::trim).collect::<Vec<_>>())
        }
        Kind::Text | Kind::List => to_raw_value(cell),
        // Spreadsheets write TRUE.
        Kind::Scalar => match cell.trim().to_ascii_lowercase().as_str() {
            "true" => to_raw_value(&true),
            "false" => to_raw_value(&false),
            // What is not a number stays a text, for the error that names what was expected.
            number => match number.parse::<Number>() {
                Ok(number) => to_raw_value(&number),
                Err(_) => to_raw_value(cell),
            },
        },
        Kind::Json => RawValue::from_string(cell.to_owned()),
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
