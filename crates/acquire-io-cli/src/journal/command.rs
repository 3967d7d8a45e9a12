//! `acquire journal`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use acquire_io::Delivery;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{Journal, Record, read};
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum JournalCommand {
    /// Show what became of each row, the unknown ones first of all
    Show(Show),
    /// Record what became of rows whose outcome is unknown, after a look into their cases
    ///
    /// A row that was not sent is sent when the batch is started again; one that was accepted never is.
    #[command(after_long_help = "\
Examples:
  acquire journal resolve june.journal --line 17 --as accepted
  acquire journal resolve june.journal --key order-17 --key order-19 --as not_sent")]
    Resolve(Resolve),
}

#[derive(Args)]
pub(crate) struct Show {
    /// The journal
    journal: PathBuf,
    /// Only rows with this outcome
    #[arg(long, value_name = "OUTCOME", value_parser = outcome(Delivery::ALL.map(Delivery::as_str)))]
    delivery: Option<Delivery>,
    /// What to print
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Text)]
    output: Form,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// How many rows have which outcome, and the rows that were not accepted
    Text,
    /// One JSON object per row
    Json,
}

#[derive(Args)]
#[command(group = ArgGroup::new("rows").required(true).multiple(true))]
pub(crate) struct Resolve {
    /// The journal
    journal: PathBuf,
    /// The row that starts at this line of the input. Can be given several times
    #[arg(long, value_name = "NUMBER", group = "rows")]
    line: Vec<u64>,
    /// The row with this key. Can be given several times
    #[arg(long, group = "rows")]
    key: Vec<String>,
    /// Every row whose outcome is unknown
    #[arg(long, group = "rows")]
    all: bool,
    /// What became of them
    #[arg(long = "as", value_name = "OUTCOME", value_parser = outcome(resolutions()))]
    outcome: Delivery,
}

fn outcome(
    names: impl IntoIterator<Item = impl Into<PossibleValue>>,
) -> impl TypedValueParser<Value = Delivery> {
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Delivery>())
}

/// What a person may find in a case.
fn resolutions() -> [PossibleValue; 2] {
    let value = |delivery: Delivery, help| PossibleValue::new(delivery.as_str()).help(help);
    [
        value(Delivery::Accepted, "The message is in the case"),
        value(
            Delivery::NotSent,
            "The message is not in the case, and may be sent",
        ),
    ]
}

impl JournalCommand {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        match self {
            Self::Show(show) => show.run(output),
            Self::Resolve(resolve) => resolve.run(output).await,
        }
    }
}

/// A row's latest record, as JSON shows it.
#[derive(Serialize)]
struct Row<'a> {
    line: u64,
    key: Option<&'a str>,
    delivery: Delivery,
    status: Option<u16>,
    attempts: Option<u32>,
    id: Option<i64>,
    code: Option<&'a str>,
    resolved: bool,
    time: &'a str,
}

impl Show {
    fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let mut records = BTreeMap::new();
        let header = read(&self.journal, |record| {
            records.insert(record.line, record);
        })?;
        let shown = |record: &&Record| self.delivery.is_none_or(|only| only == record.delivery());
        match self.output {
            Form::Json => {
                for record in records.values().filter(shown) {
                    let row = Row {
                        line: record.line,
                        key: record.key.as_deref(),
                        delivery: record.delivery(),
                        status: record.status,
                        attempts: record.attempts,
                        id: record.id,
                        code: record.code.as_deref(),
                        resolved: record.resolved,
                        time: &record.time,
                    };
                    output.json(&row)?;
                }
            }
            Form::Text => {
                output.line(format_args!("target    {}", header.target()))?;
                output.line(format_args!("input     SHA-256 {}", header.input()))?;
                for delivery in Delivery::ALL {
                    let count = records
                        .values()
                        .filter(|record| record.delivery() == delivery);
                    output.line(format_args!("{delivery:<9} {}", count.count()))?;
                }
                let untried = header.rows().saturating_sub(records.len() as u64);
                output.line(format_args!("not tried {untried}"))?;
                let listed = |record: &&Record| match self.delivery {
                    Some(only) => record.delivery() == only,
                    None => record.delivery() != Delivery::Accepted,
                };
                let mut rows: Vec<_> = records.values().filter(listed).collect();
                rows.sort_by_key(|record| (std::cmp::Reverse(record.delivery()), record.line));
                if !rows.is_empty() {
                    output.line("")?;
                }
                for record in rows {
                    output.line(line(record))?;
                }
            }
        }
        output.flush()?;
        Ok(Exit::Success)
    }
}

fn line(record: &Record) -> String {
    use std::fmt::Write as _;

    let mut line = format!("line {}: {}", record.line, record.delivery());
    let mut add = |what: std::fmt::Arguments<'_>| {
        // Writing to a text can't fail.
        let _ = write!(line, ", {what}");
    };
    if let Some(key) = &record.key {
        add(format_args!("key {key:?}"));
    }
    if let Some(status) = record.status {
        add(format_args!("status {status}"));
    }
    if let Some(code) = &record.code {
        add(format_args!("{}", code.escape_debug()));
    }
    if let Some(id) = record.id {
        add(format_args!("message {id}"));
    }
    if record.resolved {
        add(format_args!("by a person"));
    }
    add(format_args!("{}", record.time));
    line
}

impl Resolve {
    async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let mut records = BTreeMap::new();
        let journal = Journal::open_existing(&self.journal, |record| {
            records.insert(record.line, record);
        })?;
        let is_unknown = |record: &&Record| record.delivery() == Delivery::Unknown;
        let mut chosen = BTreeSet::new();
        if self.all {
            chosen.extend(
                records
                    .values()
                    .filter(is_unknown)
                    .map(|record| record.line),
            );
        }
        for line in &self.line {
            match records.get(line) {
                Some(record) if is_unknown(&record) => chosen.insert(*line),
                Some(record) => return Err(settled(record)),
                None => {
                    return Err(Failure::usage(format_args!(
                        "line {line}: nothing was sent of it yet"
                    )));
                }
            };
        }
        for (number, key) in (1..).zip(&self.key) {
            match records
                .values()
                .find(|record| record.key.as_ref() == Some(key))
            {
                Some(record) if is_unknown(&record) => chosen.insert(record.line),
                Some(record) => return Err(settled(record)),
                None => {
                    return Err(Failure::usage(format_args!(
                        "--key number {number}: the journal has no such row"
                    )));
                }
            };
        }
        let writer = journal.writer()?;
        let mut recorded = Vec::new();
        for line in &chosen {
            let key = records.get(line).and_then(|record| record.key.clone());
            recorded.push(writer.record(&Record::resolved(*line, key, self.outcome)));
        }
        // All of them, before anything is printed: the reader of the output may go away.
        for recorded in recorded {
            recorded.wait().await?;
        }
        for line in &chosen {
            output.line(format_args!("line {line}: {}", self.outcome))?;
        }
        output.flush()?;
        Ok(Exit::Success)
    }
}

fn settled(record: &Record) -> Failure {
    Failure::usage(format_args!(
        "the outcome of line {} is not unknown, but {}; nothing was changed",
        record.line,
        record.delivery()
    ))
}
