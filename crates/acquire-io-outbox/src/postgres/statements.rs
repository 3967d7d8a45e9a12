//! The statements that stores run, for the tests that look at their plans, and that break one of them.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use tokio_postgres::types::{ToSql, Type};

use super::tx::Value;

/// A statement, the types of its parameters, and their values as SQL.
pub(crate) type Statement = (String, Vec<Type>, Vec<String>);

/// Those of each database, in their order.
static STATEMENTS: LazyLock<Mutex<HashMap<String, Vec<Statement>>>> = LazyLock::new(Mutex::default);

pub(super) fn record(database: &str, sql: &str, values: &[Value<'_>]) {
    let types: Vec<_> = values.iter().map(|(_, of)| of.clone()).collect();
    let literals = values
        .iter()
        .map(|(value, of)| literal(*value, of))
        .collect();
    let mut all = STATEMENTS.lock().unwrap();
    all.entry(database.to_owned())
        .or_default()
        .push((sql.to_owned(), types, literals));
}

/// All statements that were run in a database since this was called last.
pub(crate) fn statements_of(database: &str) -> Vec<Statement> {
    STATEMENTS
        .lock()
        .unwrap()
        .remove(database)
        .unwrap_or_default()
}

/// After how many statements of a database its connection ends.
static FAULTS: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);

/// Ends the connection before the statement with this number, from 0. The answer to a commit counts as one, too: it is lost.
pub(crate) fn fail_at(database: &str, number: u32) {
    FAULTS.lock().unwrap().insert(database.to_owned(), number);
}

/// Whether that has not happened yet.
pub(crate) fn has_not_failed(database: &str) -> bool {
    FAULTS.lock().unwrap().remove(database).is_some()
}

pub(super) fn is_to_fail(database: &str) -> bool {
    let mut faults = FAULTS.lock().unwrap();
    let is_to_fail = faults.get(database) == Some(&0);
    if is_to_fail {
        faults.remove(database);
    } else if let Some(left) = faults.get_mut(database) {
        *left -= 1;
    }
    is_to_fail
}

/// A value as a plan wants it: close enough. Arrays are empty, and times as they are.
fn literal(value: &(dyn ToSql + Sync), of: &Type) -> String {
    let text = format!("{value:?}");
    let text = text
        .strip_prefix("Some(")
        .and_then(|text| text.strip_suffix(')'))
        .unwrap_or(&text);
    match *of {
        _ if text == "None" => "NULL".to_owned(),
        Type::TIMESTAMPTZ => {
            let digits: String = text
                .chars()
                .filter(|digit| digit.is_ascii_digit() || *digit == '-')
                .collect();
            format!("to_timestamp({digits} / 1000.0)")
        }
        Type::TEXT => format!("'{}'", text.trim_matches('"').replace('\'', "''")),
        Type::INT8_ARRAY => format!(
            "'{{{}}}'",
            text.replace("Some(", "")
                .replace("None", "NULL")
                .replace(['[', ']', ')'], "")
        ),
        _ if of.name().starts_with('_') => "'{}'".to_owned(),
        _ => text.to_owned(),
    }
}
