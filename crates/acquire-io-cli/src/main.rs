//! The command line.

mod batch;
mod demo;
mod exit;
mod journal;
mod message;
mod output;
mod report;
mod send;
mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::{Exit, Failure};
use crate::output::{Output, is_closed_pipe, say};

/// Send chat messages, e-mail and SMS through Acquire, and know whether each was sent (unofficial)
#[derive(Parser)]
#[command(name = "acquire", version, after_help = exit::HELP)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Chat messages, notes and events
    #[command(subcommand)]
    Chat(Box<send::ChatCommand>),
    /// E-mail
    #[command(subcommand)]
    Mail(Box<send::MailCommand>),
    /// SMS
    #[command(subcommand)]
    Sms(Box<send::SmsCommand>),
    /// Send many messages, each at most once
    Batch(Box<batch::Batch>),
    /// The account of what a batch sent
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Send one message of each kind to a sandbox inside this process, and show what it received
    ///
    /// Needs no account, and sends nothing to anyone.
    Demo,
    /// Start a server on loopback that stands in for Acquire, until Ctrl-C
    ///
    /// It checks requests as the documentation says, answers them, fails on purpose where it is told to, and sends
    /// nothing to anyone.
    Sandbox(Box<acquire_io_sandbox::cli::Options>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let mut output = Output::stdout();
    match run(options.command, &mut output).await {
        Ok(exit) => exit.into(),
        Err(failure) if is_closed_pipe(&failure.error) => Exit::Success.into(),
        Err(Failure { exit, error }) => {
            say(format_args!("acquire: {error:#}"));
            exit.into()
        }
    }
}

async fn run(command: Command, output: &mut Output) -> Result<Exit, Failure> {
    match command {
        Command::Chat(command) => command.run(output).await,
        Command::Mail(command) => command.run(output).await,
        Command::Sms(command) => command.run(output).await,
        Command::Batch(batch) => batch.run(output, false).await,
        Command::Journal(command) => command.run(output).await,
        Command::Demo => {
            demo::run(output).await?;
            Ok(Exit::Success)
        }
        Command::Sandbox(options) => {
            acquire_io_sandbox::cli::run(&options).await?;
            Ok(Exit::Success)
        }
    }
}
