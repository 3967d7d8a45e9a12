//! Opening an outbox in a SQLite file.

use std::path::PathBuf;
use std::sync::Arc;

use super::options::Options;
use super::store::SqliteStore;
use crate::error::Error;
use crate::outbox::Outbox;

impl Options {
    /// Opens the outbox.
    ///
    /// # Errors
    /// As [`Outbox::sqlite`].
    pub async fn open(self) -> Result<Outbox, Error> {
        let store = SqliteStore::open(self).await?;
        Ok(Outbox::new(Arc::new(store)))
    }
}

impl Outbox {
    /// Opens an outbox in a SQLite file, which is made when it doesn't exist. Its folder must exist.
    ///
    /// Several processes of one machine may have it open. Beside the file there are files with the endings `-wal`, `-shm`
    /// and `-lock` while it is in use: don't copy or move it then. On Unix only the file's owner can read it; on Windows
    /// the access list of its folder applies.
    ///
    /// # Errors
    /// When the file is no outbox, is damaged, empty, read-only, was made by a newer version, or was copied while it was in
    /// use; when it is on a network file system or in a synchronised folder; when SQLite is older than 3.51.3, which can
    /// damage such a file.
    pub async fn sqlite(path: impl Into<PathBuf>) -> Result<Self, Error> {
        Self::sqlite_options(path).open().await
    }

    /// How to open an outbox in a SQLite file.
    pub fn sqlite_options(path: impl Into<PathBuf>) -> Options {
        Options::new(path.into())
    }
}
