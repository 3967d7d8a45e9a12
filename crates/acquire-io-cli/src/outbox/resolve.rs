//! What people decide about messages: `acquire outbox resolve`, `retry` and `cancel`.

use acquire_io_outbox::{Error, Found, Outbox, Row, State};
use acquire_io_sandbox::cli::inert;
use clap::{Args, ValueEnum};

use super::select::{Select, Which, author, is_unknown};
use crate::ask::confirm;
use crate::batch::report::summary::needs_a_person;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note, say};

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(crate) struct Resolve {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    select: Select,
    /// What became of them
    #[arg(long = "as", value_name = "OUTCOME", value_enum, group = "what")]
    outcome: Option<Outcome>,
    /// Take back what was recorded: the outcome is unknown again
    #[arg(long, group = "what")]
    undo: bool,
    /// Record as not sent even messages that may still arrive
    #[arg(long, conflicts_with = "undo")]
    now: bool,
    /// Answer yes to the question that --all asks
    #[arg(short, long)]
    yes: bool,
}

/// What a person finds in a case.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Outcome {
    /// The message is in the case
    Accepted,
    /// The message is not in the case, and may be sent
    NotSent,
}

impl Resolve {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let rows = if self.undo {
            self.select
                .rows(&outbox, |row| row.decided_by.is_some())
                .await?
        } else {
            self.select.rows(&outbox, is_unknown).await?
        };
        let what = match self.outcome {
            Some(Outcome::Accepted) => "were accepted",
            Some(Outcome::NotSent) => "were not sent, and send them",
            None => "are unknown again",
        };
        let question = format!("Record that {} messages {what}?", rows.len());
        if self.select.all && !rows.is_empty() && !confirm(&question, self.yes)? {
            return nothing(outbox).await;
        }
        if self.now && self.outcome == Some(Outcome::NotSent) {
            say(
                "acquire: --now: a message that is still on its way will arrive twice. Use it only if neither the process that \
                 sent it nor a proxy can still deliver it",
            );
        }
        let author = author();
        let decide = async |row: &Row| match self.outcome {
            None => outbox.undo(row.id, &author).await,
            Some(outcome) => {
                let found = match outcome {
                    Outcome::Accepted => Found::Accepted,
                    Outcome::NotSent => Found::NotSent,
                };
                match self.now {
                    true => outbox.resolve_now(row.id, found, &author).await,
                    false => outbox.resolve(row.id, found, &author).await,
                }
            }
        };
        let exit = decide_each(&rows, output, decide).await?;
        if self.outcome == Some(Outcome::NotSent) && exit == Exit::Success {
            let path = inert::path(&self.which.path()?);
            note(format_args!(
                "the next run sends what was not sent: the same `acquire batch`, or acquire outbox work {path}"
            ));
        }
        outbox.close().await?;
        Ok(exit)
    }
}

/// The messages of a decision that needs nothing else.
#[derive(Args)]
pub(crate) struct Chosen {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    select: Select,
    /// Answer yes to the question that --all asks
    #[arg(short, long)]
    yes: bool,
}

impl Chosen {
    pub(super) async fn retry(self, output: &mut Output) -> Result<Exit, Failure> {
        self.decide(
            output,
            |row| matches!(row.state, State::Refused | State::NotSent),
            |count| format!("Queue {count} messages again?"),
            async |outbox, row, author| outbox.retry(row.id, author).await,
        )
        .await
    }

    pub(super) async fn cancel(self, output: &mut Output) -> Result<Exit, Failure> {
        self.decide(
            output,
            |row| row.state == State::Queued,
            |count| format!("Cancel {count} messages?"),
            async |outbox, row, author| outbox.cancel(row.id, author).await,
        )
        .await
    }

    async fn decide(
        self,
        output: &mut Output,
        is_meant: impl Fn(&Row) -> bool,
        question: impl Fn(usize) -> String,
        decide: impl AsyncFn(&Outbox, &Row, &str) -> Result<State, Error>,
    ) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let rows = self.select.rows(&outbox, is_meant).await?;
        let asks = self.select.all && !rows.is_empty();
        if asks && !confirm(&question(rows.len()), self.yes)? {
            return nothing(outbox).await;
        }
        let author = author();
        let exit = decide_each(&rows, output, async |row| {
            decide(&outbox, row, &author).await
        });
        let exit = exit.await?;
        outbox.close().await?;
        Ok(exit)
    }
}

async fn nothing(outbox: Outbox) -> Result<Exit, Failure> {
    outbox.close().await?;
    say("nothing was changed");
    Ok(Exit::Failure)
}

/// Decides about each message, and prints its new state, or why it can't be decided.
async fn decide_each(
    rows: &[Row],
    output: &mut Output,
    decide: impl AsyncFn(&Row) -> Result<State, Error>,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Success;
    if rows.is_empty() {
        say("acquire: no message is in a state for this; acquire outbox show prints what there is");
    }
    for row in rows {
        match decide(row).await {
            Ok(state) => {
                let name = needs_a_person(row);
                let state = state.as_str().replace('_', " ");
                output.line(format_args!("{state} now. It was: {name}"))?;
            }
            Err(error) if error.is_rejected() || error.is_too_early() => {
                exit = Exit::Usage;
                say(format_args!("acquire: {}: {error}", needs_a_person(row)));
                if let Some(from) = error.possible_from() {
                    say(format_args!(
                        "  try again from {} on, or use --now",
                        humantime::format_rfc3339_seconds(from)
                    ));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(exit)
}
