//! What the fuzz targets in `tests/fuzz` call of this program.

use std::io::BufRead;

use acquire_io::Client;
use serde_json::Value;

use crate::batch::rows::{Rows, csv_rows, ndjson_rows};
use crate::batch::source::Dialect;

/// A row of a batch, or what is wrong with it.
pub struct Row {
    /// Where it starts, from 1.
    pub line: u64,
    /// The name that its author gave it.
    pub key: Option<String>,
    /// The body of the request that it makes, or the text that a person sees.
    pub body: Result<Value, String>,
}

/// The rows of NDJSON.
pub fn ndjson(input: impl BufRead + Send + 'static, client: &Client) -> impl Iterator<Item = Row> {
    rows(ndjson_rows(input), client)
}

/// The rows of CSV.
pub fn csv(input: impl BufRead + Send + 'static, client: &Client) -> impl Iterator<Item = Row> {
    rows(csv_rows(input, Dialect::default()), client)
}

fn rows(rows: Rows, client: &Client) -> impl Iterator<Item = Row> {
    rows.map(|row| match row {
        Ok(row) => Row {
            line: row.line,
            key: row.key,
            body: match client.to_http_request(row.entry.message()) {
                Ok(request) => serde_json::from_slice(request.body()).map_err(|e| e.to_string()),
                Err(invalid) => Err(invalid.to_string()),
            },
        },
        Err(error) => Row {
            line: error.line,
            key: None,
            body: Err(error.to_string()),
        },
    })
}
