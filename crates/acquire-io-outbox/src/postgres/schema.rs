//! The tables of an outbox, and their versions.

use super::error::{SqlError, fail};
use super::tx::Tx;
use crate::digest::Secret;
use crate::error::Error;
use crate::transition::{Event, states_that_allow};

/// What each version adds to the one before. One that was published is never changed.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// Of two programs that migrate at once the second one waits. The number is of the outbox: `acqO`.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1633907023)";

const VERSIONS: &str = "\
CREATE SCHEMA IF NOT EXISTS acquire_outbox;
CREATE TABLE IF NOT EXISTS acquire_outbox.schema_version (
  version integer PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
)";

fn newest() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

fn migration(version: i32) -> Option<String> {
    let sql = MIGRATIONS.get(usize::try_from(version.checked_sub(1)?).ok()?)?;
    let sql = sql.replace("{replaceable}", &states_that_allow(Event::Replace));
    Some(format!(
        "{sql}\nINSERT INTO acquire_outbox.schema_version (version) VALUES ({version})"
    ))
}

/// All that brings a database from a version to the newest one, as one transaction.
pub(super) fn sql(from: i32) -> String {
    let migrations = (from + 1..=newest()).filter_map(|version| {
        Some(format!(
            "-- Version {version} of the tables of the outbox. Times are in UTC.\n\n{};\n",
            migration(version)?
        ))
    });
    let migrations: Vec<_> = migrations.collect();
    format!(
        "BEGIN;\n{LOCK};\n{VERSIONS};\n\n{}\nCOMMIT;\n",
        migrations.join("\n")
    )
}

/// What is to be done with tables of this version, if there is something.
pub(super) fn pending(found: i32) -> Option<String> {
    (found < newest()).then(|| sql(found))
}

/// Which version the tables have. 0: there are none.
async fn version(tx: &Tx) -> Result<i32, SqlError> {
    let there = "SELECT to_regclass('acquire_outbox.schema_version') IS NOT NULL";
    let is_there: bool = tx.query_one(there, &[]).await?.try_get(0)?;
    if !is_there {
        return Ok(0);
    }
    let sql = "SELECT coalesce(max(version), 0) FROM acquire_outbox.schema_version";
    Ok(tx.query_one(sql, &[]).await?.try_get(0)?)
}

/// Makes or updates the tables. Returns the versions that it added.
pub(super) async fn migrate(tx: &Tx) -> Result<Vec<u32>, Error> {
    let failed = fail("make its tables");
    tx.begin().await?;
    // Whoever waits here waits for another migration, which may take longer than a claim.
    tx.batch("SET LOCAL lock_timeout = '60s'")
        .await
        .map_err(&failed)?;
    tx.batch(LOCK).await.map_err(&failed)?;
    let encoding =
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()";
    let encoding: String = async { Ok(tx.query_one(encoding, &[]).await?.try_get(0)?) }
        .await
        .map_err(&failed)?;
    if encoding != "UTF8" {
        return Err(Error::setting(format!(
            "the database's encoding is {encoding}, in which not every message can be written: make it with UTF8"
        )));
    }
    let found = version(tx).await.map_err(&failed)?;
    refuse_newer(found)?;
    if found == 0 {
        tx.batch(VERSIONS).await.map_err(&failed)?;
    }
    for version in found + 1..=newest() {
        if let Some(sql) = migration(version) {
            tx.batch(&sql).await.map_err(&failed)?;
        }
    }
    Ok((found + 1..=newest())
        .filter_map(|version| u32::try_from(version).ok())
        .collect())
}

/// The version that the database has.
pub(super) async fn found(tx: &Tx) -> Result<i32, Error> {
    tx.begin().await?;
    version(tx).await.map_err(fail("read its version"))
}

fn refuse_newer(found: i32) -> Result<(), Error> {
    match found > newest() {
        true => Err(Error::newer(format!(
            "the database's outbox was made by a newer version (its tables have version {found}, this one knows {}): use the \
             newer version",
            newest()
        ))),
        false => Ok(()),
    }
}

/// The key of the digests, of an outbox that this version can use.
pub(super) async fn check(tx: &Tx) -> Result<Secret, Error> {
    let found = found(tx).await?;
    refuse_newer(found)?;
    if found == 0 {
        return Err(Error::file(
            "the database has no outbox: make its tables with `acquire outbox migrate`",
        ));
    }
    if found < newest() {
        return Err(Error::file(format!(
            "the database's outbox has tables of version {found}, this program needs {}: run `acquire outbox migrate`",
            newest()
        )));
    }
    let read = async || {
        Ok(tx
            .query_one("SELECT secret FROM acquire_outbox.meta", &[])
            .await?
            .try_get::<_, Vec<u8>>(0)?)
    };
    let bytes = read().await.map_err(fail("read its key"))?;
    Secret::from_bytes(&bytes)
        .ok_or_else(|| Error::file("the database's outbox is damaged: restore it from a backup"))
}
