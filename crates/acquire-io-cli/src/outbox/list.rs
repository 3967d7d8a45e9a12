//! `acquire outbox show` and `list`.

use std::time::SystemTime;

use acquire_io_outbox::{Filter, Outbox, Pause, Row, Standing, State};
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;
use serde::Serialize;

use super::select::Which;
use crate::batch::known::each_row;
use crate::batch::report::Info;
use crate::batch::report::results::{Facts, Form, Outcome};
use crate::batch::report::summary::needs_a_person;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// How many messages of a kind `show` lists.
const SHOWN: u32 = 20;

/// The states that need a person.
const PERSON: [State; 3] = [State::Unknown, State::Refused, State::NotSent];

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    which: Which,
    /// What to print [default: text on a terminal, else json]
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<Form>,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    which: Which,
    /// Only messages in this state. Can be given several times
    #[arg(long, value_name = "STATE", value_parser = state_parser())]
    state: Vec<State>,
    /// What to print [default: text on a terminal, else json]
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<Form>,
}

pub(super) fn state_parser() -> impl clap::builder::TypedValueParser<Value = State> {
    use clap::builder::TypedValueParser as _;

    clap::builder::PossibleValuesParser::new(State::ALL.map(State::as_str))
        .try_map(|name| name.parse::<State>())
}

#[derive(Serialize)]
struct Account<'a> {
    account: &'a str,
    #[serde(flatten)]
    standing: &'a Standing,
}

impl Show {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let form = Form::or_default(self.output);
        for account in outbox.accounts().await? {
            let standing = outbox.standing(&account).await?;
            if form == Form::Json {
                output.json(&Account {
                    account: &account,
                    standing: &standing,
                })?;
                for state in PERSON {
                    for row in of_state(&outbox, &account, state).await? {
                        print(&row, form, output)?;
                    }
                }
                continue;
            }
            output.line(format_args!("account    {}", inert(&account)))?;
            for (state, count) in &standing.counts {
                output.line(format_args!(
                    "{:<10} {count}",
                    state.as_str().replace('_', " ")
                ))?;
            }
            if let Some(Pause { why, .. }) = &standing.held {
                output.line(format_args!(
                    "held       until somebody releases it: {}",
                    inert(why)
                ))?;
            }
            if let Some(Pause { until, why, .. }) = &standing.paused {
                let until = until.map_or_else(
                    || "until somebody resumes it".to_owned(),
                    |until| format!("until {}", humantime::format_rfc3339_seconds(until)),
                );
                output.line(format_args!("paused     {until}: {}", inert(why)))?;
            }
            for state in PERSON {
                show_state(&outbox, &account, state, &standing, output).await?;
            }
        }
        outbox.close().await?;
        Ok(Exit::Success)
    }
}

/// The messages in a state that needs a person.
async fn show_state(
    outbox: &Outbox,
    account: &str,
    state: State,
    standing: &Standing,
    output: &mut Output,
) -> Result<(), Failure> {
    let rows = of_state(outbox, account, state).await?;
    if rows.is_empty() {
        return Ok(());
    }
    output.line("")?;
    for row in &rows {
        output.line(person_line(row))?;
    }
    let more = standing.count(state).saturating_sub(rows.len() as u64);
    if more > 0 {
        output.line(format_args!(
            "and {more} more: acquire outbox list --state {state}"
        ))?;
    }
    Ok(())
}

/// The first messages in a state.
async fn of_state(outbox: &Outbox, account: &str, state: State) -> Result<Vec<Row>, Failure> {
    let filter = Filter::state(state).account(account).limit(SHOWN);
    let mut rows = outbox.list(filter).await?;
    rows.retain(|row| !row.replaced);
    Ok(rows)
}

fn person_line(row: &Row) -> String {
    let mut line = needs_a_person(row);
    if let Some(from) = row.resolvable_from() {
        let wait = from.duration_since(SystemTime::now()).unwrap_or_default();
        let minutes = wait.as_secs().div_ceil(60);
        line.push_str(&match minutes {
            0 => "\n  can be resolved as accepted or not sent".to_owned(),
            _ => format!(
                "\n  can be resolved as accepted; as not sent in {minutes} min, from {} on",
                humantime::format_rfc3339_seconds(from)
            ),
        });
    }
    line
}

/// The JSON of a message.
#[derive(Serialize)]
struct Listed<'a> {
    row: i64,
    #[serde(flatten)]
    outcome: Outcome<'a>,
    decided_by: Option<&'a str>,
    claimed_at: Option<String>,
    settled_at: Option<String>,
    resolvable_from: Option<String>,
}

impl List {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let filter = self
            .state
            .iter()
            .fold(Filter::all(), |filter, state| filter.or_state(*state));
        let form = Form::or_default(self.output);
        let mut printed = Ok(());
        each_row(&outbox, filter, |row| {
            if printed.is_ok() && !row.replaced {
                printed = print(&row, form, output);
            }
        })
        .await?;
        outbox.close().await?;
        printed?;
        Ok(Exit::Success)
    }
}

fn print(row: &Row, form: Form, output: &mut Output) -> std::io::Result<()> {
    let info = Info::of_outbox(row);
    let outcome = Outcome::new(&info, row.state, Facts::of(row));
    let text = |time: Option<SystemTime>| {
        time.map(|time| humantime::format_rfc3339_seconds(time).to_string())
    };
    match form {
        Form::Text => outcome.print(output),
        Form::Json => output.json(&Listed {
            row: row.id.0,
            outcome,
            decided_by: row.decided_by.as_deref(),
            claimed_at: text(row.claimed_at),
            settled_at: text(row.settled_at),
            resolvable_from: text(row.resolvable_from()),
        }),
    }
}
