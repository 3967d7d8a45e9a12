//! All that the command line prints.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};
use std::process::ExitCode;

/// Data for standard output.
pub(crate) struct Output(BufWriter<Stdout>);

impl Output {
    pub(crate) fn stdout() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.0, "{line}")
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Prints an error on standard error. A closed pipe is no error: the reader has seen enough.
pub(crate) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    let closed_pipe = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe);
    if closed_pipe {
        return ExitCode::SUCCESS;
    }
    // Nothing can be done when standard error is closed as well.
    let _ = writeln!(io::stderr(), "acquire: {error:#}");
    ExitCode::FAILURE
}
