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
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut output = Output::stdout();
    let result = match Options::parse().command {
        Command::Demo => demo::run(&mut output).await,
    };
    output::exit_code(result)
}
