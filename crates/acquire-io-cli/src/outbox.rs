//! `acquire outbox`: shows what became of the messages of a batch, and records what people decide.
//!
//! A message whose outcome is unknown is resolved in `resolve`.

mod export;
mod limit;
mod list;
mod maintain;
mod migrate;
mod resolve;
mod select;
mod work;

use clap::Subcommand;

use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show how many messages are in each state, and those that need a person
    Show(list::Show),
    /// List messages
    List(list::List),
    /// Record the outcome of messages whose outcome is unknown, after you looked into their cases
    ///
    /// `--as not_sent` queues a message again: the next run sends it. It is refused for 15 minutes after the attempt, since
    /// the request may still arrive. `--undo` takes a record back until the message is sent.
    #[command(after_long_help = "\
Examples:
  acquire outbox resolve june.ndjson --key order-17 --as accepted
  acquire outbox resolve june.ndjson --key order-17 --undo
  acquire outbox resolve june.ndjson --line 17 --line 19 --as not_sent")]
    Resolve(resolve::Resolve),
    /// Queue messages again that were refused, cancelled or not sent
    Retry(resolve::Chosen),
    /// Cancel messages that are queued
    Cancel(resolve::Chosen),
    /// Stop sending from an outbox until it is resumed
    Pause(maintain::Pause),
    /// Resume sending after a pause
    Resume(maintain::Resume),
    /// Stop sending from an outbox that was restored, failed over or copied, until it is released
    Hold(maintain::Hold),
    /// Resume sending after a hold, once what is queued was compared with what Acquire has
    Release(maintain::Release),
    /// Limit how fast an outbox sends, over all its workers
    Limit(limit::Limit),
    /// Send what is queued, without the file; with --follow also what is inserted later
    Work(work::Work),
    /// Make or update the tables of an outbox in a database
    Migrate(migrate::Migrate),
    /// Check that the outbox is intact
    Check(maintain::Check),
    /// Delete messages that were settled long ago, and forget that they were sent
    Prune(maintain::Prune),
    /// Print the rows that failed, in the columns of the file, with a column `error`
    Export(export::Export),
}

impl Command {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let exit = match self {
            Self::Show(show) => show.run(output).await?,
            Self::List(list) => list.run(output).await?,
            Self::Resolve(resolve) => resolve.run(output).await?,
            Self::Retry(chosen) => chosen.retry(output).await?,
            Self::Cancel(chosen) => chosen.cancel(output).await?,
            Self::Pause(pause) => pause.run(output).await?,
            Self::Resume(resume) => resume.run(output).await?,
            Self::Hold(hold) => hold.run(output).await?,
            Self::Release(release) => release.run(output).await?,
            Self::Limit(limit) => limit.run(output).await?,
            Self::Migrate(migrate) => migrate.run(output).await?,
            Self::Work(work) => work.run(output).await?,
            Self::Check(check) => check.run(output).await?,
            Self::Prune(prune) => prune.run(output).await?,
            Self::Export(export) => export.run(output).await?,
        };
        output.flush()?;
        Ok(exit)
    }
}
