//! What people decide about a whole outbox.

use std::time::{Duration, SystemTime};

use acquire_io_outbox::{DEFAULT_RETENTION, State};
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;

use super::{Which, author};
use crate::batch::ask::ask;
use crate::batch::place::failure;
use crate::exit::{Exit, Failure};
use crate::output::{Output, say};

#[derive(Args)]
pub(crate) struct Pause {
    #[command(flatten)]
    which: Which,
    /// For how long, such as 30m [default: until it is resumed]
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// Why, for others
    #[arg(long, value_name = "TEXT", default_value = "paused by a person")]
    why: String,
}

impl Pause {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let until = self
            .time
            .and_then(|time| SystemTime::now().checked_add(time));
        for account in outbox.accounts().await.map_err(failure)? {
            let paused = outbox.pause(&account, until, &self.why, &author()).await;
            paused.map_err(failure)?;
            output.line(format_args!("{} is paused", inert(&account)))?;
        }
        outbox.close().await.map_err(failure)?;
        Ok(Exit::Success)
    }
}

#[derive(Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    which: Which,
}

impl Resume {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        for account in outbox.accounts().await.map_err(failure)? {
            outbox.resume(&account, &author()).await.map_err(failure)?;
            output.line(format_args!("{} goes on", inert(&account)))?;
        }
        outbox.close().await.map_err(failure)?;
        Ok(Exit::Success)
    }
}

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    which: Which,
}

impl Check {
    /// Opening it checks it.
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        for account in outbox.accounts().await.map_err(failure)? {
            let standing = outbox.standing(&account).await.map_err(failure)?;
            let messages: u64 = standing.counts.values().sum();
            let unknown = standing.count(State::Unknown);
            output.line(format_args!(
                "{}: {messages} messages, {unknown} unknown",
                inert(&account)
            ))?;
        }
        outbox.close().await.map_err(failure)?;
        output.line("the outbox is whole")?;
        Ok(Exit::Success)
    }
}

#[derive(Args)]
pub(crate) struct Prune {
    #[command(flatten)]
    which: Which,
    /// Settled longer ago than this [default: 90days]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    older_than: Option<Duration>,
    /// Delete without asking
    #[arg(short, long)]
    yes: bool,
}

impl Prune {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let older_than = self.older_than.unwrap_or(DEFAULT_RETENTION);
        let question = format!(
            "Forget what was settled more than {} ago? A file that still has these rows would send them again.",
            humantime::format_duration(older_than)
        );
        if ask(&question, self.yes)? {
            let pruned = outbox.prune(older_than).await.map_err(failure)?;
            output.line(format_args!("{pruned} messages were deleted"))?;
        } else {
            say("nothing was changed");
        }
        outbox.close().await.map_err(failure)?;
        Ok(Exit::Success)
    }
}
