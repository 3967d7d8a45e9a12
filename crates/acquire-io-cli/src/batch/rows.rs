//! The rows of a batch, as its input has them.

mod csv;
mod ndjson;

use std::io::{self, BufRead};
use std::sync::Arc;

use clap::ValueEnum;

use super::columns;
use super::input::Input;
use super::layout::Layout;
use super::row::{Row, RowError};

/// How the rows are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

/// The rows of an input, one at a time.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

pub(crate) fn rows(input: &Input, format: Format, layout: &Arc<Layout>) -> io::Result<Rows> {
    Ok(read_rows(input.reader()?, format, layout))
}

pub(crate) fn read_rows(
    reader: impl BufRead + Send + 'static,
    format: Format,
    layout: &Arc<Layout>,
) -> Rows {
    let layout = Arc::clone(layout);
    match format {
        Format::Ndjson => Box::new(ndjson::Rows::new(reader, layout)),
        Format::Csv => Box::new(columns::Rows::new(
            Box::new(csv::Records::new(reader)),
            layout,
        )),
    }
}
