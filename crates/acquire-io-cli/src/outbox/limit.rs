//! `acquire outbox limit`: how fast an outbox sends, over all its workers.

use acquire_io_outbox::Rate;
use acquire_io_sandbox::cli::inert::inert;
use clap::Args;

use super::select::{Which, author};
use crate::batch::work::rate;
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Args)]
pub(crate) struct Limit {
    #[command(flatten)]
    which: Which,
    /// How many messages per second, such as 5 or 0.5
    #[arg(long, value_name = "NUMBER", value_parser = rate, required_unless_present = "none")]
    rate: Option<f64>,
    /// How many may go at once after a pause [default: those of a second]
    #[arg(long, value_name = "COUNT", requires = "rate")]
    burst: Option<std::num::NonZeroU32>,
    /// As fast as the workers can
    #[arg(long, conflicts_with = "rate")]
    none: bool,
}

impl Limit {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let outbox = self.which.open().await?;
        let rate = self.rate.map(Rate::per_second);
        let rate = rate.map(|rate| self.burst.map_or(rate, |burst| rate.burst(burst.get())));
        for account in outbox.accounts().await? {
            outbox.limit(&account, rate, &author()).await?;
            let account = inert(&account);
            output.line(match rate {
                Some(rate) => format!(
                    "account {account}: at most {} messages per second",
                    rate.per_second
                ),
                None => format!("account {account}: no limit"),
            })?;
        }
        outbox.close().await?;
        Ok(Exit::Success)
    }
}
