//! What may happen to a message: the table of transitions, [`apply`]. The stores change a state by it, and in no other way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What became of a message in the outbox, so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Waits for a worker.
    Queued,
    /// A worker has claimed it, and may be sending it.
    Sending,
    /// Acquire accepted it, or a person found that it did.
    Accepted,
    /// The server refused it.
    Refused,
    /// It was not sent, and will not be: it is invalid, expired, or failed too often.
    NotSent,
    /// It may have been sent. A person looks first.
    Unknown,
    /// A person cancelled it before it was sent.
    Cancelled,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Sending,
        Self::Accepted,
        Self::Refused,
        Self::NotSent,
        Self::Unknown,
        Self::Cancelled,
    ];

    /// The name in JSON and in the store, for example `not_sent`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more happens to it unless a person decides, or a late verdict comes. An unknown one is settled
    /// too.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for State {
    type Err = ParseStateError;

    /// Reads what [`as_str`](Self::as_str) returns.
    fn from_str(name: &str) -> Result<Self, ParseStateError> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == name);
        found.ok_or(ParseStateError(()))
    }
}

/// A text is no name of a [`State`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseStateError(());

impl fmt::Display for ParseStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no state of a message: ")?;
        for (number, state) in State::ALL.iter().enumerate() {
            write!(f, "{}{state}", if number > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseStateError {}

/// What a transition depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Position {
    pub(crate) state: State,
    /// A person decided what became of its last claim, whose worker never reported. The decision can be taken back, and the
    /// worker may still report that the message was accepted.
    pub(crate) decided: bool,
    /// Another message has taken its key.
    pub(crate) replaced: bool,
}

/// What happens to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// A worker is going to send it.
    #[cfg_attr(
        all(any(feature = "postgres", feature = "sqlite"), not(test)),
        expect(dead_code, reason = "a store does it in one statement")
    )]
    Claim,
    /// It is no valid message. Found before it is claimed.
    Invalid,
    /// `not_after` has passed.
    Expire,
    /// What the worker of the row's last claim reports: verdicts with that claim's token.
    Accepted,
    Refused,
    /// Not sent, and it is not to be tried again.
    NotSent,
    /// Not sent, and it is to be tried again.
    Retry,
    /// 429: refused, and to be tried again when the account's pause is over.
    Throttled,
    /// 401: refused, and to be tried again with another key.
    Unauthorized,
    Unknown,
    /// The worker sent nothing of what it claimed.
    GiveBack,
    /// The claim's lease is over.
    LeaseOver,
    /// A person found out what became of it.
    FoundAccepted,
    FoundNotSent,
    /// The same, of a message whose content was erased: it can't be sent again.
    FoundNotSentErased,
    /// A person takes a decision back.
    Undo,
    Cancel,
    /// A person wants it to be tried again.
    SendAgain,
    /// Another message is inserted under its key.
    Replace,
    /// It is older than the retention.
    Prune,
}

impl Event {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 20] = [
        Self::Claim,
        Self::Invalid,
        Self::Expire,
        Self::Accepted,
        Self::Refused,
        Self::NotSent,
        Self::Retry,
        Self::Throttled,
        Self::Unauthorized,
        Self::Unknown,
        Self::GiveBack,
        Self::LeaseOver,
        Self::FoundAccepted,
        Self::FoundNotSent,
        Self::FoundNotSentErased,
        Self::Undo,
        Self::Cancel,
        Self::SendAgain,
        Self::Replace,
        Self::Prune,
    ];

    /// The state that a verdict leads to. None for an event that is no verdict.
    pub(crate) fn verdict(self) -> Option<State> {
        match self {
            Self::Accepted => Some(State::Accepted),
            Self::Refused => Some(State::Refused),
            Self::NotSent => Some(State::NotSent),
            Self::Unknown => Some(State::Unknown),
            Self::Retry | Self::Throttled | Self::Unauthorized | Self::GiveBack => {
                Some(State::Queued)
            }
            _ => None,
        }
    }
}

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// The message is there now.
    To(Position),
    /// The verdict was applied already. Its worker repeats it, since it lost the answer.
    Already,
    /// The verdict comes too late: it is recorded and counted, and changes nothing.
    Late,
    /// It can't happen to this message. What a person asked for is an error then.
    Rejected,
    /// The row is deleted.
    Gone,
}

/// The table. A verdict is one with the token of the row's last claim: one with another token is always
/// [`Late`](Outcome::Late).
pub(crate) fn apply(at: Position, event: Event) -> Outcome {
    use State::{Accepted, Cancelled, NotSent, Queued, Refused, Sending, Unknown};

    if let Some(state) = event.verdict() {
        return verdict(at, state);
    }
    let to = |state| {
        Outcome::To(Position {
            state,
            decided: false,
            ..at
        })
    };
    let decided = |state| {
        Outcome::To(Position {
            state,
            decided: true,
            ..at
        })
    };
    // What doesn't concern the last claim keeps what a person decided about it.
    let kept = |state| Outcome::To(Position { state, ..at });
    match (event, at.state) {
        (Event::Claim, Queued) => to(Sending),
        (Event::Invalid | Event::Expire, Queued) => kept(NotSent),
        (Event::LeaseOver, Sending) => to(Unknown),
        (Event::FoundAccepted, Unknown) => decided(Accepted),
        (Event::FoundNotSent, Unknown) => decided(Queued),
        (Event::FoundNotSentErased, Unknown) => decided(NotSent),
        // The key belongs to another message, which would be sent too.
        (Event::Undo | Event::SendAgain, _) if at.replaced => Outcome::Rejected,
        (Event::Undo, Queued | Accepted | NotSent | Cancelled) if at.decided => to(Unknown),
        (Event::Cancel, Queued) => kept(Cancelled),
        (Event::SendAgain, Refused | NotSent | Cancelled) => kept(Queued),
        (Event::Replace, Refused | NotSent | Cancelled) if !at.replaced => Outcome::To(Position {
            replaced: true,
            ..at
        }),
        (Event::Prune, Accepted | Refused | NotSent | Cancelled) => Outcome::Gone,
        _ => Outcome::Rejected,
    }
}

fn verdict(at: Position, verdict: State) -> Outcome {
    let settled = Position {
        state: verdict,
        decided: false,
        ..at
    };
    match at.state {
        State::Sending | State::Unknown => Outcome::To(settled),
        // A person decided without the worker. That it was accepted is the truth, whatever the person found.
        _ if at.decided && verdict == State::Accepted => Outcome::To(settled),
        state if !at.decided && state == verdict => Outcome::Already,
        _ => Outcome::Late,
    }
}

/// The states in which an event is possible, as a list of SQL.
pub(crate) fn states_that_allow(event: Event) -> String {
    let position = |state| Position {
        state,
        decided: false,
        replaced: false,
    };
    let possible = |state: &State| {
        matches!(
            apply(position(*state), event),
            Outcome::To(_) | Outcome::Gone
        )
    };
    let states: Vec<_> = State::ALL
        .into_iter()
        .filter(possible)
        .map(|state| format!("'{state}'"))
        .collect();
    states.join(", ")
}
