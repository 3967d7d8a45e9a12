//! The input of a batch, read once: what was checked is what is sent, whatever becomes of the file meanwhile.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::Path;

use acquire_io_sandbox::cli::inert;
use anyhow::Context as _;

/// A copy of the input without a name, which ends with the process.
pub(crate) struct Input {
    copy: File,
}

impl Input {
    /// Reads a file, or standard input for `-`.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = inert::path(path);
        let source: Box<dyn Read> = if path == Path::new("-") {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).with_context(|| name.clone())?)
        };
        let mut source = BufReader::with_capacity(1 << 16, source);
        let mut copy = tempfile::tempfile().context("a temporary file can't be made")?;
        loop {
            let part = source.fill_buf().with_context(|| name.clone())?;
            if part.is_empty() {
                break;
            }
            copy.write_all(part)
                .context("the input can't be copied to a temporary file")?;
            let length = part.len();
            source.consume(length);
        }
        Ok(Self { copy })
    }

    pub(crate) fn into_file(self) -> File {
        self.copy
    }
}
