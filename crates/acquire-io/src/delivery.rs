//! The verdicts on a failed call.

use std::fmt;

/// Whether a message whose call failed may have been sent. See [`Error::delivery`](crate::Error::delivery).
///
/// A call that is accepted is `Ok`, so there is no verdict for it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Nothing of the message left this process: the input was rejected before the wire, no connection was
    /// made, or the HTTP stack never took the request's body. Sending again is safe.
    NotSent,
    /// The server answered that it refuses the message. Mend the request, then send again. A 401 or a 429 is not
    /// about the message: mend the key, or wait.
    Refused,
    /// The message may or may not have been sent: a timeout or a reset after the body was taken, a redirect,
    /// a failure of the server. Look into the case before sending again.
    Unknown,
}

impl Delivery {
    /// Whether sending the same message again can't duplicate it: true unless [`Unknown`](Self::Unknown). It may be
    /// refused again.
    pub fn is_safe_to_send_again(self) -> bool {
        self != Self::Unknown
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "not sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        })
    }
}
