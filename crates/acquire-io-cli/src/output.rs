//! Everything that the program prints. Lines for people are [`inert`], since they may contain foreign text.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use acquire_io_sandbox::cli::inert::{self, inert};
use anstream::AutoStream;
use serde::Serialize;

use crate::line::Line;

static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Data for standard output.
pub(crate) struct Output(BufWriter<Stdout>);

impl Output {
    pub(crate) fn stdout() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    /// Lines for people.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> io::Result<()> {
        write_lines(&mut self.0, &line.to_string())
    }

    /// The outcome of a message. Coloured on a terminal, unless NO_COLOR is set or TERM is `dumb`.
    pub(crate) fn outcome(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.0.flush()?;
        let line = format!("{line}\n");
        AutoStream::auto(io::stdout().lock()).write_all(line.as_bytes())
    }

    /// One JSON value, on one line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = inert::json(&serde_json::to_string(value)?);
        writeln!(self.0, "{line}")
    }

    /// Foreign bytes for a program. On a terminal they are inert.
    pub(crate) fn foreign(&mut self, bytes: &[u8]) -> io::Result<()> {
        match io::stdout().is_terminal() {
            true => self.line(String::from_utf8_lossy(bytes)),
            false => self.bytes(bytes).and_then(|()| self.bytes(b"\n")),
        }
    }

    /// Bytes that this program made itself.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether the reader of the output has closed it, which is not an error.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Prints only errors on standard error from now on.
pub(crate) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Whether only errors are printed on standard error.
pub(crate) fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// A line for people on standard error, left out by `--quiet`.
pub(crate) fn note(line: impl fmt::Display) {
    if !is_quiet() {
        say(line);
    }
}

/// A line for people on standard error. A failure to write it is ignored.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = write_lines(&mut io::stderr(), &line.to_string());
}

/// The outcome of a message that was not accepted, and lines about it, on standard error. Coloured like
/// [`Output::outcome`].
pub(crate) fn say_outcome(line: &Line<'_>, more: &[String]) {
    let mut lines = format!("acquire: {line}\n");
    for more in more {
        lines.push_str(&format!("  {}\n", inert(more)));
    }
    let _ = AutoStream::auto(io::stderr().lock()).write_all(lines.as_bytes());
}

/// Standard error, for a writer of whole lines.
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        say(text.strip_suffix('\n').unwrap_or(&text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes all lines at once, so that other threads can't write between them.
fn write_lines(to: &mut impl Write, text: &str) -> io::Result<()> {
    let mut lines = String::with_capacity(text.len() + 1);
    for line in text.split('\n') {
        lines.push_str(&inert(line));
        lines.push('\n');
    }
    to.write_all(lines.as_bytes())
}
