//! Points in time, kept as text.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// A point in time in an answer, kept as text and parsed on demand.
///
/// The documented form is ISO 8601 in UTC with milliseconds, `2021-03-30T16:05:46.000Z`. Any other form is kept too: an
/// unexpected date must not make the answer to an accepted message unreadable.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use acquire_io_api::Timestamp;
///
/// let sent = Timestamp::from("1970-01-01T00:00:01.500Z");
/// assert_eq!(sent.to_system_time()?, UNIX_EPOCH + Duration::from_millis(1500));
///
/// let other = Timestamp::from("yesterday");
/// assert_eq!(other.as_str(), "yesterday");
/// assert!(other.to_system_time().is_err());
/// # Ok::<(), acquire_io_api::InvalidTimestamp>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schemars",
    schemars(
        inline,
        description = "A point in time, as ISO 8601 in UTC on the documented pages."
    )
)]
pub struct Timestamp(String);

impl Timestamp {
    /// The text, as it was received.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the documented form, and any other RFC 3339 date-time in UTC.
    ///
    /// # Errors
    /// When the text has another form.
    pub fn to_system_time(&self) -> Result<SystemTime, InvalidTimestamp> {
        humantime::parse_rfc3339(&self.0).map_err(|_| InvalidTimestamp(self.0.clone()))
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text of a [`Timestamp`] isn't an RFC 3339 date-time in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTimestamp(String);

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a date-time like 2021-03-30T16:05:46.000Z; read the text with `as_str`",
            self.0
        )
    }
}

impl std::error::Error for InvalidTimestamp {}
