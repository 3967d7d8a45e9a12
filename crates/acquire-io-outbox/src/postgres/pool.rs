//! The connections of a store. Each transaction has one to itself; one that broke is replaced by a new one.

use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::config::Config;

use super::error::{READ_ONLY, SqlError};
use super::tls::Tls;
use super::tx::Tx;
use crate::error::Error;
use crate::time::Clock;

/// How long to try to connect.
const CONNECT: Duration = Duration::from_secs(10);

pub(super) struct Pool {
    config: Config,
    tls: Tls,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Client>>,
    /// Transactions that are being rolled back.
    rollbacks: Mutex<Vec<JoinHandle<()>>>,
}

/// A connection that is in use.
pub(super) struct Connection {
    pub(super) client: Client,
    permit: OwnedSemaphorePermit,
}

impl Pool {
    /// Connects when a transaction needs it.
    pub(super) fn new(mut config: Config, tls: Tls, connections: u32) -> Arc<Self> {
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        let connections = usize::try_from(connections.max(1)).unwrap_or(1);
        Arc::new(Self {
            config,
            tls,
            permits: Arc::new(Semaphore::new(connections)),
            idle: Mutex::default(),
            rollbacks: Mutex::default(),
        })
    }

    /// A transaction that has not begun. Waits for a connection.
    pub(super) async fn transaction(self: &Arc<Self>, clock: Clock) -> Result<Tx, Error> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|_| Error::closed())?;
        let client = match self.idle() {
            Some(client) => client,
            None => self.connect().await?,
        };
        Ok(Tx::new(
            Arc::clone(self),
            clock,
            Connection { client, permit },
        ))
    }

    fn idle(&self) -> Option<Client> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(|client| !client.is_closed())
    }

    async fn connect(&self) -> Result<Client, Error> {
        let connect = self.config.connect(self.tls.clone());
        // The driver's own limit is for each address.
        let connected = tokio::time::timeout(2 * CONNECT, connect).await;
        let connected = connected.map_err(|error| unreachable(error.into()))?;
        let (client, connection) = connected.map_err(|error| match error.as_db_error() {
            Some(_) => Error::failed("the database refuses the connection", SqlError::from(error)),
            None if is_read_only(&error) => Error::failed(READ_ONLY, error),
            None if lacks_password(&error) => Error::failed(
                "the database asks for a password: set PGPASSWORD, or put it into a service file or ~/.pgpass, which no \
                 other user may read (chmod 600)",
                SqlError::from(error),
            ),
            None => unreachable(error.into()),
        })?;
        // Ends with the client, or when the connection breaks, which the client learns.
        tokio::spawn(async move { drop(connection.await) });
        Ok(client)
    }

    /// Keeps a connection for the next transaction.
    pub(super) fn give_back(&self, connection: Connection) {
        let Connection { client, permit } = connection;
        if !self.permits.is_closed() && !client.is_closed() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(client);
        }
        drop(permit);
    }

    pub(super) fn rolls_back(&self, rollback: JoinHandle<()>) {
        let mut rollbacks = self
            .rollbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        rollbacks.retain(|rollback| !rollback.is_finished());
        rollbacks.push(rollback);
    }

    /// Waits until transactions that failed are rolled back. Until then they hold locks, and the next turn would skip their rows.
    pub(super) async fn rolled_back(&self) {
        let all = std::mem::take(
            &mut *self
                .rollbacks
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for rollback in all {
            // It ends within moments, or its connection does.
            let _ = rollback.await;
        }
    }

    /// Closes what is idle. What is in use is closed when its transaction ends.
    pub(super) fn close(&self) {
        self.permits.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    #[cfg(test)]
    pub(super) fn database(&self) -> &str {
        self.config.get_dbname().unwrap_or_default()
    }
}

/// Whether the driver refuses the server because it takes no writes.
fn is_read_only(error: &tokio_postgres::Error) -> bool {
    let source = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    // Of the system it would have a number, such as that of a socket whose folder nobody may enter.
    source.is_some_and(|error| {
        error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
    })
}

fn lacks_password(error: &tokio_postgres::Error) -> bool {
    // The driver has no other sign of it.
    error
        .source()
        .is_some_and(|why| why.to_string() == "password missing")
}

fn unreachable(source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::failed("the database can't be reached", source)
}
