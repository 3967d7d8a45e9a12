//! Who has an outbox open: a lock on a file beside it, which the system frees when a process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A share in the lock.
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

/// What taking the lock found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// Nobody else has the outbox open, and nobody opens it until [`Lock::share`].
    None,
    /// Others have it open.
    Some,
}

impl Lock {
    /// Takes the lock of an outbox: alone when nobody else has it, otherwise with the others.
    pub(super) fn take(outbox: &Path) -> io::Result<(Self, Others)> {
        let path = beside(outbox, "-lock");
        loop {
            let mut options = OpenOptions::new();
            options.create(true).truncate(false).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&path)?;
            let others = match file.try_lock() {
                Ok(()) => Others::None,
                Err(TryLockError::WouldBlock) => {
                    file.lock_shared()?;
                    Others::Some
                }
                Err(TryLockError::Error(error)) => return Err(error),
            };
            // The one that had it before may have removed the file.
            if is_at(&file, &path) {
                return Ok((Self { file, path }, others));
            }
        }
    }

    /// Lets others in.
    pub(super) fn share(&self) -> io::Result<()> {
        self.file.unlock()?;
        self.file.lock_shared()
    }

    /// Whether this is the last one. Then nobody opens the outbox until the lock is dropped.
    pub(super) fn is_last(&self) -> bool {
        self.file.unlock().is_ok() && self.file.try_lock().is_ok()
    }

    /// Removes the file of the lock, of which this must be the last one.
    pub(super) fn remove(self) {
        // Elsewhere another process may be about to take it, which can't find out that it is gone.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The path of a file beside an outbox: its name with an ending.
pub(super) fn beside(outbox: &Path, ending: &str) -> PathBuf {
    let mut path = outbox.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(there)) => (file.dev(), file.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
