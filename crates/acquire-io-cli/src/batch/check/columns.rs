//! The columns of a table as the fields of rows and the variables of templates. An empty cell is not given.

use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};

use super::compose::{Draft, Given};
use super::header::{Column, Header, header};
use super::layout::Layout;
use super::row::{FieldProblem, Fields, Problem, Row, RowError};
use crate::batch::read::table::{Cell, CellKind, Record, Records};

/// The rows of a table.
pub(crate) struct Rows {
    records: Records,
    layout: Arc<Layout>,
    header: Option<Header>,
    is_at_end: bool,
}

impl Rows {
    pub(crate) fn new(records: Records, layout: Arc<Layout>) -> Self {
        Self {
            records,
            layout,
            header: None,
            is_at_end: false,
        }
    }

    fn next_row(&mut self) -> Result<Option<Row>, RowError> {
        if self.header.is_none() {
            let Some(record) = self.records.next().transpose()? else {
                return Ok(None);
            };
            let (header, problems) = header(&record, &self.layout);
            self.header = header;
            if !problems.is_empty() {
                return Err(RowError {
                    line: record.row,
                    key: None,
                    problem: Problem::Fields(problems),
                });
            }
        }
        let Some(header) = &self.header else {
            return Ok(None);
        };
        let Some(record) = self.records.next().transpose()? else {
            return Ok(None);
        };
        header.row(&record, &self.layout).map(Some)
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

impl Header {
    fn row(&self, record: &Record, layout: &Layout) -> Result<Row, RowError> {
        let mut source = Vec::new();
        let mut given = Vec::new();
        let mut problems = Vec::new();
        let mut settled = self.settled.clone();
        for (column, cell) in self.columns.iter().zip(&record.cells) {
            let text = cell.text.as_str();
            if text.is_empty() {
                // For the place of a variable that is empty.
                given.extend(column.is_variable.then(|| column.given(None, None)));
                continue;
            }
            if column.name.is_empty() && !layout.ignores_rest {
                problems.push(FieldProblem {
                    problem: "the column has values, and no name in the header: name it, or use --ignore-columns"
                        .to_owned(),
                    place: Some(column.place.clone()),
                    value: None,
                });
            }
            let as_text = || to_raw_value(text);
            let typed = column.by_name.map(|field| field.value(text));
            let typed = typed.and_then(Result::ok).map_or_else(as_text, Ok);
            if let Ok(value) = typed {
                let name = column
                    .by_name
                    .map_or(column.name.as_str(), |field| field.name);
                source.push((name.to_owned(), value));
            }
            let json = column.field.map(|field| (field, field.value(text)));
            let json = match json {
                None => None,
                Some((_, Ok(json))) => Some(json),
                Some((field, Err(_))) => {
                    settled.push(field.name);
                    problems.push(FieldProblem {
                        problem: format!("`{}` is not JSON", field.name),
                        place: Some(column.place.clone()),
                        value: None,
                    });
                    None
                }
            };
            given.push(column.given(Some(cell), json));
        }
        // A row of which all is said with the header is an error without problems.
        let draft = Draft {
            line: record.row,
            given,
            places: Arc::clone(&self.places),
            settled,
            problems,
        };
        draft.row(&Fields(source), layout)
    }
}

impl Column {
    fn given<'a>(&'a self, cell: Option<&'a Cell>, json: Option<Box<RawValue>>) -> Given<'a> {
        Given {
            name: &self.name,
            folded: self.folded.as_str().into(),
            field: self.field,
            is_variable: self.is_variable,
            text: cell.map(|cell| cell.text.as_str().into()),
            kind: cell.map_or(CellKind::Text, |cell| cell.kind),
            json,
            place: Some(&self.place),
        }
    }
}
