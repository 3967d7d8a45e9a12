//! Opening an outbox in a PostgreSQL database.

use std::sync::Arc;

use super::options::Options;
use super::schema;
use super::store::{Database, PostgresStore};
use crate::error::Error;
use crate::outbox::Outbox;

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
