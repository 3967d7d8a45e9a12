//! A message that was rejected before the wire.

use std::fmt;

/// A field is missing or wrong. Named as the method that sets it.
pub struct InputError {
    field: &'static str,
    problem: String,
}

impl InputError {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self {
            field,
            problem: problem.into(),
        }
    }

    pub(crate) fn missing(field: &'static str) -> Self {
        Self::new(field, format!("is required; set it with `.{field}(…)`"))
    }

    pub(crate) fn field(&self) -> &str {
        self.field
    }

    pub(crate) fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.problem)
    }
}
