//! Rows of a table: its cells as fields and as variables of templates. An empty cell is a field that isn't given.

use std::iter;
use std::sync::Arc;

use serde_json::value::{RawValue, to_raw_value};

use super::compose::{Draft, Given};
use super::header::{Column, Header, header};
use super::layout::Layout;
use super::row::{Row, Rows};
use crate::batch::problems::{FieldProblem, Problem, RowError};
use crate::batch::read::json::Fields;
use crate::batch::read::table::{Cell, CellKind, Record, Records};

/// The rows of a table. None without a header.
pub(crate) fn rows(mut records: Records, layout: Arc<Layout>) -> Rows {
    let record = match records.next() {
        None => return Box::new(iter::empty()),
        Some(Err(error)) => return Box::new(iter::once(Err(error))),
        Some(Ok(record)) => record,
    };
    let (header, problems) = header(&record, &layout);
    let error = (!problems.is_empty()).then(|| {
        Err(RowError {
            line: record.row,
            key: None,
            problem: Problem::Fields(problems),
        })
    });
    let Some(header) = header else {
        return Box::new(error.into_iter());
    };
    let rows = records.map(move |record| header.row(&record?, &layout));
    Box::new(error.into_iter().chain(rows))
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
                // An error about an empty variable names its column.
                given.extend(column.is_variable.then(|| column.given(None, None)));
                continue;
            }
            if column.name.is_empty() && !layout.ignores_rest {
                let problem = "the column has values, and no name in the header: name it, or use --ignore-columns";
                problems.push(FieldProblem::new(problem, Some(&column.place), None));
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
                    let problem = format!("`{}` is not JSON", field.name);
                    problems.push(FieldProblem::new(problem, Some(&column.place), None));
                    None
                }
            };
            given.push(column.given(Some(cell), json));
        }
        // If all problems were reported with the header, the row is an error without problems.
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
