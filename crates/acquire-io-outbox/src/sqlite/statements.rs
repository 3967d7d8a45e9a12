//! The statements that stores run, for the test that looks at their plans.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex};
use std::thread::{self, ThreadId};

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

/// The statements of each store's thread: as they are, and with their values.
type Statements = HashMap<ThreadId, BTreeSet<(String, String)>>;

static STATEMENTS: LazyLock<Mutex<Statements>> = LazyLock::new(Mutex::default);

pub(super) fn record(connection: &Connection) {
    connection.trace_v2(
        TraceEventCodes::SQLITE_TRACE_STMT,
        Some(|event| {
            if let TraceEvent::Stmt(statement, _) = event {
                let values = statement.expanded_sql().unwrap_or_default();
                let mut all = STATEMENTS.lock().unwrap();
                let own = all.entry(thread::current().id()).or_default();
                own.insert((statement.sql().into_owned(), values));
            }
        }),
    );
}

/// All statements of the store that has used a value which no other store has used.
pub(crate) fn statements_of(value: &str) -> BTreeSet<String> {
    let all = STATEMENTS.lock().unwrap();
    let used =
        |own: &&BTreeSet<(String, String)>| own.iter().any(|(_, values)| values.contains(value));
    let of_one = all.values().find(used).unwrap();
    of_one.iter().map(|(sql, _)| sql.clone()).collect()
}
