//! The command line.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    acquire_io_cli::main().await
}
