//! What a worker did, and why it stopped.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use serde::Serialize;

/// What a worker did, when it has stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// For each account.
    pub accounts: BTreeMap<String, AccountReport>,
}

impl Report {
    /// Over all accounts.
    pub fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for account in self.accounts.values() {
            sum += account.counts;
        }
        sum
    }
}

/// What a worker did for one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccountReport {
    /// How many messages ended how.
    pub counts: Counts,
    /// Why it stopped.
    pub stopped: StopReason,
}

/// What became of the messages that a worker claimed.
///
/// Messages that ended without being claimed are not counted here: those that were invalid, or expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// How often a message was claimed: each attempt counts.
    pub claimed: u64,
    /// Accepted.
    pub accepted: u64,
    /// Refused by the server.
    pub refused: u64,
    /// Not sent, and not to be tried again.
    pub not_sent: u64,
    /// May have been sent.
    pub unknown: u64,
    /// Queued again, to be tried later.
    pub requeued: u64,
    /// Verdicts that came too late to count.
    pub late: u64,
    /// Given up when the time for a graceful stop was over: their outcome is unknown when their lease ends.
    pub abandoned: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.claimed += other.claimed;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.not_sent += other.not_sent;
        self.unknown += other.unknown;
        self.requeued += other.requeued;
        self.late += other.late;
        self.abandoned += other.abandoned;
    }
}

/// Why a worker stopped serving an account. `Display` says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// It was asked to.
    Shutdown,
    /// Every message of the account is settled.
    Settled,
    /// The server refuses the API key (401).
    Unauthorized,
    /// Too many equal refusals in a row.
    Refused {
        /// 403 or 404.
        status: u16,
        /// How many.
        in_a_row: u32,
    },
    /// Too many unknown outcomes within an hour.
    TooManyUnknown {
        /// How many.
        count: u32,
    },
    /// It waited too long without settling a message.
    GaveUp {
        /// How long, in seconds.
        seconds: u64,
        /// Why the account is paused, if it is.
        paused: Option<String>,
    },
    /// What is queued waits for a person: a message of its lane, which is strict, has an unknown outcome.
    Blocked {
        /// How many messages are queued.
        queued: u64,
    },
    /// What is queued has fields that this version doesn't know.
    TooNew {
        /// How many messages are queued.
        queued: u64,
    },
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shutdown => f.write_str("asked to stop"),
            Self::Settled => f.write_str("every message is settled"),
            Self::Unauthorized => f.write_str(
                "the server refuses the API key (401); the messages stay queued for a run with another key",
            ),
            Self::Refused { status, in_a_row } => write!(
                f,
                "{in_a_row} messages in a row were refused with {status}: check the key's permissions and the account, \
                 then queue them again"
            ),
            Self::TooManyUnknown { count } => write!(
                f,
                "the outcome of {count} messages is unknown within an hour: look into the cases, and at the connection"
            ),
            Self::GaveUp { seconds, paused } => {
                write!(f, "nothing was settled for {seconds} s: messages stay queued")?;
                match paused {
                    Some(why) => write!(f, " ({why})"),
                    None => Ok(()),
                }
            }
            Self::Blocked { queued } => write!(
                f,
                "{queued} queued messages wait until a person resolves the unknown outcome before them"
            ),
            Self::TooNew { queued } => write!(
                f,
                "{queued} queued messages have fields that this version doesn't know: use a newer one"
            ),
        }
    }
}
