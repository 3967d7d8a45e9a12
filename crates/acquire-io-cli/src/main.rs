//! The command line.

mod demo;
mod output;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::output::Output;

/// Send chat messages, e-mail and SMS through Acquire (unofficial).
#[derive(Parser)]
#[command(name = "acquire", version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Send one message of each kind to a sandbox inside this process, and show what it received.
    ///
    /// Needs no account, and sends nothing to anyone.
    Demo,
    /// Start a server on loopback that stands in for Acquire, until Ctrl-C.
    ///
    /// It checks requests as the documentation says, answers them, fails on purpose where it is told to, and
    /// sends nothing to anyone.
    Sandbox(Box<acquire_io_sandbox::cli::Options>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut output = Output::stdout();
    let result = match Options::parse().command {
        Command::Demo => demo::run(&mut output).await,
        Command::Sandbox(options) => acquire_io_sandbox::cli::run(&options)
            .await
            .map_err(anyhow::Error::from),
    };
    output::exit_code(result)
}
