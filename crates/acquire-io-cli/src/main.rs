//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    acquire_io_cli::main()
}
