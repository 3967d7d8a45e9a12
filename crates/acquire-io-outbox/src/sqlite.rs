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
mod fail;
mod handle;
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

pub use options::Options;
#[cfg(test)]
pub(crate) use {
    claim::claim_statements, open::check_version, open::pragmas, statements::statements_of,
};

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
