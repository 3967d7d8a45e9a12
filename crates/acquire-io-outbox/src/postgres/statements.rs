//! The statements that stores run, for the tests that look at their plans, and that break one of them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use tokio_postgres::types::Type;

use super::tx::Value;

/// A statement, and the types of its parameters.
pub(crate) type Statement = (String, Vec<Type>);

/// Those of each database, in their order.
static STATEMENTS: LazyLock<Mutex<HashMap<String, Vec<Statement>>>> = LazyLock::new(Mutex::default);

pub(super) fn record(database: &str, sql: &str, values: &[Value<'_>]) {
    let types = values.iter().map(|(_, of)| of.clone()).collect();
    let mut all = STATEMENTS.lock().unwrap();
    all.entry(database.to_owned())
        .or_default()
        .push((sql.to_owned(), types));
}

/// All statements that were run in a database since this was called last.
pub(crate) fn statements_of(database: &str) -> Vec<Statement> {
    STATEMENTS
        .lock()
        .unwrap()
        .remove(database)
        .unwrap_or_default()
}
