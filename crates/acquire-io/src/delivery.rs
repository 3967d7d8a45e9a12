//! The outcome of a message, and the next step.

use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What became of a message. The same four outcomes in results, traces, JSON and the command line.
///
/// ```
/// use acquire_io::Delivery;
///
/// assert_eq!(Delivery::NotSent.as_str(), "not_sent");
/// assert_eq!("unknown".parse(), Ok(Delivery::Unknown));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Acquire accepted the message. Don't send it again.
    Accepted,
    /// The server answered that it refuses the message.
    Refused,
    /// No part of the message left this process: the input was invalid, no connection was made, or the HTTP stack never
    /// took the request's body. It is safe to send it again.
    NotSent,
    /// The message may or may not have been sent: a timeout or a reset after the body was taken, a redirect, a server
    /// error. Look into the case before you send it again.
    Unknown,
}

impl Delivery {
    /// All four outcomes.
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Refused, Self::NotSent, Self::Unknown];

    /// The name in JSON, logs and options: `accepted`, `refused`, `not_sent` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// As [`as_str`](Delivery::as_str), but `not sent` in two words.
impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotSent => "not sent",
            other => other.as_str(),
        })
    }
}

impl FromStr for Delivery {
    type Err = ParseDeliveryError;

    /// Parses what [`as_str`](Self::as_str) returns.
    fn from_str(name: &str) -> Result<Self, ParseDeliveryError> {
        let found = Self::ALL.into_iter().find(|each| each.as_str() == name);
        found.ok_or(ParseDeliveryError(()))
    }
}

/// A string isn't the name of a [`Delivery`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseDeliveryError(());

impl fmt::Display for ParseDeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not accepted, refused, not_sent or unknown")
    }
}

impl StdError for ParseDeliveryError {}

/// What to do about a message that was not accepted. See [`Error::next_step`](crate::Error::next_step).
///
/// Exhaustive: a `match` without a wildcard covers every failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// Send the same message again. It was not sent, and nothing is wrong with it.
    SendAgain {
        /// Wait at least this long. Zero: at once.
        after: Duration,
    },
    /// Fix the message, then send it: it was not sent.
    FixMessage,
    /// Fix the set-up (the API key, its permissions, the certificate, the proxy), then send the same message: it was not
    /// sent.
    FixSetup,
    /// Have a person look into the case first: the message may have been sent.
    LookFirst,
}

impl NextStep {
    /// The name in JSON: `send_again`, `fix_message`, `fix_setup` or `look_first`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendAgain { .. } => "send_again",
            Self::FixMessage => "fix_message",
            Self::FixSetup => "fix_setup",
            Self::LookFirst => "look_first",
        }
    }
}

/// A sentence for an operator, for example `send it again after 60 s`.
impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SendAgain { after } if after.is_zero() => f.write_str("send it again"),
            Self::SendAgain { after } => {
                let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
                write!(f, "send it again after {seconds} s")
            }
            Self::FixMessage => f.write_str("fix the message, then send it"),
            Self::FixSetup => f.write_str("fix the set-up, then send it again"),
            Self::LookFirst => f.write_str("look into the case before you send it again"),
        }
    }
}
