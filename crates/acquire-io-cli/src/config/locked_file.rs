//! The config file, locked, and replaced as a whole.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// How long to wait for another process that writes the file, which takes moments.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// The number that Linux follows.
const MOST_LINKS: usize = 40;

/// A config file that no other process of this program changes while this exists.
pub(super) struct LockedFile {
    /// With all links followed.
    path: PathBuf,
    /// Held until it is closed.
    _lock: File,
}

impl LockedFile {
    /// Follows links, makes the folder, and waits for other processes that write the file.
    pub(super) fn lock(path: &Path) -> io::Result<Self> {
        let path = behind_links(path)?;
        let folder = folder(&path);
        private_folder().create(folder)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        // A file of its own, since the config file is replaced. It is never deleted: another process may be about to lock it.
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(path.with_file_name(name))?;
        let begun = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path, _lock: lock }),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        ErrorKind::WouldBlock,
                        "another process is writing it; try again when that has ended",
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file in one step, by one that only its owner can read. After an error it is as it was.
    pub(super) fn replace(&self, text: &str) -> io::Result<()> {
        // Made with mode 0600.
        let mut file = NamedTempFile::new_in(folder(&self.path))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// The target of the path, whether it exists or not. A link stays a link.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => path = folder(&path).join(fs::read_link(&path)?),
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        ErrorKind::InvalidInput,
        "it is a symbolic link that leads to itself",
    ))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
