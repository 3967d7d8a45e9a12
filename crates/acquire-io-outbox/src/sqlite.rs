//! The store in one SQLite file.
//!
//! [`INSERT`] inserts in a transaction of your own, on a connection of any driver to the outbox's file. To have your tables
//! and the messages in one transaction, keep your tables in the same file: the names of the outbox's tables begin with
//! `outbox_`.
//!
//! Any language can insert without this library, too:
//!
//! ```sql
//! INSERT INTO outbox_message (account, key, message)
//! VALUES ('acme', 'order-17', '{"channel":"chat","case":28,"text":"Ready"}');
//! ```
//!
//! There are also the columns `lane` (by default the message's case; empty for none), `strict` and `priority` (0 urgent, 1
//! normal, 2 bulk), `not_before` and `not_after` (milliseconds since 1970) and `source`. A row whose message is invalid ends
//! as not sent before anything leaves. Without the library a message that was erased can't be compared with another one
//! under its key: then nothing is inserted, and the statement succeeds.
//!
//! A connection of your own that stays open while workers run needs `PRAGMA wal_autocheckpoint = 0`, once for each
//! connection. Then only the outbox moves the content of the `-wal` file, and a lost `-wal` is always noticed.

mod accounts;
mod claim;
mod engine;
mod error;
mod insert;
mod live;
mod lock;
mod mark;
mod open;
mod options;
mod people;
mod place;
mod prune;
mod read;
mod schema;
#[cfg(test)]
mod statements;
mod store;
mod turn;

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Error;
use crate::outbox::Outbox;
use store::SqliteStore;

pub use options::Options;
#[cfg(test)]
pub(crate) use {open::check_version, open::pragmas, statements::statements_of};

/// Inserts the entries of one text parameter: see [`Outbox::parameter`](crate::Outbox::parameter).
///
/// It does what [`Outbox::insert`](crate::Outbox::insert) does: the same message under the same key is not inserted again,
/// and another message under a key that is taken fails the statement. Call [`Outbox::wake`](crate::Outbox::wake) after the
/// commit.
pub const INSERT: &str = "\
INSERT INTO outbox_message (account, key, digest, lane, strict, priority, not_before, not_after, message, source)
SELECT json_extract(value, '$.account'), json_extract(value, '$.key'), json_extract(value, '$.digest'),
  json_extract(value, '$.lane'), json_extract(value, '$.strict'), json_extract(value, '$.priority'),
  json_extract(value, '$.not_before'), json_extract(value, '$.not_after'), json_extract(value, '$.message'),
  json_extract(value, '$.source')
FROM json_each(?1)";

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
