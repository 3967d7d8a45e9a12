//! Rows as JSON, one object per line.

use std::fmt;
use std::io::{BufRead, Read};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;

use crate::batch::check::compose::object;
use crate::batch::check::layout::Layout;
use crate::batch::check::row::{Fields, Row, RowError};

/// The longest line, in bytes, many times what the server takes. Bounds the memory that a file without line breaks
/// needs.
pub(crate) const LONGEST_ROW: u64 = 16 << 20;

pub(crate) struct Rows<R> {
    reader: R,
    line: u64,
    is_at_end: bool,
    layout: Arc<Layout>,
}

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(reader: R, layout: Arc<Layout>) -> Self {
        Self {
            reader,
            line: 0,
            is_at_end: false,
            layout,
        }
    }

    /// The next line that isn't blank.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, RowError> {
        loop {
            let mut line = Vec::new();
            let mut reader = (&mut self.reader).take(LONGEST_ROW + 1);
            self.line += 1;
            let read = reader.read_until(b'\n', &mut line);
            if read.map_err(|error| RowError::io(self.line, error))? == 0 {
                return Ok(None);
            }
            if line.len() as u64 > LONGEST_ROW && !line.ends_with(b"\n") {
                let problem =
                    format!("is longer than {LONGEST_ROW} bytes; no row after this one was read");
                return Err(RowError::new(self.line, problem));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_at_end {
            return None;
        }
        match self.next_line() {
            Ok(Some(text)) => Some(match serde_json::from_slice(text.trim_ascii_end()) {
                Ok(fields) => object(self.line, fields, &self.layout),
                Err(error) => Err(RowError::new(self.line, problem(&error))),
            }),
            Ok(None) => {
                self.is_at_end = true;
                None
            }
            Err(error) => {
                self.is_at_end = true;
                Some(Err(error))
            }
        }
    }
}

/// serde's own text may quote a value of the row.
fn problem(error: &serde_json::Error) -> String {
    let column = error.column();
    match error.classify() {
        Category::Data => "is not a JSON object".to_owned(),
        Category::Eof => format!("the JSON ends too early, column {column}"),
        Category::Syntax | Category::Io => format!("not JSON, column {column}"),
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(row: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = members.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        row.deserialize_map(Members)
    }
}
