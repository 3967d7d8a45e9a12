//! `acquire outbox export`: the rows that failed, as they were read, with the reason.

use std::path::Path;

use acquire_io_outbox::{Filter, Row, State};
use clap::{Args, ValueEnum};
use serde_json::value::RawValue;

use super::select::Which;
use crate::batch::check::identity::shown_key;
use crate::batch::check::row::ERROR_COLUMN;
use crate::batch::known::each_row;
use crate::batch::read::json::Fields;
use crate::batch::report::Origin;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note};

/// How the rows are written.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    which: Which,
    /// Rows that were refused, or not sent
    #[arg(long, required = true)]
    failed: bool,
    /// How to write the rows [default: csv for a table, else ndjson]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,
}

impl Export {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let filter = Filter::state(State::Refused).or_state(State::NotSent);
        let (mut rows, mut erased, mut format) = (Vec::new(), 0_u64, self.format);
        each_row(&outbox, filter, |row| {
            if row.replaced {
                return;
            }
            let origin = Origin::of(&row);
            let file = origin.as_ref().and_then(|origin| origin.file.as_deref());
            let extension = file.and_then(|file| Path::new(file).extension()?.to_str());
            let extension = extension.unwrap_or_default().to_ascii_lowercase();
            let is_table = matches!(extension.as_str(), "csv" | "tsv" | "tab" | "xlsx");
            format.get_or_insert(if is_table {
                Format::Csv
            } else {
                Format::Ndjson
            });
            match fields(&row, origin) {
                Some(fields) => rows.push(fields),
                None => erased += 1,
            }
        })
        .await?;
        outbox.close().await?;
        match format.unwrap_or(Format::Ndjson) {
            Format::Ndjson => rows.iter().try_for_each(|row| output.json(row))?,
            Format::Csv if !rows.is_empty() => {
                let csv = csv(&rows)?;
                output.foreign(csv.trim_ascii_end())?;
            }
            Format::Csv => {}
        }
        if erased > 0 {
            note(format_args!(
                "{erased} failed rows are left out: their content was erased"
            ));
        }
        note(format_args!(
            "failed rows: {}. Correct them in the file itself, and run the same `acquire batch` again: it sends only these",
            rows.len()
        ));
        Ok(Exit::Success)
    }
}

/// The row as it was read, or else the fields of its message.
fn fields(row: &Row, origin: Option<Origin>) -> Option<Fields> {
    let of_origin = origin.and_then(|origin| origin.row);
    let of_message = || {
        let mut fields: Fields = serde_json::from_str(row.message_json()?).ok()?;
        if let Some(key) = row.key.as_deref().and_then(shown_key) {
            fields.0.push(("key".to_owned(), text(key)?));
        }
        Some(fields)
    };
    let mut fields = of_origin.or_else(of_message)?;
    let why = row.cause.as_deref().or(row.code.as_deref());
    fields
        .0
        .push((ERROR_COLUMN.to_owned(), text(why.unwrap_or("not sent"))?));
    Some(fields)
}

fn text(text: &str) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(text).ok()
}

/// The rows, with a column for each field that occurs, the error last.
fn csv(rows: &[Fields]) -> anyhow::Result<Vec<u8>> {
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flat_map(|row| &row.0) {
        if name != ERROR_COLUMN && !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    columns.push(ERROR_COLUMN);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns)?;
    for row in rows {
        let cells = columns.iter().map(|column| {
            let value = row.0.iter().find(|(name, _)| name == column);
            value.map_or_else(String::new, |(_, value)| cell(column, value.get()))
        });
        writer.write_record(cells)?;
    }
    Ok(writer.into_inner()?)
}

/// A cell that is read back as the value.
fn cell(column: &str, json: &str) -> String {
    /// Columns that hold JSON.
    const JSON: [&str; 3] = ["meta", "attachment", "json"];

    if JSON.contains(&column) {
        return json.to_owned();
    }
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return text;
    }
    match serde_json::from_str::<Vec<String>>(json) {
        Ok(list) => list.join("; "),
        Err(_) => json.to_owned(),
    }
}
