//! The sandbox as a server.

use std::io::{self, Write as _};
use std::process::ExitCode;

use acquire_io_sandbox::cli::{Options, arguments, inert, run};
use clap::Parser;

/// A local server in place of the Acquire messaging API, with an inbox to look at (unofficial).
#[derive(Parser)]
#[command(version)]
struct Program {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(error) => return arguments::refuse(error),
    };
    match run(&program.options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, there is nobody to tell.
            let problem = inert::inert(&error.to_string());
            let _ = writeln!(io::stderr(), "acquire-io-sandbox: {problem}");
            ExitCode::FAILURE
        }
    }
}
