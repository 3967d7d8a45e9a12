//! What the fuzz targets in `tests/fuzz` call of this program.

use std::io::BufRead;
use std::path::Path;

use acquire_io::Client;
use anyhow::Context as _;
use serde_json::Value;

use crate::batch::rows::{Format, read_rows};
use crate::journal::{Journal, Record, recovery};

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
    rows(input, Format::Ndjson, client)
}

/// The rows of CSV.
pub fn csv(input: impl BufRead + Send + 'static, client: &Client) -> impl Iterator<Item = Row> {
    rows(input, Format::Csv, client)
}

fn rows(
    input: impl BufRead + Send + 'static,
    format: Format,
    client: &Client,
) -> impl Iterator<Item = Row> {
    read_rows(input, format).map(|row| match row {
        Ok(row) => Row {
            line: row.line,
            key: row.key,
            body: match client.to_http_request(&row.message) {
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

/// The records of a journal as JSON, and how many of its bytes hold them.
///
/// # Errors
/// When it is no journal, or a damaged one.
pub fn recover(journal: &[u8]) -> anyhow::Result<(Vec<Value>, u64)> {
    let mut records = Vec::new();
    let contents = recovery::read(journal, |record| records.push(record))?;
    Ok((to_json(records)?, contents.length))
}

/// Opens a journal as `acquire journal resolve` does, writes that a row is about to be sent, and returns the records
/// that were there.
///
/// # Errors
/// When it is no journal, a damaged one, or can't be written.
pub async fn append(journal: &Path, line: u64) -> anyhow::Result<Vec<Value>> {
    let mut records = Vec::new();
    let journal = Journal::open_existing(journal, |record| records.push(record))?;
    let record = Record::sending(line, None);
    journal.writer()?.record(&record).wait().await?;
    to_json(records)
}

fn to_json(records: Vec<Record>) -> anyhow::Result<Vec<Value>> {
    let records = records.iter().map(serde_json::to_value);
    records
        .collect::<Result<_, _>>()
        .context("a record is no JSON")
}
