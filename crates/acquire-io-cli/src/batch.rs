//! `acquire batch`: many messages, each at most once.

pub(crate) mod ask;
pub(crate) mod file;
mod fill;
pub(crate) mod identity;
pub(crate) mod info;
mod input;
pub(crate) mod known;
pub(crate) mod lines;
pub(crate) mod place;
pub(crate) mod plan;
mod planned;
mod preview;
mod problems;
pub(crate) mod progress;
mod remembered;
pub(crate) mod results;
pub(crate) mod row;
pub(crate) mod rows;
mod run;
pub(crate) mod stop;
pub(crate) mod summary;
pub(crate) mod work;

use std::path::PathBuf;

use clap::Args;

use crate::settings;
use plan::Changed;
use results::Form;
use rows::Format;
use work::Pace;

const ROWS: &str = "\
Rows:
  One JSON object per line, or CSV with a header. `channel` is chat, mail or sms, `sender` is agent
  or contact. The other fields have the names of the options of `acquire chat send`, `acquire mail
  send` and `acquire sms send`, with underscores: `acquire schema message` prints them all. Of rows
  with the same `key` the first one is sent.

  {\"channel\": \"chat\", \"key\": \"order-17\", \"case\": 2069, \"text\": \"Your order is ready\"}

Outbox:
  What was sent is kept in a file beside the input: june.ndjson.outbox. Run the same command again,
  and it sends only what was not sent. Correct a row, and only that row is sent. A row is the same
  as before by its `key`, or else by its fields.

Examples:
  acquire batch --check june.ndjson
  acquire batch --sandbox june.ndjson
  acquire batch june.ndjson
  acquire batch --yes --rate 5 --results june.results june.ndjson
  acquire outbox show june.ndjson";

#[derive(Args)]
#[command(after_help = crate::exit::HELP, after_long_help = format!("{ROWS}\n\n{}", crate::exit::HELP))]
pub(crate) struct Batch {
    /// The rows, `-` for standard input
    file: PathBuf,
    /// How the rows are written [default: csv for a file called .csv, else ndjson]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,
    /// Where to keep what was sent [default: the input's path with `.outbox` at its end]
    ///
    /// A file must be on a local disk. A database, such as postgres://user@host/database, is for several machines that work
    /// on one list: see `acquire outbox migrate`. A run with --sandbox keeps nothing unless this is given.
    #[arg(long, value_name = "PATH")]
    outbox: Option<PathBuf>,
    /// Check the rows, print what would be done, and send nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Print the HTTP requests, without the key, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Send without asking
    #[arg(short, long)]
    yes: bool,
    /// Send N messages at most
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// What to do with a new row for the case and recipient of a message that was or may have been sent, and whose row is
    /// not in the file any more
    ///
    /// It looks like a row that was corrected too late. Without this option such a row stops the run.
    #[arg(long, value_enum, value_name = "WHAT")]
    changed: Option<Changed>,
    #[command(flatten)]
    pace: Pace,
    /// What to print [default: text on a terminal, else json]
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<Form>,
    /// Append the results to a file, as JSON
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    #[command(flatten)]
    settings: settings::Options,
}
