//! How to open an outbox in a PostgreSQL database.

use super::address::{self, Address};
use crate::error::Error;
use crate::time::Clock;

/// How to open an outbox in a PostgreSQL database. Made by
/// [`Outbox::postgres_options`](crate::Outbox::postgres_options).
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(super) address: Address,
    pub(super) connections: u32,
    pub(super) clock: Clock,
}

impl Options {
    /// How many connections it uses at most, unless [`connections`](Self::connections) says otherwise.
    pub const DEFAULT_CONNECTIONS: u32 = 4;

    pub(super) fn new(url: &str) -> Result<Self, Error> {
        Ok(Self {
            address: address::parse(url)?,
            connections: Self::DEFAULT_CONNECTIONS,
            clock: Clock::default(),
        })
    }

    /// How many connections it uses at most. Default: 4. Zero counts as 1.
    ///
    /// A worker uses one for each of its accounts at a time. They are opened when they are needed, and stay open.
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections;
        self
    }

    /// Whether the address itself holds a password, which others may read in a list of processes or a configuration: better
    /// is the variable `PGPASSWORD`, a password file or a service file.
    pub fn has_password(&self) -> bool {
        self.address.has_password
    }

    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}
