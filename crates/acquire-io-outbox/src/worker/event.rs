//! What a worker says while it runs.

use std::fmt;
use std::time::{Duration, SystemTime};

use acquire_io::MessageId;

use super::report::{Counts, StopReason};
use crate::record::RowId;
use crate::transition::State;

/// Something that happened while a worker runs, for progress and metrics. See
/// [`Worker::on_event`](super::Worker::on_event).
///
/// It holds no content. Keys may hold personal data, so `Debug` doesn't print them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message was claimed, and is being sent.
    #[non_exhaustive]
    Claimed {
        /// The message.
        id: RowId,
        /// Its key.
        key: Option<String>,
        /// Which attempt this is, from 1.
        attempt: u32,
    },
    /// A message is settled. This is stored.
    #[non_exhaustive]
    Settled {
        /// The message.
        id: RowId,
        /// Its key.
        key: Option<String>,
        /// What became of it.
        state: State,
        /// The answer's status.
        status: Option<u16>,
        /// The server's code, or what failed.
        code: Option<String>,
        /// One line for a person.
        cause: Option<String>,
        /// The ID in its case.
        message_id: Option<MessageId>,
    },
    /// A message was not accepted, and is tried again later. This is stored.
    #[non_exhaustive]
    Requeued {
        /// The message.
        id: RowId,
        /// Its key.
        key: Option<String>,
        /// The answer's status.
        status: Option<u16>,
        /// The server's code, or what failed.
        code: Option<String>,
        /// One line for a person.
        cause: Option<String>,
    },
    /// A verdict came too late to count: it is recorded, and changes nothing.
    #[non_exhaustive]
    Late {
        /// The message.
        id: RowId,
        /// Its key.
        key: Option<String>,
    },
    /// The account is paused.
    #[non_exhaustive]
    Paused {
        /// Until when. None: until somebody resumes it.
        until: Option<SystemTime>,
        /// Why.
        why: String,
    },
    /// The account goes on.
    Resumed,
    /// The store failed. The worker tries again; meanwhile it claims nothing, and keeps the verdicts that it has.
    #[non_exhaustive]
    StoreFailed {
        /// Why.
        error: String,
        /// How long it waits.
        retry_in: Duration,
    },
    /// The store works again.
    StoreRecovered,
    /// The worker serves the account no more.
    #[non_exhaustive]
    Stopped {
        /// Why.
        reason: StopReason,
        /// What it did.
        counts: Counts,
    },
}

/// Prints no key.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claimed { id, attempt, .. } => {
                write!(f, "Claimed {{ id: {id}, attempt: {attempt} }}")
            }
            Self::Settled {
                id,
                state,
                status,
                code,
                ..
            } => write!(
                f,
                "Settled {{ id: {id}, state: {state}, status: {status:?}, code: {code:?} }}"
            ),
            Self::Requeued {
                id, status, code, ..
            } => write!(
                f,
                "Requeued {{ id: {id}, status: {status:?}, code: {code:?} }}"
            ),
            Self::Late { id, .. } => write!(f, "Late {{ id: {id} }}"),
            Self::Paused { until, why } => {
                write!(f, "Paused {{ until: {until:?}, why: {why:?} }}")
            }
            Self::Resumed => f.write_str("Resumed"),
            Self::StoreFailed { error, retry_in } => write!(
                f,
                "StoreFailed {{ error: {error:?}, retry_in: {retry_in:?} }}"
            ),
            Self::StoreRecovered => f.write_str("StoreRecovered"),
            Self::Stopped { reason, counts } => {
                write!(f, "Stopped {{ reason: {reason:?}, counts: {counts:?} }}")
            }
        }
    }
}
