//! The rows of a batch, as its input has them.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::columns;
use super::layout::Layout;
use super::row::{Row, RowError};
use crate::batch::read::shape::Shaped;
use crate::batch::read::table::{Record, Records};
use crate::batch::read::{Dialect, Form, Source};
use crate::batch::read::{csv, json, ndjson};

/// The rows of an input, one at a time.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

pub(crate) fn rows(source: &Source, layout: &Arc<Layout>) -> io::Result<Rows> {
    let (reader, layout) = (source.reader()?, Arc::clone(layout));
    Ok(match source.form {
        Form::Csv(dialect) => of_table(csv_records(reader, dialect), layout),
        Form::Xlsx => of_table(shaped(Source::sheet_records(reader)), layout),
        Form::Ndjson => Box::new(ndjson::Rows::new(reader, layout)),
        Form::Json => Box::new(json::Rows::new(reader, layout)),
    })
}

/// The header and the rows of a table, without blank ones.
pub(crate) fn records(source: &Source) -> io::Result<Option<Records>> {
    let reader = source.reader()?;
    Ok(match source.form {
        Form::Csv(dialect) => Some(csv_records(reader, dialect)),
        Form::Xlsx => Some(shaped(Source::sheet_records(reader))),
        Form::Ndjson | Form::Json => None,
    })
}

/// The rows of NDJSON, without options.
pub(crate) fn ndjson_rows(reader: impl BufRead + Send + 'static) -> Rows {
    Box::new(ndjson::Rows::new(reader, Arc::default()))
}

/// The rows of CSV, without options.
pub(crate) fn csv_rows(reader: impl BufRead + Send + 'static, dialect: Dialect) -> Rows {
    of_table(csv_records(reader, dialect), Arc::default())
}

fn of_table(records: Records, layout: Arc<Layout>) -> Rows {
    Box::new(columns::Rows::new(records, layout))
}

fn csv_records(reader: impl BufRead + Send + 'static, dialect: Dialect) -> Records {
    shaped(csv::Records::new(reader, dialect))
}

fn shaped(records: impl Iterator<Item = Result<Record, RowError>> + Send + 'static) -> Records {
    Box::new(Shaped::new(records))
}
