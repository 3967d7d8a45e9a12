//! The journal of a batch: what is about to be sent, and what became of it, so that a batch that was killed goes on
//! without sending anything twice.
//!
//! A file of JSON lines that only grows. The first line tells which input and which account it belongs to. Then,
//! before each send, a line with the state `sending`, and after it one with the verdict. A message is sent only after
//! its first line is on the disk; the outcome of a message without a second one is therefore unknown. It holds no
//! content of messages.

pub(crate) mod command;
mod record;
pub(crate) mod recovery;
mod writer;

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek as _, SeekFrom};
use std::path::Path;

use acquire_io_sandbox::cli::inert;
use anyhow::{Context as _, bail};

pub(crate) use record::{Header, Record};
pub(crate) use writer::{Recorded, Writer};

use recovery::Contents;

/// A journal that this process has for itself.
pub(crate) struct Journal {
    file: File,
    length: u64,
}

impl Journal {
    /// Opens the journal of an input, or makes it. Gives each of its records to `each`, in order.
    ///
    /// # Errors
    /// When another process has it, it belongs to another input or account, or is no journal or a damaged one.
    pub(crate) fn open(
        path: &Path,
        header: &Header,
        each: impl FnMut(Record),
    ) -> anyhow::Result<Self> {
        Self::lock(path, Some(header), each).with_context(|| name(path))
    }

    /// Opens a journal that exists, whatever input it belongs to.
    pub(crate) fn open_existing(path: &Path, each: impl FnMut(Record)) -> anyhow::Result<Self> {
        Self::lock(path, None, each).with_context(|| name(path))
    }

    fn lock(
        path: &Path,
        expected: Option<&Header>,
        each: impl FnMut(Record),
    ) -> anyhow::Result<Self> {
        check_kind(path)?;
        let mut options = File::options();
        options.read(true).write(true).create(expected.is_some());
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("another process is using it"),
            Err(TryLockError::Error(error)) => return Err(error).context("it can't be locked"),
        }
        let Contents { header, mut length } = recovery::read(&file, each)?;
        match (&header, expected) {
            (Some(header), Some(expected)) => header.check(expected)?,
            (None, Some(expected)) => {
                length = writer::create(&mut file, expected)?;
                sync_folder(path)?;
            }
            (Some(_), None) => {}
            (None, None) => bail!("it is empty"),
        }
        // What is left of lines that were being written when the process ended: they were not on the disk, so nothing
        // was sent of them.
        if file.metadata()?.len() > length {
            file.set_len(length)?;
            file.sync_data()?;
        }
        file.seek(SeekFrom::Start(length))?;
        Ok(Self { file, length })
    }

    /// Begins to write to it.
    pub(crate) fn writer(self) -> io::Result<Writer> {
        Writer::start(self.file, self.length)
    }
}

/// Reads a journal that another process may be writing.
pub(crate) fn read(path: &Path, each: impl FnMut(Record)) -> anyhow::Result<Header> {
    let read = || {
        check_kind(path)?;
        let contents = recovery::read(&File::open(path)?, each)?;
        contents.header.context("it is empty")
    };
    read().with_context(|| name(path))
}

/// A device may have no end, and a pipe no reader.
fn check_kind(path: &Path) -> anyhow::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        bail!("it is not a regular file");
    }
    Ok(())
}

fn name(path: &Path) -> String {
    format!("journal {}", inert::path(path))
}

/// A new file is on the disk when its folder is, too.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Elsewhere folders can't be synced.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
