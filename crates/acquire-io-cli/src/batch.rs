//! `acquire batch`: many messages, each at most once.

mod check;
mod input;
mod plan;
mod progress;
mod row;
pub(crate) mod rows;
mod run;
mod stop;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use acquire_io_sandbox::cli::inert;
use clap::{Args, ValueEnum};

use crate::exit::{Exit, Failure};
use crate::journal::{Header, Journal};
use crate::output::{Output, note, say};
use crate::settings;
use input::Input;
use plan::Plan;
use progress::Progress;
use rows::Format;
use run::{Run, Sender};

const ROWS: &str = "\
Rows:
  One JSON object per line, or CSV with a header. `channel` is chat, mail or sms, `sender` is agent
  or contact. The other fields have the names of the options of `acquire chat send`, `acquire mail
  send` and `acquire sms send`, with underscores: `acquire schema message` prints them all. Of rows
  with the same `key` the first one is sent.

  {\"channel\": \"chat\", \"key\": \"order-17\", \"case\": 2069, \"text\": \"Your order is ready\"}

Results:
  One JSON object per message that was tried, on standard output: `line` and `key` of the row,
  then the fields of `acquire chat send --output json`.

Examples:
  acquire batch --check june.ndjson
  acquire batch --sandbox june.ndjson
  acquire batch --journal june.journal --rate 5 june.ndjson >> june.results
  acquire journal show june.journal";

#[derive(Args)]
#[command(after_help = crate::exit::HELP, after_long_help = format!("{ROWS}\n\n{}", crate::exit::HELP))]
pub(crate) struct Batch {
    /// The rows, `-` for standard input
    file: PathBuf,
    /// How the rows are written [default: csv for a file called .csv, else ndjson]
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,
    /// Check the rows, and send nothing
    #[arg(long)]
    check: bool,
    /// A file that records what was sent, to resume after an interruption without sending twice
    ///
    /// Each message is written there before it is sent, and its outcome after. Started again with the same journal,
    /// the batch leaves out what was accepted, sends what was not sent, and leaves what has an unknown outcome to a
    /// person: see `acquire journal`. It also sends again what was refused with 401 or 429, which is not about the
    /// message.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Try again also what was refused in an earlier run
    #[arg(long, requires = "journal")]
    retry_refused: bool,
    /// How many messages are under way at a time
    #[arg(long, value_name = "COUNT", default_value = "8")]
    concurrency: NonZeroUsize,
    /// How many messages per second are begun at most, such as 5 or 0.5 [default: no limit]
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    rate: Option<f64>,
    /// Stop after N unknown outcomes in this run (0: no limit)
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_unknown: u64,
    /// In which order results are printed
    #[arg(long, value_enum, value_name = "ORDER", default_value_t = Order::Input)]
    order: Order,
    #[command(flatten)]
    settings: settings::Options,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// As in the input. A slow message holds back those after it
    Input,
    /// As they come. Nothing waits for a slow message
    Completion,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (1e-3..=1e6).contains(&rate) => Ok(rate),
        _ => Err("is not a number from 0.001 to 1000000".to_owned()),
    }
}

impl Batch {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let input =
            Input::read(&self.file).map_err(|error| Failure::usage(format_args!("{error:#}")))?;
        let format = self.format.unwrap_or_else(|| format_of(&self.file));
        let checked = check::check(&input, format)?;
        if self.check {
            output.line(&checked)?;
            output.flush()?;
            return Ok(Exit::Success);
        }
        let connection = self.settings.connect().await?;
        let mut plan = Plan::new(&checked, self.retry_refused);
        let journal = match &self.journal {
            None => None,
            Some(path) => {
                let header = Header::new(input.sha256(), connection.target(), plan.rows_to_send());
                let journal = Journal::open(path, &header, |record| plan.recall(&record))
                    .map_err(|error| Failure::usage(format_args!("{error:#}")))?;
                Some(journal.writer()?)
            }
        };
        plan.begin();
        let progress = Progress::new(plan.due());
        let run = Run {
            sender: Sender {
                client: connection.client.clone(),
                journal,
            },
            rate: self.rate,
            concurrency: self.concurrency.get(),
            in_order: self.order == Order::Input,
            max_unknown: self.max_unknown,
        };
        let reason = run
            .run(&input, format, &mut plan, &progress, output)
            .await?;
        progress.finish();
        self.summarize(&plan);
        let mut exit = plan.exit();
        if let Some(reason) = reason {
            say(format_args!("acquire: stopped: {reason}"));
            exit = exit.max(reason.exit());
        }
        Ok(exit)
    }

    /// Prints what became of the batch, and what to do next.
    fn summarize(&self, plan: &Plan) {
        note(plan);
        let unknown = plan.unknown();
        if !unknown.is_empty() {
            let lines: Vec<_> = unknown.iter().take(10).map(u64::to_string).collect();
            let more = if unknown.len() > lines.len() {
                ", …"
            } else {
                ""
            };
            note(format_args!("unknown: line {}{more}", lines.join(", ")));
            if let Some(journal) = &self.journal {
                let journal = inert::path(journal);
                note(format_args!(
                    "  look into these cases, then: acquire journal resolve {journal} --line NUMBER --as accepted|not_sent"
                ));
            }
        }
        if plan.not_sent() > 0 && self.journal.is_some() {
            note("the same command sends what was not sent");
        }
    }
}

fn format_of(path: &Path) -> Format {
    let extension = path.extension().unwrap_or_default();
    if extension.eq_ignore_ascii_case("csv") {
        Format::Csv
    } else {
        Format::Ndjson
    }
}
