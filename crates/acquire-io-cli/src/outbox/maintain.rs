//! What people do with a whole outbox: `acquire outbox pause`, `resume`, `hold`, `release`, `check` and `prune`.

use std::time::{Duration, SystemTime};

use acquire_io_outbox::{DEFAULT_RETENTION, State, sqlite};
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;

use super::select::{Which, author};
use crate::ask::confirm;
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
        for account in outbox.accounts().await? {
            outbox.pause(&account, until, &self.why, &author()).await?;
            output.line(match until {
                Some(until) => format!("paused until {}", humantime::format_rfc3339_seconds(until)),
                None => "paused until it is resumed".to_owned(),
            })?;
        }
        outbox.close().await?;
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
        for account in outbox.accounts().await? {
            outbox.resume(&account, &author()).await?;
            output.line("resumed: the next run sends what is queued")?;
        }
        outbox.close().await?;
        Ok(Exit::Success)
    }
}

#[derive(Args)]
pub(crate) struct Hold {
    #[command(flatten)]
    which: Which,
    /// Why, for others
    #[arg(long, value_name = "TEXT", default_value = "held by a person")]
    why: String,
}

impl Hold {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        // Opens a file that was copied while it was in use, too.
        let outbox = self.which.open_as(sqlite::Options::restored).await?;
        outbox.hold(&self.why, &author()).await?;
        output.line("held: no worker sends anything until it is released")?;
        outbox.close().await?;
        Ok(Exit::Success)
    }
}

#[derive(Args)]
pub(crate) struct Release {
    #[command(flatten)]
    which: Which,
    /// Release without asking
    #[arg(short, long)]
    yes: bool,
}

impl Release {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let mut queued = 0;
        for account in outbox.accounts().await? {
            let standing = outbox.standing(&account).await?;
            queued += standing.count(State::Queued);
        }
        let question = format!(
            "Release the outbox? Its workers send {queued} queued messages, also those that were sent already after its backup."
        );
        let exit = match confirm(&question, self.yes)? {
            true => {
                outbox.release(&author()).await?;
                output.line("released: workers send what is queued")?;
                Exit::Success
            }
            false => {
                say("nothing was changed");
                Exit::Failure
            }
        };
        outbox.close().await?;
        Ok(exit)
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
        for account in outbox.accounts().await? {
            let standing = outbox.standing(&account).await?;
            let messages: u64 = standing.counts.values().sum();
            let unknown = standing.count(State::Unknown);
            let account = match account.as_str() {
                "local" => String::new(),
                account => format!("account {}: ", inert(account)),
            };
            output.line(format_args!(
                "{account}messages: {messages}, of which unknown: {unknown}"
            ))?;
        }
        outbox.close().await?;
        output.line("the outbox is intact")?;
        Ok(Exit::Success)
    }
}

#[derive(Args)]
pub(crate) struct Prune {
    #[command(flatten)]
    which: Which,
    /// Delete what was settled longer ago than this [default: 90days]
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
            age(older_than)
        );
        let exit = match confirm(&question, self.yes)? {
            true => {
                let pruned = outbox.prune(older_than).await?;
                output.line(format_args!(
                    "deleted: {pruned}. A file that still has these rows would send them again"
                ))?;
                Exit::Success
            }
            false => {
                say("nothing was changed");
                Exit::Failure
            }
        };
        outbox.close().await?;
        Ok(exit)
    }
}

/// `90 days`, or `1h 30m` where it is not a number of days.
fn age(time: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;

    match (time.as_secs() / DAY, time.as_secs() % DAY) {
        (1, 0) => "1 day".to_owned(),
        (days @ 2.., 0) => format!("{days} days"),
        _ => humantime::format_duration(time).to_string(),
    }
}
