//! What PostgreSQL's errors mean.

use tokio_postgres::error::SqlState;

use super::tx::SqlError;
use crate::error::Error;

/// What to do about a server that takes no writes.
pub(super) const READ_ONLY: &str = "the database is read-only, perhaps a standby; name the primary";

/// What an error means for the caller.
pub(super) fn fail(what: &'static str) -> impl Fn(SqlError) -> Error {
    move |error| {
        let Some(state) = error.state() else {
            return Error::failed(format!("the outbox could not {what}"), error);
        };
        let is = |states: &[SqlState]| states.contains(&state);
        if is(&[
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::QUERY_CANCELED,
        ]) {
            return Error::busy_database(error);
        }
        let hint = if is(&[SqlState::DISK_FULL]) {
            "the database's disk is full; free some space"
        } else if is(&[SqlState::READ_ONLY_SQL_TRANSACTION]) {
            READ_ONLY
        } else if is(&[SqlState::INSUFFICIENT_PRIVILEGE]) {
            "the role lacks a right; grant it those of a worker"
        } else if is(&[SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME]) {
            "the database has no outbox; run `acquire outbox migrate`"
        } else {
            return Error::failed(format!("the outbox could not {what}"), error);
        };
        Error::failed(format!("the outbox could not {what}: {hint}"), error)
    }
}
