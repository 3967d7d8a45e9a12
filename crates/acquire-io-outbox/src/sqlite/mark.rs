//! The mark of an outbox that is in use. What was committed last is in the file's `-wal`, so a copy of the file alone is
//! out of date: it would send again what was sent.
//!
//! | mark | in the file itself | means |
//! | --- | --- | --- |
//! | 0 | yes | closed: the file is complete |
//! | 1 | yes | in use: the file needs its `-wal` |
//! | 2 | in its `-wal` only | in use |
//!
//! So that the file itself never has 2, this module moves the content of the `-wal` to the file, and not SQLite, with 1 written
//! last. Of each page only the last version is moved, or none while a reader needs an older one. Another program can bring 2
//! into the file: when it closes the file last, SQLite has moved everything and nothing is lost; when its SQLite moves pages
//! automatically while the file is in use, a `-wal` that is lost later goes unnoticed. The documentation of [`sqlite`](crate::sqlite) says how such a program prevents that.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::lock::beside;
use crate::error::Error;

/// From how many pages on the `-wal` is moved to the file: 8 MiB. A turn writes up to a hundred pages, mostly the same
/// ones, and moving them takes as long as several turns.
const PAGES: i64 = 2000;

/// How often to move the `-wal` anew when another process moves it at the same time.
const TRIES: u32 = 3;

/// # Errors
/// When the file was in use and was copied, or has lost its `-wal`: whether it has one must be looked up before SQLite
/// opens the file, which makes one.
pub(super) fn check(path: &Path, wal_exists: bool, connection: &Connection) -> Result<(), Error> {
    let read = connection.query_row("SELECT mark, file FROM outbox_meta", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
    });
    let read = read
        .optional()
        .map_err(|error| Error::file_because(format!("{} can't be read", path.display()), error))?;
    let (mark, file) = read.unwrap_or((0, None));
    let is_copy = mark != 0 && file != identity(path);
    let has_lost_wal = mark == 1 && !wal_exists;
    let problem = match (is_copy, has_lost_wal) {
        (false, false) => return Ok(()),
        (true, _) => "was copied or moved while it was in use",
        (false, true) => "was in use and has lost its -wal file",
    };
    Err(Error::file(format!(
        "{} {problem}: it may have messages that were sent as queued. Use the original with its -wal, or open \
         it as restored, which sends nothing until somebody releases it",
        path.display()
    )))
}

/// Which file a path is. None where the system doesn't say.
#[cfg(unix)]
fn identity(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    let file = path.metadata().ok()?;
    Some(format!("{}:{}", file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<String> {
    None
}

/// Whether the file has a `-wal`.
pub(super) fn has_wal(path: &Path) -> bool {
    beside(path, "-wal").exists()
}

/// Marks a file that nobody else has open.
pub(super) fn set(connection: &Connection, path: &Path) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE outbox_meta SET mark = 1, file = ?1",
        [identity(path)],
    )?;
    checkpoint(connection, "TRUNCATE")?;
    connection
        .execute("UPDATE outbox_meta SET mark = 2", [])
        .map(drop)
}

/// Clears the mark of a file that nobody else has open, and makes it complete.
pub(super) fn clear(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE outbox_meta SET mark = 0, file = NULL", [])?;
    checkpoint(connection, "TRUNCATE")
}

/// Moves the content of the `-wal` to the file when it has become long. Waits for nobody.
pub(super) fn tidy(connection: &Connection) -> rusqlite::Result<()> {
    let mut noop = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    let pages: i64 = noop.query_row([], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))?;
    if pages < PAGES {
        return Ok(());
    }
    for _ in 0..TRIES {
        connection.execute("UPDATE outbox_meta SET mark = 1", [])?;
        checkpoint(connection, "PASSIVE")?;
        let sql = "UPDATE outbox_meta SET mark = 2 WHERE mark = 1";
        if connection.execute(sql, [])? == 1 {
            break;
        }
        // Another process did the same in between, and its 2 may be in the file now.
    }
    Ok(())
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<()> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}
