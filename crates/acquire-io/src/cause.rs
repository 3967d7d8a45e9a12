//! Why one attempt failed, and the facts that a retry policy decides on.

use std::borrow::Cow;
use std::time::SystemTime;

use http::StatusCode;

use crate::attempt::{Answer, Failure};
use crate::delivery::Delivery;
use crate::envelope::Envelope;
use crate::kind::ErrorKind;
use crate::problem::InvalidMessage;
use crate::retry::{self, Facts};
use crate::verdict;

/// Why one attempt failed.
pub(crate) enum Cause {
    /// The message was rejected before the wire.
    Input(InvalidMessage),
    /// There was no answer.
    NoAnswer {
        failure: Failure,
        delivery: Delivery,
    },
    /// The answer doesn't accept the message.
    Answer {
        answer: Answer,
        envelope: Envelope,
        delivery: Delivery,
    },
}

impl Cause {
    pub(crate) fn no_answer(failure: Failure) -> Self {
        let delivery = verdict::of_failure(&failure);
        Self::NoAnswer { failure, delivery }
    }

    /// An answer that doesn't accept the message.
    pub(crate) fn answer(answer: Answer, delivery: Delivery) -> Self {
        Self::Answer {
            envelope: Envelope::read(&answer.body),
            answer,
            delivery,
        }
    }

    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Self::Input(_) => Delivery::NotSent,
            Self::NoAnswer { delivery, .. } | Self::Answer { delivery, .. } => *delivery,
        }
    }

    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Answer { answer, .. } => Some(answer.status),
            _ => None,
        }
    }

    /// The facts that a retry policy decides on.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            delivery: self.delivery(),
            status: self.status(),
            retry_after: match self {
                Self::Input(_) | Self::NoAnswer { .. } => None,
                Self::Answer { answer, .. } => {
                    retry::retry_after(&answer.headers, SystemTime::now())
                }
            },
        }
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Input(_) => ErrorKind::Input,
            Self::NoAnswer { failure, .. } => failure.reason.kind(),
            Self::Answer {
                answer, delivery, ..
            } => match answer.status {
                status if verdict::is_about_setup(status) => ErrorKind::Unauthorized,
                StatusCode::TOO_MANY_REQUESTS => ErrorKind::TooManyRequests,
                status if status.is_server_error() => ErrorKind::Server,
                _ if *delivery == Delivery::Refused => ErrorKind::Refused,
                _ => ErrorKind::Unclear,
            },
        }
    }

    /// OpenTelemetry's `error.type`: the status if it is no 2xx, otherwise the kind.
    pub(crate) fn error_type(&self) -> Cow<'static, str> {
        match self.status() {
            Some(status) if !status.is_success() => status.as_u16().to_string().into(),
            _ => self.kind().as_str().into(),
        }
    }

    pub(crate) fn is_too_late(&self) -> bool {
        self.kind() == ErrorKind::TooLate
    }
}
