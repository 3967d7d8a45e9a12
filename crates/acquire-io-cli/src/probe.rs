//! What the fuzz targets in `tests/fuzz` and the tests of tables call.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use acquire_io::Client;
use acquire_io_sandbox::cli::inert::inert;
use clap::Parser;
use serde_json::Value;

use crate::batch::check::damage;
use crate::batch::check::identity::Name;
use crate::batch::check::layout::{self, Layout};
use crate::batch::check::phone::{self, Home};
use crate::batch::check::row::Rows;
use crate::batch::check::rows::{self, csv_rows, ndjson_rows};
use crate::batch::check::template::{Kind, Template};
use crate::batch::read::{self, Dialect, Source};

/// A row of a batch, or what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number, from 1.
    pub line: u64,
    /// Its `key`.
    pub key: Option<String>,
    /// What identifies the row, in any file. None if it is wrong.
    pub id: Option<String>,
    /// The body of its request, or the error that a person sees.
    pub body: Result<Value, String>,
}

/// A file, and what it was read as.
#[derive(Clone, Debug)]
pub struct File {
    /// `CSV, semicolons, Windows-1252`.
    pub read_as: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

#[derive(Parser)]
#[command(no_binary_name = true)]
struct Arguments {
    #[command(flatten)]
    reading: read::Options,
    #[command(flatten)]
    columns: layout::Options,
}

/// The rows of a file with this name and content, with options of `acquire batch` that say how to read it and what its
/// columns are.
///
/// # Errors
/// When it can't be read at all: the error that a person sees.
pub fn file(name: &str, content: &[u8], options: &[&str], client: &Client) -> Result<File, String> {
    let arguments = Arguments::try_parse_from(options).map_err(|error| error.to_string())?;
    let source = Source::read(content, Path::new(name), &arguments.reading);
    let source = source.map_err(|failure| format!("{:#}", failure.error))?;
    let layout = Layout::new(&arguments.columns);
    let layout = layout.map_err(|failure| format!("{:#}", failure.error))?;
    let found = rows::rows(&source, &Arc::new(layout)).map_err(|error| error.to_string())?;
    Ok(File {
        read_as: source.read_as().to_owned(),
        rows: rows(found, client).collect(),
    })
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
            id: Some(Name::new(&row).outbox_key(1)),
            body: match client.to_http_request(row.entry.message()) {
                Ok(request) => serde_json::from_slice(request.body()).map_err(|e| e.to_string()),
                Err(invalid) => Err(invalid.to_string()),
            },
            key: row.key,
        },
        Err(error) => Row {
            line: error.line,
            key: None,
            id: None,
            body: Err(inert(&error.to_string())),
        },
    })
}

/// The text that a template makes of columns.
///
/// # Errors
/// When the template is wrong, or a column that it needs is empty: the error that a person sees.
pub fn template(source: &str, is_html: bool, columns: &[(&str, &str)]) -> Result<String, String> {
    let kind = match is_html {
        true => Kind::Html,
        false => Kind::Text,
    };
    let made = Template::new(source, kind).and_then(|template| {
        template.render(|variable| {
            let mut columns = columns.iter().filter(|(name, _)| *name == variable);
            columns.next().map(|(_, value)| *value)
        })
    });
    made.map_err(|error| inert(&error.with_name("--template")))
}

/// A phone number in the form that an SMS needs.
///
/// # Errors
/// When it isn't one, or may not be: the error that a person sees.
pub fn phone_number(text: &str, default_country: Option<&str>) -> Result<String, String> {
    let home = Home {
        default: default_country.and_then(|country| country.parse().ok()),
        sender: None,
    };
    phone::read(text, home).map(|phone| phone.number)
}

/// Whether a text is a spreadsheet's error, such as `#N/A`.
pub fn is_damaged(text: &str) -> bool {
    damage::of_value(text).is_some()
}
