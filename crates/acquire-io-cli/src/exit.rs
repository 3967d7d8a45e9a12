//! How the program ends.

use std::fmt;
use std::process::ExitCode;

use acquire_io::Delivery;

/// The exit codes, for help texts.
pub(crate) const HELP: &str = "\
Exit codes:
  0  success: every message was accepted
  1  another failure, such as a file that can't be written
  2  an option, a row or a field is wrong; nothing was sent
  3  a setting is missing or wrong; nothing was sent
  4  a message was refused: fix it or the set-up, then send it again
  5  a message was not sent: send it again
  6  the outcome of a message is unknown: look into the case first";

/// An exit code. With several messages the greatest one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Success = 0,
    Failure = 1,
    Usage = 2,
    Configuration = 3,
    Refused = 4,
    NotSent = 5,
    Unknown = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Delivery> for Exit {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Accepted => Self::Success,
            Delivery::Refused => Self::Refused,
            Delivery::NotSent => Self::NotSent,
            Delivery::Unknown => Self::Unknown,
        }
    }
}

/// An error, and the exit code that it ends the program with.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) error: anyhow::Error,
}

impl Failure {
    pub(crate) fn usage(problem: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Usage,
            error: anyhow::anyhow!("{problem}"),
        }
    }

    pub(crate) fn configuration(problem: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Configuration,
            error: anyhow::anyhow!("{problem}"),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let exit = match error.downcast_ref() {
            Some(error) if is_usage(error) => Exit::Usage,
            _ => Exit::Failure,
        };
        Self { exit, error }
    }
}

/// What the outbox refuses is for the caller to correct. Its other errors are failures.
fn is_usage(error: &acquire_io_outbox::Error) -> bool {
    error.is_file()
        || error.is_newer()
        || error.is_other_target()
        || error.is_invalid()
        || error.is_key_taken()
        || error.is_not_found()
        || error.is_rejected()
        || error.is_too_early()
}
