//! `acquire outbox`: what became of the messages of a batch, and what to do about them.

mod export;
mod limit;
mod list;
mod maintain;
mod migrate;
mod resolve;
mod select;
mod work;

use std::path::{Path, PathBuf};

use acquire_io_outbox::{Outbox, sqlite};
use clap::{Args, Subcommand};

use crate::batch::place::{existing, failure};
use crate::database;
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
    /// Send nothing of an outbox whose database was restored, failed over or was copied, until it is released
    Hold(maintain::Hold),
    /// Go on after a hold, when what is queued was compared with what Acquire has
    Release(maintain::Release),
    /// Limit how fast an outbox sends, over all its workers
    Limit(limit::Limit),
    /// Send what is queued, without the file; with --follow also what is inserted later
    Work(work::Work),
    /// Make or update the tables of an outbox in a database
    Migrate(migrate::Migrate),
    /// Check that the outbox is whole
    Check(maintain::Check),
    /// Delete messages that were settled long ago, and forget that they were sent
    Prune(maintain::Prune),
    /// Print the rows that failed, in the columns of the file, with a column `error`
    Export(export::Export),
}

/// Which outbox.
#[derive(Args)]
pub(crate) struct Which {
    /// The outbox, or the file whose rows were sent
    #[arg(value_name = "PATH", required_unless_present = "outbox")]
    path: Option<PathBuf>,
    /// The outbox: a file, or a database such as postgres://user@host/database
    #[arg(long, value_name = "PATH", conflicts_with = "path")]
    outbox: Option<PathBuf>,
}

impl Which {
    fn given(&self) -> &Path {
        let given = self.outbox.as_ref().or(self.path.as_ref());
        given.map_or(Path::new(""), PathBuf::as_path)
    }

    fn is_database(&self) -> bool {
        database::address(self.given()).is_some()
    }

    /// As it may be shown.
    fn path(&self) -> Result<PathBuf, Failure> {
        match database::address(self.given()) {
            Some(address) => Ok(database::shown(address)),
            None => existing(self.given()),
        }
    }

    async fn open(&self) -> Result<Outbox, Failure> {
        self.open_as(|options| options).await
    }

    /// Opens it, a file with other options.
    async fn open_as(
        &self,
        options: impl FnOnce(sqlite::Options) -> sqlite::Options,
    ) -> Result<Outbox, Failure> {
        if let Some(address) = database::address(self.given()) {
            return database::options(address)?.open().await.map_err(failure);
        }
        let file = Outbox::sqlite_options(self.path()?).create(false);
        options(file).open().await.map_err(failure)
    }
}

/// Who decides, as the outbox keeps it.
fn author() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "acquire outbox".to_owned())
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
