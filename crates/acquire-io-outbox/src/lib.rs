#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(all(feature = "postgres", feature = "sqlite")),
    allow(dead_code, reason = "what a store is made of")
)]

// From the top: `outbox` is the handle, and `worker` sends. Both call a `store`: `sqlite` or `postgres`. A store loads a row, and
// `live` applies an event to it: a verdict (`settle`), what a person decided (`decide`), the end of a lease (`end_lease`).
// `transition` has the table of what is possible, `policy` the delays and pauses.
mod account;
mod digest;
mod entry;
mod entry_json;
#[cfg(feature = "schemars")]
mod entry_schema;
mod error;
mod insertion;
mod live;
mod outbox;
mod policy;
#[cfg(feature = "postgres")]
pub mod postgres;
mod rate;
mod record;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod store;
mod stored;
#[cfg(all(test, feature = "postgres", feature = "sqlite", unix))]
mod tests;
mod time;
mod transition;
mod verdict;
mod worker;

#[doc = include_str!("../docs/promise.md")]
pub mod promise {}

/// How to do what most programs need, a page for each subject.
pub mod guide {
    #[cfg(feature = "postgres")]
    #[doc = include_str!("../docs/database.md")]
    pub mod database {}

    #[doc = include_str!("../docs/service.md")]
    pub mod service {}
}

pub use digest::Digest;
pub use entry::{Entry, Priority, Schedule};
pub use error::Error;
pub use outbox::{DEFAULT_RETENTION, Outbox};
pub use record::{
    Cursor, Filter, Found, HistoryEvent, Inserted, Pause, Rate, Row, RowId, Standing,
};
pub use transition::{ParseStateError, State};
pub use worker::{AccountReport, Counts, Event, Report, StopReason, Worker};
