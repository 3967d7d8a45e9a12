//! The columns of a table as the fields of rows. An empty cell is a field that isn't given.

use std::sync::Arc;

use serde_json::Number;
use serde_json::value::{RawValue, to_raw_value};

use super::row::{ERROR_COLUMN, Fields, Places, Row, RowError, row};
use super::table::{Cell, Record, Records, letters};

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

/// The rows of a table.
pub(super) struct Rows {
    records: Records,
    header: Option<Vec<(&'static str, Kind)>>,
    places: Arc<Places>,
    is_at_end: bool,
}

impl Rows {
    pub(super) fn new(records: Records) -> Self {
        Self {
            records,
            header: None,
            places: Arc::default(),
            is_at_end: false,
        }
    }

    fn next_row(&mut self) -> Result<Option<Row>, RowError> {
        let header = match &self.header {
            Some(header) => header,
            None => {
                let Some(record) = self.records.next().transpose()? else {
                    return Ok(None);
                };
                let header = self.header.insert(header(&record)?);
                self.places = Arc::new(places(header));
                header
            }
        };
        let Some(record) = self.records.next().transpose()? else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        for ((name, kind), Cell { text, .. }) in header.iter().zip(&record.cells) {
            if !text.is_empty() {
                let value = value(*kind, text)
                    .map_err(|_| RowError::new(record.row, format!("`{name}` is not JSON")))?;
                fields.push(((*name).to_owned(), value));
            }
        }
        row(record.row, Fields(fields), &self.places).map(Some)
    }
}

impl Iterator for Rows {
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

fn header(record: &Record) -> Result<Vec<(&'static str, Kind)>, RowError> {
    let line = record.row;
    if let [only] = record.cells.as_slice()
        && only.text.contains(';')
    {
        let problem = "the header has semicolons between its names; save the file with commas";
        return Err(RowError::new(line, problem));
    }
    let mut header: Vec<(&'static str, Kind)> = Vec::new();
    for (number, name) in (1..).zip(&record.cells) {
        let Some(column) = COLUMNS.iter().find(|(known, _)| *known == name.text.trim()) else {
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

fn places(header: &[(&'static str, Kind)]) -> Places {
    let columns = header.iter().enumerate();
    let columns = columns.map(|(place, (name, _))| {
        let place = format!("column {}", letters(place));
        ((*name).to_owned(), place)
    });
    Places(columns.collect())
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
