//! `acquire batch`: many messages, each at most once.
//!
//! A row is read in `read`, made into a message and checked in `check`, planned in `plan` against what the outbox knows
//! (`known`), queued in `fill`, sent in `work`, and reported in `report`. `run` is the path through these.

pub(crate) mod check;
mod elsewhere;
mod fill;
pub(crate) mod known;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod problems;
pub(crate) mod read;
pub(crate) mod report;
mod run;
mod runs;
mod stop;
mod to_me;
pub(crate) mod work;

use std::path::PathBuf;

use clap::Args;

use crate::settings;
use plan::Changed;
use report::results::Form;
use work::Pace;

const ROWS: &str = "\
Rows:
  A table with a header (CSV, .xlsx), or JSON objects. `channel` is chat, mail or sms, `sender` is
  agent or contact. The other fields have the names of the options of `acquire chat send`, `acquire
  mail send` and `acquire sms send`, with underscores: `acquire schema message` prints them all. Of
  rows with the same `key` only the first is sent. Equal rows without a key are all sent.

  {\"channel\": \"chat\", \"key\": \"order-17\", \"case\": 2069, \"text\": \"Your order is ready\"}

Files:
  CSV as Excel, LibreOffice and Google Sheets write it: with commas, semicolons or tabs, in UTF-8,
  UTF-16 or Windows-1252. Of .xlsx the first sheet that is visible, or --sheet: the values of
  formulas, dates as 2026-07-01, hidden rows and columns too. JSON, one object per line, or a list
  of objects. One line says what the file was read as. --format, --delimiter and --encoding correct
  it. Save other files (.xls, .ods, Numbers) as .xlsx or CSV.

Columns and texts:
  The name of a column is a field, whatever its case, spaces and hyphens. --map gives other columns
  a field, --set gives a field the same value in all rows. A template is a text with columns in it:
  {{ first_name }} is the column `First name`. It is a file, or the text itself where no file has
  that name. --template fills `text`; e-mails also have --html-template and --subject-template.
  {{ name | default(\"customer\") }} and {% if firm %}...{% endif %} are for empty cells: others are
  errors. Phone numbers of SMS may have spaces, brackets and 00, and with --default-country no
  country code.

Outbox:
  What was sent is recorded in a file beside the input: june.ndjson.outbox. Run the same command
  again, and it sends only what was not sent. Correct a row, and only that row is sent. A row is the
  same as before if it has the same `key`, or else the same cells: options and templates don't count.

Examples:
  acquire batch --check june.ndjson
  acquire batch --sandbox june.ndjson
  acquire batch june.ndjson
  acquire batch customers.xlsx --template hello.txt --map Phone=to --set channel=sms \\
    --set from=+12513188609 --default-country GB
  acquire batch --yes --rate 5 --results june.results june.ndjson
  acquire outbox show june.ndjson";

#[derive(Args)]
#[command(after_help = crate::exit::HELP, after_long_help = format!("{ROWS}\n\n{}", crate::exit::HELP))]
pub(crate) struct Batch {
    /// The file with the rows, `-` for standard input
    file: PathBuf,
    #[command(flatten)]
    reading: read::Options,
    /// Where to record what was sent [default: FILE.outbox]
    ///
    /// A file must be on a local disk. A database, such as postgres://user@host/database, is for several machines that work
    /// on one list: see `acquire outbox migrate`. A run with --sandbox keeps nothing unless this is given.
    #[arg(long, value_name = "PATH")]
    outbox: Option<PathBuf>,
    #[command(flatten)]
    columns: check::layout::Options,
    /// Check the rows, print what would be done, and send nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Print the HTTP requests, without the key, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Send only the first SMS or e-mail, to this number or address of your own
    ///
    /// It appears in the case of its row. The list and its outbox don't change.
    #[arg(long, value_name = "NUMBER|ADDRESS", allow_hyphen_values = true, conflicts_with_all = ["check", "dry_run", "limit", "changed", "take_over", "results"])]
    to_me: Option<String>,
    /// Send without asking
    #[arg(short, long)]
    yes: bool,
    /// Send at most N messages
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// What to do with a new row that looks like the correction of a message that was sent, or may have been
    ///
    /// Such a row is for the same case and recipient as a message whose row is no longer in the file. Without this option
    /// it stops the run.
    #[arg(long, value_enum, value_name = "WHAT")]
    changed: Option<Changed>,
    /// Treat what other lists have queued in the same outbox as this list's: cancel it, or correct it by its key
    ///
    /// Without this option a run cancels only what the same file on the same machine has queued, and only while no other
    /// process sends from the outbox.
    #[arg(long)]
    take_over: bool,
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
