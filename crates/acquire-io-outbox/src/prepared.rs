//! An entry as a store takes it.

use acquire_io::InvalidMessage;
use serde::Serialize;

use crate::digest::Secret;
use crate::entry::{Entry, Source};
use crate::error::Error;

/// The columns of a new row. Its JSON is what the stores' `INSERT` statements take.
#[derive(Clone, Serialize)]
pub(crate) struct Prepared {
    pub(crate) account: String,
    pub(crate) key: Option<String>,
    pub(crate) digest: String,
    pub(crate) lane: String,
    pub(crate) strict: bool,
    pub(crate) priority: i64,
    pub(crate) not_before: Option<i64>,
    pub(crate) not_after: Option<i64>,
    /// As text, which no database changes.
    pub(crate) message: String,
    pub(crate) source: Option<String>,
}

/// Checks entries and prepares them.
///
/// # Errors
/// When one can't be sent as it is. The error has all problems of all entries.
pub(crate) fn prepare<'a>(
    secret: &Secret,
    account: &str,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<Vec<Prepared>, Error> {
    if account.is_empty() {
        return Err(Error::setting(
            "the account is empty: name the Acquire account",
        ));
    }
    let mut prepared = Vec::new();
    let mut invalid = Vec::new();
    for (number, entry) in entries.into_iter().enumerate() {
        match prepare_one(secret, account, entry) {
            Ok(row) => prepared.push(row),
            Err(problems) => invalid.push((number, problems)),
        }
    }
    match invalid.is_empty() {
        true => Ok(prepared),
        false => Err(Error::invalid(invalid)),
    }
}

fn prepare_one(secret: &Secret, account: &str, entry: &Entry) -> Result<Prepared, InvalidMessage> {
    entry.check()?;
    Ok(Prepared {
        account: account.to_owned(),
        key: entry.key.clone(),
        digest: secret.digest(&entry.message),
        lane: entry.lane_name(),
        strict: entry.strict,
        priority: entry.priority.number(),
        not_before: entry.not_before.map(|time| time.0),
        not_after: entry.not_after.map(|time| time.0),
        // The check has found it to be valid, and what is valid is JSON.
        message: serde_json::to_string(&entry.message).unwrap_or_default(),
        source: match &entry.source {
            Source::Json(json) => Some(json.get().to_owned()),
            Source::None | Source::NotJson => None,
        },
    })
}
