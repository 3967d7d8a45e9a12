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
mod error;
mod insert;
mod libpq;
mod live;
mod options;
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

use std::sync::Arc;

use crate::error::Error;
use crate::outbox::Outbox;
use store::{Database, PostgresStore};

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

impl Options {
    /// Opens the outbox.
    ///
    /// # Errors
    /// As [`Outbox::postgres`].
    pub async fn open(self) -> Result<Outbox, Error> {
        let store = PostgresStore::open(self).await?;
        Ok(Outbox::new(Arc::new(store)))
    }

    /// Makes the outbox's tables in the database, or brings those of an older version up to date, in one transaction. Several
    /// programs may do so at once. Returns the versions that were added: none when there is nothing to do.
    ///
    /// The role needs the right to create a schema in the database.
    ///
    /// # Errors
    /// When the database can't be reached, was migrated by a newer version, or its encoding isn't UTF-8.
    pub async fn migrate(&self) -> Result<Vec<u32>, Error> {
        let tx = Database::new(self.clone())?.transaction().await?;
        let added = schema::migrate(&tx).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// The SQL that [`migrate`](Self::migrate) would run now, for whoever wants to read or run it elsewhere. None: there is
    /// nothing to do.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn pending_migrations(&self) -> Result<Option<String>, Error> {
        let tx = Database::new(self.clone())?.transaction().await?;
        let found = schema::found(&tx).await?;
        tx.commit().await?;
        Ok(schema::pending(found))
    }
}

impl Outbox {
    /// Opens an outbox in a PostgreSQL database, which has its tables already: see
    /// [`postgres::Options::migrate`](crate::postgres::Options::migrate). Any number of processes on any number of machines
    /// may have it open.
    ///
    /// The address is as for PostgreSQL's own programs: `postgres://user@host:port/database?sslmode=verify-full`, or
    /// `host=... user=...`. What it leaves out comes from the variables `PGHOST`, `PGUSER`, `PGPASSWORD` and so on, from the
    /// service that `service` or `PGSERVICE` names, and from `~/.pgpass`. With TLS the certificate is always verified, with
    /// the platform's trusted certificates or those of the file `sslrootcert`.
    ///
    /// # Errors
    /// When the address is wrong, the database can't be reached, has no outbox or one of another version, or runs with
    /// `fsync = off`.
    pub async fn postgres(address: &str) -> Result<Self, Error> {
        Self::postgres_options(address)?.open().await
    }

    /// How to open an outbox in a PostgreSQL database.
    ///
    /// # Errors
    /// When the address is wrong, or names a service that isn't there.
    pub fn postgres_options(address: &str) -> Result<Options, Error> {
        Options::new(address)
    }
}
