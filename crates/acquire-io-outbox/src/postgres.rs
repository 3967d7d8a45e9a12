//! The store in a PostgreSQL database, 13 or newer, of which any number of workers on any number of machines share one.
//!
//! [`INSERT`] inserts in a transaction of your own, with any driver and from any language. Nothing is sent unless it
//! commits.
//!
//! # Tables and roles
//!
//! `acquire outbox migrate postgres://...` makes the tables, in a schema of their own, `acquire_outbox`; with `--print` it
//! prints the SQL. [`Options::migrate`] does the same. Then give rights:
//!
//! ```sql
//! -- A service that inserts. It can neither read messages nor say that one was sent.
//! GRANT USAGE ON SCHEMA acquire_outbox TO shop;
//! GRANT EXECUTE ON FUNCTION acquire_outbox.insert(text) TO shop;
//!
//! -- A worker, and people who decide.
//! GRANT USAGE ON SCHEMA acquire_outbox TO sender;
//! GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA acquire_outbox TO sender;
//! ```
//!
//! # Inserting without this library
//!
//! The function takes a JSON array. Each entry has `account` and `message`, and may have `key`, `lane` (by default the
//! message's case; empty for none), `strict`, `priority` (0 urgent, 1 normal, 2 bulk), `not_before`, `not_after` (RFC 3339,
//! or milliseconds since 1970) and `source`, a text:
//!
//! ```sql
//! SELECT acquire_outbox.insert('[
//!   {"account": "acme", "key": "order-17", "message": {"channel": "chat", "case": 28, "text": "Ready"}}
//! ]');
//! ```
//!
//! It returns how many it has inserted: the same message under the same key is not inserted again, and another message under
//! a key that is taken fails the statement. A row whose message is invalid ends as not sent before anything leaves. Without
//! the library a message that was erased can't be compared with another one under its key: then nothing is inserted, and the
//! statement succeeds.
//!
//! A role with rights on the table may `INSERT INTO acquire_outbox.message (account, key, message) ...` instead, with the
//! columns of these names.
//!
//! # Poolers
//!
//! It works behind pgbouncer in transaction mode: it keeps nothing in a session, and polls instead of listening.

mod accounts;
mod address;
mod claim;
mod fail;
mod handle;
mod insert;
mod live;
mod options;
mod password_file;
mod people;
mod pool;
mod prune;
mod read;
mod schema;
#[cfg(test)]
mod statements;
mod store;
mod tls;
mod turn;
mod tx;
mod value;
mod watch;

pub use options::Options;
#[cfg(test)]
pub(crate) use statements::{fail_at, has_not_failed, statements_of};

/// Inserts the entries of one text parameter: see [`Outbox::parameter`](crate::Outbox::parameter).
///
/// It does what [`Outbox::insert`](crate::Outbox::insert) does: the same message under the same key is not inserted again,
/// and another message under a key that is taken fails the statement. It returns one row with one number, how many were
/// inserted. Call [`Outbox::wake`](crate::Outbox::wake) after the commit.
pub const INSERT: &str = "SELECT acquire_outbox.insert($1)";

/// All tables as SQL, as one transaction: what `acquire outbox migrate --print` prints for a database without an outbox.
pub fn migrations() -> String {
    schema::sql(0)
}
