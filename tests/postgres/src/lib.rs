//! A PostgreSQL server for tests: in a temporary folder, on a Unix socket, without Docker and without root.
//!
//! It needs PostgreSQL's programs, on the path or where Debian keeps them. Where there are none, tests that need them are left
//! out, which is said in one line; with `ACQUIRE_TEST_POSTGRES=required` it is a failure.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it fails a test, and nothing else"
)]

mod database;
mod disk;
mod pooler;
mod programs;
mod server;

pub use database::Database;
pub use disk::SmallDisk;
pub use pooler::Pooler;
pub use server::Server;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_keeps_what_it_has_committed_and_a_database_is_empty_again() {
        let Some(server) = Server::start() else {
            return;
        };
        let name = {
            let database = server.database();
            database.psql("CREATE TABLE t AS SELECT 17 AS n").unwrap();
            for end in [Server::kill, Server::stop_immediately, Server::stop] {
                end(&server);
                assert!(database.psql("SELECT 1").is_err());
                server.start_again(&[]);
                assert_eq!(database.psql("SELECT n FROM t").unwrap(), "17");
            }
            database.name().to_owned()
        };
        let again = server.database();
        assert_eq!(again.name(), name);
        assert!(again.psql("SELECT * FROM t").is_err());
    }
}
