//! How much is printed on standard error.

use clap::{ArgAction, Args};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::output;

#[derive(Args)]
pub(crate) struct Verbosity {
    /// Log each call to standard error, with -vv each attempt, with -vvv everything. Neither content nor the key is logged
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = 900)]
    verbose: u8,
    /// Print errors only
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        display_order = 901
    )]
    quiet: bool,
}

impl Verbosity {
    pub(crate) fn set(&self) -> Result<(), TryInitError> {
        if self.quiet {
            output::be_quiet();
        }
        let level = match self.verbose {
            0 => return Ok(()),
            1 => LevelFilter::INFO,
            2 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        };
        let lines = fmt::layer()
            .with_writer(|| output::Log)
            .with_ansi(false)
            .with_span_events(FmtSpan::CLOSE);
        // Only this crate: the logs of HTTP libraries contain the key.
        tracing_subscriber::registry()
            .with(Targets::new().with_target("acquire_io", level))
            .with(lines)
            .try_init()
    }
}
