//! What SQLite's errors mean.

use rusqlite::ErrorCode;

use crate::error::Error;

/// What SQLite's error means for the caller.
pub(super) fn fail(what: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::busy(error),
        Some(ErrorCode::DiskFull) => Error::failed(
            format!("the outbox could not {what}: the disk is full; free some space"),
            error,
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::file_because(
            format!("the outbox could not {what}: its file is damaged; restore it from a backup"),
            error,
        ),
        _ => Error::failed(format!("the outbox could not {what}"), error),
    }
}
