//! The rows of a file as messages, whatever its format.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::columns;
use super::compose::object;
use super::layout::Layout;
use super::row::{Row, Rows};
use crate::batch::problems::RowError;
use crate::batch::read::json::{self, Numbered};
use crate::batch::read::{Dialect, Form, Source, csv};

pub(crate) fn rows(source: &Source, layout: &Arc<Layout>) -> io::Result<Rows> {
    let (unit, layout) = (source.unit(), Arc::clone(layout));
    let rows = match (source.records()?, source.form) {
        (Some(records), _) => columns::rows(records, layout),
        (None, Form::Json) => of_objects(json::items(source.reader()?), layout),
        (None, _) => of_objects(json::lines(source.reader()?), layout),
    };
    Ok(Box::new(
        rows.map(move |row| row.map(|row| Row { unit, ..row })),
    ))
}

/// The rows of NDJSON, without options.
pub(crate) fn ndjson_rows(reader: impl BufRead + Send + 'static) -> Rows {
    of_objects(json::lines(reader), Arc::default())
}

/// The rows of CSV, without options.
pub(crate) fn csv_rows(reader: impl BufRead + Send + 'static, dialect: Dialect) -> Rows {
    columns::rows(csv::records(reader, dialect), Arc::default())
}

fn of_objects(
    objects: impl Iterator<Item = Result<Numbered, RowError>> + Send + 'static,
    layout: Arc<Layout>,
) -> Rows {
    Box::new(objects.map(move |read| {
        let (number, fields) = read?;
        object(number, fields, &layout)
    }))
}
