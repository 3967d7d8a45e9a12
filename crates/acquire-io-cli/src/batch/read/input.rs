//! The input of a batch, read once: what was checked is what is sent, whatever becomes of the file meanwhile.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::path::Path;

use acquire_io_sandbox::cli::inert;
use anyhow::Context as _;

/// Copies a file, or standard input for `-`, to one without a name, which ends with the process.
pub(crate) fn copy_of(path: &Path) -> anyhow::Result<File> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| inert::path(path))?)
    };
    copy(BufReader::with_capacity(1 << 16, source)).with_context(|| inert::path(path))
}

/// Copies what a reader has.
pub(crate) fn copy(mut source: impl BufRead) -> anyhow::Result<File> {
    let mut copy = tempfile::tempfile().context("a temporary file can't be made")?;
    loop {
        let part = source.fill_buf()?;
        if part.is_empty() {
            return Ok(copy);
        }
        copy.write_all(part)
            .context("the input can't be copied to a temporary file")?;
        let length = part.len();
        source.consume(length);
    }
}
