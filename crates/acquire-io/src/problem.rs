//! What is wrong with a message.

use std::error::Error as StdError;
use std::fmt;

use crate::channel::Channel;

/// A field of a message is missing or invalid.
///
/// Names the field and the rule, and shows no content of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    field: String,
    problem: String,
    is_unknown_field: bool,
}

impl Problem {
    /// The field: the name of the method that sets it, and of the member in the JSON.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with the field, without its name.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// Whether the message has a field that this version doesn't know. A later version may know it.
    pub fn is_unknown_field(&self) -> bool {
        self.is_unknown_field
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.field, self.problem)
    }
}

/// A message can't be sent as it is. Has every problem that was found, and shows no content of the message.
///
/// ```
/// use acquire_io::{CaseId, Chat, Message};
///
/// let error = Message::from(Chat::new(CaseId(0)).text(" ")).check().unwrap_err();
/// let fields: Vec<_> = error.problems().iter().map(|problem| problem.field()).collect();
/// assert_eq!(fields, ["case", "text"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMessage(Vec<Problem>);

impl InvalidMessage {
    /// Every problem, in the order of the fields. Not empty.
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for InvalidMessage {
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

impl StdError for InvalidMessage {}

/// Collects problems, for a type that adds its own fields to a message.
///
/// ```
/// use acquire_io::{CaseId, Chat, Message, Problems};
///
/// let mut problems = Problems::default();
/// problems.add("not_before", "is later than `not_after`");
/// let checked = match Message::from(Chat::new(CaseId(0)).text("hi")).check() {
///     Ok(()) => problems.into_result(),
///     Err(invalid) => Err(problems.followed_by(invalid)),
/// };
/// assert_eq!(
///     checked.unwrap_err().to_string(),
///     "`not_before` is later than `not_after`; `case` is 0; an ID is a positive number",
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem of a field, without the field's name in its text.
    pub fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Problem {
            field: field.into(),
            problem: problem.into(),
            is_unknown_field: false,
        });
    }

    /// These problems, followed by those of a message.
    #[must_use]
    pub fn followed_by(mut self, invalid: InvalidMessage) -> InvalidMessage {
        self.0.extend(invalid.0);
        InvalidMessage(self.0)
    }

    /// Whether there are no problems.
    ///
    /// # Errors
    /// When there is one: with all of them.
    pub fn into_result(self) -> Result<(), InvalidMessage> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(InvalidMessage(self.0)),
        }
    }

    /// Adds the problems of fields that have none yet: a field that couldn't be read would be reported as missing too.
    pub(crate) fn add_of_other_fields(&mut self, found: Self) {
        let known: Vec<_> = self.0.iter().map(|problem| problem.field.clone()).collect();
        let others = found.0.into_iter();
        self.0
            .extend(others.filter(|problem| !known.contains(&problem.field)));
    }

    /// Adds the problem of a field that the channel doesn't have.
    pub(crate) fn unknown_field(&mut self, field: String, channel: Channel) {
        self.0.push(Problem {
            field,
            problem: format!("is not a field of a {channel} message"),
            is_unknown_field: true,
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn missing(&mut self, field: &str) {
        self.add(field, "is required");
    }

    pub(crate) fn one(field: &str, problem: impl Into<String>) -> InvalidMessage {
        let mut problems = Self::default();
        problems.add(field, problem);
        InvalidMessage(problems.0)
    }
}
