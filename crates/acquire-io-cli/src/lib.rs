//! The program `acquire`. It is a library for its tests alone: its interface may change in any version.

mod ask;
mod batch;
mod config;
mod database;
mod demo;
mod documents;
mod dry_run;
mod exit;
mod input;
mod line;
mod message;
mod outbox;
mod output;
#[doc(hidden)]
pub mod probe;
mod report;
mod response;
mod send;
mod settings;
mod signals;
mod verbosity;

use std::io;
use std::process::ExitCode;

use acquire_io_sandbox::cli::arguments;
use acquire_io_sandbox::cli::inert::inert;
use clap::{CommandFactory as _, Parser, Subcommand};
use tokio::runtime::Runtime;

use crate::exit::{Exit, Failure};
use crate::output::{Output, is_closed_pipe, say};

const EXAMPLES: &str = "\
Examples:
  acquire demo
  acquire init
  acquire chat send --case 2069 --as-agent --text 'Hello!'
  acquire batch june.ndjson";

/// Send chat messages, e-mail and SMS through Acquire, and know whether each was sent (unofficial)
#[derive(Parser)]
#[command(name = "acquire", version, after_help = format!("{EXAMPLES}\n\n{}", exit::HELP))]
struct Options {
    #[command(flatten)]
    verbosity: verbosity::Verbosity,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Send chat messages, notes and events
    #[command(subcommand)]
    Chat(Box<send::ChatCommand>),
    /// Send e-mail
    #[command(subcommand)]
    Mail(Box<send::MailCommand>),
    /// Send SMS
    #[command(subcommand)]
    Sms(Box<send::SmsCommand>),
    /// Send many messages, each at most once
    Batch(Box<batch::Batch>),
    /// Show what became of the messages of a batch, and decide about those that need a person
    #[command(subcommand)]
    Outbox(Box<outbox::Command>),
    /// Ask for the account and the API key, and write them to a profile of the config file
    Init(config::init::Init),
    /// Show the settings, and write them to the config file
    #[command(subcommand, after_help = config::HELP)]
    Config(Box<config::Command>),
    /// Send one message of each kind to a sandbox inside this process, and show what it received
    ///
    /// Needs no account, and sends nothing to anyone.
    Demo,
    /// Start a local server in place of Acquire, with an inbox to look at, until Ctrl-C
    ///
    /// It checks requests as the documentation says, answers them in the documented shapes, and shows them on a web page.
    /// It can fail on purpose (`--fault`). It sends nothing to anyone.
    Sandbox(Box<acquire_io_sandbox::cli::Options>),
    /// Print the OpenAPI document of the API
    Openapi(documents::Openapi),
    /// Print the JSON Schema of a message
    #[command(subcommand)]
    Schema(documents::Schema),
    /// Print a completion script for a shell
    Completions(documents::Completions),
    /// Print the manual page, or write one for each command
    Man(documents::Man),
}

/// Runs the command that the arguments of the process name.
#[doc(hidden)]
pub fn main() -> ExitCode {
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(format_args!("acquire: can't start: {error}"));
            return Exit::Failure.into();
        }
    };
    let exit = runtime.block_on(main_of_process());
    // A host name that is still being looked up would keep the process alive.
    runtime.shutdown_background();
    exit
}

async fn main_of_process() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => return arguments::refuse(error),
    };
    let mut output = Output::stdout();
    match run(options, &mut output).await {
        Ok(exit) => exit.into(),
        Err(failure) if is_closed_pipe(&failure.error) => Exit::Success.into(),
        Err(Failure { exit, error }) => {
            say(format_args!("acquire: {error:#}"));
            exit.into()
        }
    }
}

async fn run(options: Options, output: &mut Output) -> Result<Exit, Failure> {
    options.verbosity.set()?;
    match options.command {
        Command::Chat(command) => {
            let send::ChatCommand::Send(send) = *command;
            send.run(output).await
        }
        Command::Mail(command) => {
            let send::MailCommand::Send(send) = *command;
            send.run(output).await
        }
        Command::Sms(command) => {
            let send::SmsCommand::Send(send) = *command;
            send.run(output).await
        }
        Command::Batch(batch) => batch.run(output).await,
        Command::Outbox(command) => command.run(output).await,
        Command::Init(init) => init.run(),
        Command::Config(command) => command.run(output),
        Command::Demo => succeeded(demo::run(output).await),
        Command::Sandbox(options) => {
            let ended = acquire_io_sandbox::cli::run(&options).await;
            // The error may name files.
            succeeded(
                ended.map_err(|error| io::Error::new(error.kind(), inert(&error.to_string()))),
            )
        }
        Command::Openapi(options) => succeeded(options.run(output)),
        Command::Schema(schema) => succeeded(schema.run(output)),
        Command::Completions(options) => succeeded(options.run(Options::command(), output)),
        Command::Man(options) => succeeded(options.run(Options::command(), output)),
    }
}

fn succeeded<E: Into<anyhow::Error>>(result: Result<(), E>) -> Result<Exit, Failure> {
    result.map_err(Into::into)?;
    Ok(Exit::Success)
}
