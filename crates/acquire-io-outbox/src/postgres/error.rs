//! What PostgreSQL's errors mean.

use std::error::Error as StdError;
use std::fmt;

use tokio_postgres::error::SqlState;

use crate::error::Error;

/// Why a statement failed. Holds no value of a column or parameter.
pub(super) enum SqlError {
    /// The server's error: its code, and its message unless that may hold a value.
    Server(SqlState, Option<String>),
    /// The connection broke.
    Connection(tokio_postgres::Error),
    /// An answer is not what the statement asks for.
    Unexpected(&'static str),
}

impl SqlError {
    pub(super) fn state(&self) -> Option<SqlState> {
        match self {
            Self::Server(state, _) => Some(state.clone()),
            _ => None,
        }
    }
}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(database) => {
                let code = database.code();
                // Messages of the classes "data exception" and "integrity constraint violation" may repeat a value.
                let may_hold_value = ["22", "23"]
                    .iter()
                    .any(|class| code.code().starts_with(class));
                let message = match (may_hold_value, database.constraint()) {
                    (false, _) => Some(database.message().to_owned()),
                    (true, constraint) => constraint.map(|name| format!("constraint {name}")),
                };
                Self::Server(code.clone(), message)
            }
            None => Self::Connection(error),
        }
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(state, message) => {
                write!(f, "the database returned {}", state.code())?;
                match message {
                    Some(message) => write!(f, ": {message}"),
                    None => Ok(()),
                }
            }
            Self::Connection(_) => f.write_str("the connection to the database failed"),
            Self::Unexpected(what) => write!(f, "the database returned {what}"),
        }
    }
}

impl fmt::Debug for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqlError({self})")
    }
}

impl StdError for SqlError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Connection(error) => Some(error),
            _ => None,
        }
    }
}

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
