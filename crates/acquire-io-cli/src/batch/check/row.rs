//! One row of a list, as a message that the client would send.

use std::collections::HashMap;
use std::mem;

use acquire_io_outbox::Entry;

use crate::batch::problems::{FieldProblem, Problem, RowError, Unit};
use crate::batch::read::json::Fields;

/// A column that `acquire outbox export` adds. It is not a field of a row.
pub(crate) const ERROR_COLUMN: &str = "error";

/// A row that can be sent.
pub(crate) struct Row {
    /// Its number, from 1.
    pub(crate) line: u64,
    /// What the number counts.
    pub(crate) unit: Unit,
    pub(crate) key: Option<String>,
    /// Without the key.
    pub(crate) entry: Entry,
    /// The fields as they were read, which identify the row.
    pub(crate) fields: Fields,
    pub(crate) remarks: Remarks,
}

/// Rows, one at a time.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Row, RowError>> + Send>;

/// Notes about a row for people.
#[derive(Default)]
pub(crate) struct Remarks {
    /// Phone numbers that were rewritten: before and after.
    pub(crate) rewritten: Vec<(String, String)>,
    /// Likely mistakes.
    pub(crate) warnings: Vec<FieldProblem>,
}

/// The column of each field, for the person who corrects it: `column C (Phone)`. Empty for JSON, which has none.
#[derive(Debug, Default)]
pub(crate) struct Places(pub(crate) HashMap<String, String>);

impl Places {
    pub(crate) fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }
}

impl Row {
    /// The warnings, in the form of an error.
    pub(crate) fn take_warnings(&mut self) -> Option<RowError> {
        let warnings = mem::take(&mut self.remarks.warnings);
        (!warnings.is_empty()).then(|| RowError {
            line: self.line,
            key: self.key.clone(),
            problem: Problem::Fields(warnings),
        })
    }
}
