//! What an outbox returns about its messages and accounts.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use acquire_io::{InvalidMessage, Message, MessageId, RawJson};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry::{Priority, Schedule};
use crate::time::{self, Time, WIRE_TIME};
use crate::transition::State;

/// The number of a message in its outbox. Numbers grow in the order of insertion, and are never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowId(pub i64);

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RowId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A message in an outbox, as it is now.
///
/// `Debug` and the JSON show no content.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// Its number.
    pub id: RowId,
    /// The account that it is sent for.
    pub account: String,
    /// Its key, if it has one.
    pub key: Option<String>,
    /// What became of it so far.
    pub state: State,
    /// Its lane. None: it is sent whenever a worker is free.
    pub lane: Option<String>,
    /// Whether an unknown outcome holds its lane until a person has decided.
    pub strict: bool,
    /// Which messages go first.
    pub priority: Priority,
    /// How often a worker has claimed it.
    pub attempts: u32,
    /// When it was inserted.
    #[serde(with = "time::text")]
    pub created_at: SystemTime,
    /// It is not sent before this time.
    #[serde(with = "time::text_or_null")]
    pub not_before: Option<SystemTime>,
    /// It is not sent after this time.
    #[serde(with = "time::text_or_null")]
    pub not_after: Option<SystemTime>,
    /// When it is tried again.
    #[serde(with = "time::text_or_null")]
    pub retry_at: Option<SystemTime>,
    /// When it was claimed last.
    #[serde(with = "time::text_or_null")]
    pub claimed_at: Option<SystemTime>,
    /// When the last claim's lease ends.
    #[serde(with = "time::text_or_null")]
    pub lease_until: Option<SystemTime>,
    /// When it came into its state, if it is settled.
    #[serde(with = "time::text_or_null")]
    pub settled_at: Option<SystemTime>,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// The server's code, or what failed: `connect`, `timeout`, `input`, `expired`, `lease_over` ...
    pub code: Option<String>,
    /// One line for a person about the last failure.
    pub cause: Option<String>,
    /// The message's ID in its case.
    pub message_id: Option<MessageId>,
    /// Who decided what became of it, if a person did.
    pub decided_by: Option<String>,
    /// Whether another message has taken its key.
    pub replaced: bool,
    #[serde(skip)]
    pub(crate) message: Option<String>,
    #[serde(skip)]
    pub(crate) source: Option<String>,
    #[serde(skip)]
    pub(crate) digest: Option<String>,
}

impl Row {
    /// The message. None when it was erased.
    ///
    /// # Errors
    /// When it was inserted by hand and is no valid message, or has a field that this version doesn't know.
    pub fn message(&self) -> Option<Result<Message, InvalidMessage>> {
        self.message.as_deref().map(Message::from_json)
    }

    /// The message's JSON, as it was stored. None when it was erased.
    pub fn message_json(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// When it is sent, and in which order.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            lane: self.lane.clone(),
            strict: self.strict,
            priority: self.priority,
            not_before: self.not_before,
            not_after: self.not_after,
        }
    }

    /// From when on a person may resolve it as not sent: see [`Outbox::resolve`](crate::Outbox::resolve). None when its
    /// outcome is not unknown.
    pub fn resolvable_from(&self) -> Option<SystemTime> {
        let lease_until = self.lease_until.filter(|_| self.state == State::Unknown)?;
        Some(Time::from(lease_until).plus(WIRE_TIME).into())
    }

    /// Recognises its message, also after it was erased. None when it was inserted by hand and was not claimed yet.
    pub fn digest(&self) -> Option<Digest> {
        self.digest.clone().map(Digest)
    }

    /// Where it came from. None when nothing was given, or it was erased.
    pub fn source(&self) -> Option<RawJson> {
        serde_json::from_str(self.source.as_deref()?).ok()
    }
}

/// Prints no content.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("id", &self.id.0)
            .field("account", &self.account)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .field("status", &self.status)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// What became of an entry that was inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inserted {
    /// The message's number.
    pub id: RowId,
    /// Its state.
    pub state: State,
    /// Whether the same message was there already under this key: nothing was inserted.
    pub existed: bool,
    /// The message that this one replaces under its key.
    pub replaces: Option<RowId>,
}

/// A place in the order in which messages were settled. [`Default`] is the beginning.
///
/// Its text can be stored: `to_string` and `parse`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Cursor(pub(crate) i64);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Which messages to list, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Filter {
    pub(crate) account: Option<String>,
    pub(crate) states: Vec<State>,
    pub(crate) lane: Option<String>,
    pub(crate) after: Option<RowId>,
    pub(crate) limit: Option<u32>,
}

impl Filter {
    /// How many messages are listed at most, unless [`limit`](Self::limit) says otherwise.
    pub const DEFAULT_LIMIT: u32 = 100;

    /// All messages.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those whose outcome is unknown: for a person.
    pub fn unknown() -> Self {
        Self::state(State::Unknown)
    }

    /// Those in this state.
    pub fn state(state: State) -> Self {
        Self::all().or_state(state)
    }

    /// Also those in this state.
    pub fn or_state(mut self, state: State) -> Self {
        self.states.push(state);
        self
    }

    /// Those of this account.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Those of this lane.
    pub fn lane(mut self, lane: impl Into<String>) -> Self {
        self.lane = Some(lane.into());
        self
    }

    /// Those with a greater number: for the next page.
    pub fn after(mut self, id: RowId) -> Self {
        self.after = Some(id);
        self
    }

    /// At most this number of messages. Default: 100.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// What a person found out about a message whose outcome was unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// Acquire has it: it is not sent again.
    Accepted,
    /// Acquire doesn't have it: it is sent again.
    NotSent,
}

/// How fast the messages of an account are sent, over all workers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Rate {
    /// Messages per second, in the long run.
    pub per_second: f64,
    /// How many messages may go at once after a pause.
    pub burst: u32,
}

impl Rate {
    /// This number of messages per second, and a burst of one second's worth, at least 1.
    ///
    /// A number that is not positive counts as one message per day.
    #[must_use]
    pub fn per_second(per_second: f64) -> Self {
        const SLOWEST: f64 = 1.0 / 86_400.0;
        let is_usable = per_second.is_finite() && per_second > SLOWEST;
        let per_second = if is_usable { per_second } else { SLOWEST };
        // Saturates.
        let burst = per_second.ceil() as u32;
        Self { per_second, burst }
    }

    /// How many messages may go at once after a pause. Zero counts as 1.
    #[must_use]
    pub fn burst(mut self, burst: u32) -> Self {
        self.burst = burst.max(1);
        self
    }
}

/// Why an account sends nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pause {
    /// When it goes on. None: when somebody resumes it.
    #[serde(with = "time::text_or_null")]
    pub until: Option<SystemTime>,
    /// Why, for a person.
    pub why: String,
    /// Who paused it. None: the outbox, because of the server's answers.
    pub author: Option<String>,
}

/// How an account is doing.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Standing {
    /// How many messages there are in each state. States without messages are there too.
    pub counts: BTreeMap<State, u64>,
    /// How many queued messages are due now. Their lanes may still be busy.
    pub due: u64,
    /// Since when the oldest of these is due.
    #[serde(with = "time::text_or_null")]
    pub oldest_due: Option<SystemTime>,
    /// How many queued messages this version of the workers can't read: they wait for a newer one.
    pub too_new: u64,
    /// How many verdicts came too late to count.
    pub late_verdicts: u64,
    /// Why it sends nothing, if it is paused.
    pub paused: Option<Pause>,
    /// Why the whole outbox sends nothing, if it is held.
    pub held: Option<Pause>,
    /// How fast it sends at most.
    pub rate: Option<Rate>,
    /// How many workers serve it now.
    pub workers: u64,
}

impl Standing {
    /// How many messages are in this state.
    pub fn count(&self, state: State) -> u64 {
        self.counts.get(&state).copied().unwrap_or_default()
    }
}

/// An event that is kept: what a person decided, pauses, late verdicts, replaced messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HistoryEvent {
    /// When.
    #[serde(with = "time::text")]
    pub at: SystemTime,
    /// What: `resolved`, `undone`, `cancelled`, `retried`, `corrected`, `replaced`, `paused`, `resumed`, `limited`, `held`,
    /// `released`, `late_verdict`.
    pub what: String,
    /// The account.
    pub account: Option<String>,
    /// The message.
    pub row: Option<RowId>,
    /// Who. None: the outbox.
    pub author: Option<String>,
    /// In a few words, without content.
    pub note: Option<String>,
}
