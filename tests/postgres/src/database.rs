//! Databases of a server.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError};

use crate::server::Server;

/// A database that one test has.
pub struct Database {
    server: Arc<Server>,
    name: String,
}

impl Database {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let free = server
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let name = match free {
            Some(name) => {
                // Making a database takes longer.
                let clear = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid();
                  DO $$ DECLARE name name; BEGIN
                    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' LOOP
                      EXECUTE format('DROP SCHEMA %I CASCADE', name);
                    END LOOP;
                  END $$;
                  CREATE SCHEMA public;";
                server
                    .psql(&name, &format!("SET client_min_messages = error; {clear}"))
                    .unwrap();
                name
            }
            None => {
                let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
                server
                    .psql(
                        "postgres",
                        &format!("CREATE DATABASE {name} TEMPLATE template0"),
                    )
                    .unwrap();
                name
            }
        };
        Self { server, name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its server.
    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Its address, for the superuser.
    pub fn address(&self) -> String {
        self.server.address(&self.name)
    }

    /// Runs SQL in it as the superuser, by `psql`.
    ///
    /// # Errors
    /// With what `psql` says.
    pub fn psql(&self, sql: &str) -> Result<String, String> {
        self.server.psql(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut free = self
            .server
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        free.push(std::mem::take(&mut self.name));
    }
}
