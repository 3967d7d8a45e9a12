//! `acquire outbox migrate`: makes the tables of an outbox in a database.

use std::path::PathBuf;

use acquire_io_outbox::postgres;
use clap::Args;

use crate::database;
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Args)]
pub(crate) struct Migrate {
    /// The database, such as postgres://user@host/database
    #[arg(value_name = "ADDRESS", required_unless_present = "print")]
    address: Option<PathBuf>,
    /// Print the SQL, and change nothing. Without ADDRESS: that for a database without an outbox
    #[arg(long)]
    print: bool,
}

impl Migrate {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let Some(path) = self.address else {
            output.bytes(postgres::migrations().as_bytes())?;
            return Ok(Exit::Success);
        };
        let address = database::address(&path);
        let address = address.ok_or_else(|| {
            Failure::usage("only an outbox in a database is migrated: name it as postgres://user@host/database")
        })?;
        let options = database::options(address)?;
        if self.print {
            let sql = options.pending_migrations().await?;
            output.bytes(
                sql.unwrap_or_else(|| "-- nothing to do\n".to_owned())
                    .as_bytes(),
            )?;
            return Ok(Exit::Success);
        }
        let added = options.migrate().await?;
        output.line(match added.last() {
            Some(version) => format!("the outbox's tables have version {version} now"),
            None => "nothing to do: the outbox's tables are up to date".to_owned(),
        })?;
        Ok(Exit::Success)
    }
}
