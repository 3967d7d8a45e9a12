//! What SQLite's errors mean.

use rusqlite::ErrorCode;

use crate::error::Error;

/// What an error means for the caller.
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

pub(super) fn damaged(path: &str) -> Error {
    Error::file(format!("{path} is damaged: restore it from a backup"))
}

/// The same, for a file that is being opened.
pub(super) fn unreadable(path: &str, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Error::file_because(
            format!("{path} is no outbox: name another file, or one that doesn't exist"),
            error,
        ),
        Some(ErrorCode::DatabaseCorrupt) => Error::file_because(
            format!("{path} is damaged: restore it from a backup"),
            error,
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::busy(error),
        _ => Error::file_because(format!("{path} can't be read"), error),
    }
}
