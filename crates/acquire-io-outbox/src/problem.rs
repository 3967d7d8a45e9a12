//! What is wrong with an entry, found before it is stored.

use std::error::Error as StdError;
use std::fmt;

use acquire_io::InvalidMessage;

/// A field of an entry, or of its message, is missing or wrong. Holds no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryProblem {
    field: String,
    problem: String,
}

impl EntryProblem {
    /// The field: the name of the method that sets it, and of the member in the JSON.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with it, without its name.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for EntryProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.problem)
    }
}

/// An entry can't be stored as it is. Holds every problem that was found, and no content of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEntry(Vec<EntryProblem>);

impl InvalidEntry {
    /// Every problem. Not empty.
    pub fn problems(&self) -> &[EntryProblem] {
        &self.0
    }
}

impl fmt::Display for InvalidEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl StdError for InvalidEntry {}

/// Collects problems.
#[derive(Default)]
pub(crate) struct Problems(Vec<EntryProblem>);

impl Problems {
    pub(crate) fn add(&mut self, field: &str, problem: impl Into<String>) {
        self.0.push(EntryProblem {
            field: field.to_owned(),
            problem: problem.into(),
        });
    }

    pub(crate) fn of_message(&mut self, invalid: &InvalidMessage) {
        for problem in invalid.problems() {
            self.add(problem.field(), problem.problem());
        }
    }

    pub(crate) fn into_error(self) -> InvalidEntry {
        InvalidEntry(self.0)
    }

    pub(crate) fn into_result(self) -> Result<(), InvalidEntry> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(self.into_error()),
        }
    }
}
