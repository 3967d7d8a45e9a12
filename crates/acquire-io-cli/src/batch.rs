//! `acquire batch`: many messages, each at most once.

pub(crate) mod ask;
mod columns;
mod compose;
pub(crate) mod damage;
mod fields;
pub(crate) mod file;
mod fill;
mod header;
pub(crate) mod identity;
pub(crate) mod info;
mod input;
pub(crate) mod known;
pub(crate) mod layout;
pub(crate) mod lines;
pub(crate) mod phone;
pub(crate) mod place;
mod placeholders;
pub(crate) mod plan;
mod planned;
mod preview;
mod problems;
pub(crate) mod progress;
mod reading;
mod remembered;
pub(crate) mod results;
pub(crate) mod row;
pub(crate) mod rows;
mod run;
mod runs;
mod segments;
pub(crate) mod source;
mod statistics;
pub(crate) mod stop;
pub(crate) mod summary;
mod table;
pub(crate) mod template;
mod to_me;
pub(crate) mod work;

use std::path::PathBuf;

use clap::Args;

use crate::settings;
use plan::Changed;
use results::Form;
use work::Pace;

const ROWS: &str = "\
Rows:
  A table with a header (CSV, .xlsx), or JSON objects. `channel` is chat, mail or sms, `sender` is
  agent or contact. The other fields have the names of the options of `acquire chat send`, `acquire
  mail send` and `acquire sms send`, with underscores: `acquire schema message` prints them all. Of
  rows with the same `key` the first one is sent.

  {\"channel\": \"chat\", \"key\": \"order-17\", \"case\": 2069, \"text\": \"Your order is ready\"}

Files:
  CSV as Excel, LibreOffice and Google Sheets write it: with commas, semicolons or tabs, in UTF-8,
  UTF-16 or Windows-1252. Of .xlsx the first sheet that is visible, or --sheet: the values of
  formulas, dates as 2026-07-01, hidden rows too. JSON, one object per line, or a list of objects.
  One line says what the file was read as. --format, --delimiter and --encoding correct it. Save
  other files (.xls, .ods, Numbers) as .xlsx or CSV.

Columns and texts:
  The name of a column is a field, whatever its case, spaces and hyphens. --map gives other columns
  a field, --set gives a field the same value in all rows. A template is a text with columns in it:
  {{ first_name }} is the column `First name`. It is a file, or the text itself where no file has
  that name. --template fills `text`; e-mails also have --html-template and --subject-template.
  {{ name | default(\"customer\") }} and {% if firm %}...{% endif %} are for empty cells: others are
  errors. Phone numbers of SMS may have spaces, brackets and 00; with --default-country also none
  of a country.

Outbox:
  What was sent is kept in a file beside the input: june.ndjson.outbox. Run the same command again,
  and it sends only what was not sent. Correct a row, and only that row is sent. A row is the same
  as before by its `key`, or else by its cells: options and templates don't count.

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
    /// The rows, `-` for standard input
    file: PathBuf,
    #[command(flatten)]
    reading: source::Options,
    /// Where to keep what was sent [default: the input's path with `.outbox` at its end]
    ///
    /// A file must be on a local disk. A database, such as postgres://user@host/database, is for several machines that work
    /// on one list: see `acquire outbox migrate`. A run with --sandbox keeps nothing unless this is given.
    #[arg(long, value_name = "PATH")]
    outbox: Option<PathBuf>,
    #[command(flatten)]
    columns: layout::Options,
    /// Check the rows, print what would be done, and send nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Print the HTTP requests, without the key, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Send only the first SMS or e-mail, and to yourself: what it says is sent to this number or address
    ///
    /// It is recorded in the case of its row, and the list stays as it is.
    #[arg(long, value_name = "NUMBER|ADDRESS", allow_hyphen_values = true, conflicts_with_all = ["check", "dry_run", "limit", "changed", "results"])]
    to_me: Option<String>,
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
