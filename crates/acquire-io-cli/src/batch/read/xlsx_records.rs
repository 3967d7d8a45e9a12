//! The temporary copy of a sheet: a CSV with the row's number, and each cell that has a value with its column and kind.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};

use super::table::{Cell, CellKind, Record};
use crate::batch::problems::RowError;

const KINDS: [(char, CellKind); 5] = [
    ('t', CellKind::Text),
    ('n', CellKind::Number),
    ('b', CellKind::Bool),
    ('d', CellKind::Date),
    ('e', CellKind::Error),
];

pub(crate) struct Writer {
    csv: csv::Writer<BufWriter<File>>,
}

impl Writer {
    pub(crate) fn new() -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 16, tempfile::tempfile()?);
        let csv = csv::WriterBuilder::new().flexible(true).from_writer(file);
        Ok(Self { csv })
    }

    /// Writes a row, unless it has no cells.
    pub(crate) fn write(&mut self, record: &Record) -> csv::Result<()> {
        if record.cells.is_empty() {
            return Ok(());
        }
        self.csv.write_field(record.row.to_string())?;
        for (column, cell) in record.cells.iter().enumerate() {
            if !cell.text.is_empty() {
                let kind = KINDS.iter().find(|(_, kind)| *kind == cell.kind);
                let kind = kind.map_or('t', |(letter, _)| *letter);
                self.csv
                    .write_field(format!("{column}{kind}{}", cell.text))?;
            }
        }
        self.csv.write_record(None::<&[u8]>)
    }

    pub(crate) fn finish(self) -> anyhow::Result<File> {
        let file = self
            .csv
            .into_inner()
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(file.into_inner()?)
    }
}

/// Reads what a [`Writer`] wrote.
pub(crate) struct Reader {
    csv: csv::Reader<BufReader<File>>,
    record: csv::StringRecord,
}

impl Reader {
    pub(crate) fn new(file: BufReader<File>) -> Self {
        let csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(file);
        Self {
            csv,
            record: csv::StringRecord::new(),
        }
    }

    fn record(&self) -> Option<Record> {
        let mut fields = self.record.iter();
        let mut record = Record {
            row: fields.next()?.parse().ok()?,
            cells: Vec::new(),
        };
        for field in fields {
            let (letter_at, letter) = field.char_indices().find(|(_, c)| !c.is_ascii_digit())?;
            let (column, text) = field.split_at(letter_at);
            let (_, kind) = KINDS.iter().find(|(known, _)| *known == letter)?;
            let cell = Cell {
                text: text.strip_prefix(letter)?.to_owned(),
                kind: *kind,
            };
            record.put(column.parse().ok()?, cell);
        }
        Some(record)
    }
}

impl Iterator for Reader {
    type Item = Result<Record, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.csv.read_record(&mut self.record);
        let damaged = |error: io::Error| Some(Err(RowError::io(0, error)));
        match read {
            Ok(false) => None,
            Ok(true) => match self.record() {
                Some(record) => Some(Ok(record)),
                None => damaged(io::ErrorKind::InvalidData.into()),
            },
            Err(error) => damaged(error.into()),
        }
    }
}
