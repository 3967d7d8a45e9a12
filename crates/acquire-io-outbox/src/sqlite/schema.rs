//! The tables of an outbox, and whether a file has them.

use rusqlite::{Connection, Transaction};

use super::error::{damaged, fail, unreadable};
use crate::digest::Secret;
use crate::error::Error;
use crate::transition::{Event, states_that_allow};

/// Of SQLite files that are outboxes: `acqO`.
pub(super) const APPLICATION_ID: i32 = 0x6163_714f;
/// Of the tables. Kept as `user_version`.
pub(super) const VERSION: i32 = 1;

/// The tables as SQL.
pub(super) fn sql() -> String {
    include_str!("schema.sql").replace("{replaceable}", &states_that_allow(Event::Replace))
}

/// Makes the tables in a new file.
pub(super) fn create(connection: &mut Connection) -> Result<(), Error> {
    let secret = Secret::random()?;
    let make = |tx: &Transaction<'_>| {
        tx.execute_batch(&sql())?;
        tx.execute(
            "INSERT INTO outbox_meta (one, secret) VALUES (1, ?1)",
            [secret.bytes()],
        )?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", VERSION)
    };
    let tx = connection.transaction().map_err(fail("begin"))?;
    make(&tx)
        .and_then(|()| tx.commit())
        .map_err(fail("make its tables"))
}

/// Whether the file is an outbox of this version.
pub(super) fn check(connection: &Connection, path: &str) -> Result<(), Error> {
    let read = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = read("application_id").map_err(|error| unreadable(path, error))?;
    let version = read("user_version").map_err(|error| unreadable(path, error))?;
    if application != APPLICATION_ID {
        return Err(Error::file(format!(
            "{path} is a SQLite file, but no outbox: name another file, or one that doesn't exist"
        )));
    }
    match version {
        VERSION => Ok(()),
        newer if newer > VERSION => Err(Error::newer(format!(
            "{path} was made by a newer version (its tables have version {newer}, this one knows {VERSION}): use the newer \
             version"
        ))),
        other => Err(Error::file(format!(
            "{path} is damaged: its tables have version {other}, which doesn't exist; restore it from a backup"
        ))),
    }
}

/// The key of the digests.
pub(super) fn secret(connection: &Connection, path: &str) -> Result<Secret, Error> {
    let read = connection.query_row("SELECT secret FROM outbox_meta", [], |row| {
        row.get::<_, Vec<u8>>(0)
    });
    let bytes = read.map_err(|error| unreadable(path, error))?;
    Secret::from_bytes(&bytes).ok_or_else(|| damaged(path))
}
