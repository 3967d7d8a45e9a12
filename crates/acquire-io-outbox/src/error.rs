//! Why the outbox could not do what it was asked for.

use std::error::Error as StdError;
use std::fmt;
use std::time::SystemTime;

use acquire_io::InvalidMessage;

use crate::record::RowId;
use crate::time::{self, Time};
use crate::transition::State;

/// What the outbox was asked for was not done.
///
/// `Display` has what is wrong, where, and what to do. Neither it nor `Debug` holds content of a message, or a key.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    text: String,
    source: Option<Source>,
}

type Source = Box<dyn StdError + Send + Sync>;

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Setting,
    Invalid(Vec<(usize, InvalidMessage)>),
    KeyTaken(RowId),
    NotFound,
    Rejected,
    TooEarly(Time),
    File,
    Newer,
    Target,
    Busy,
    Closed,
    Failed,
}

impl Error {
    fn new(kind: Kind, text: impl Into<String>) -> Self {
        let text = text.into();
        Self(Box::new(Inner {
            kind,
            text,
            source: None,
        }))
    }

    fn because(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn random(source: Source) -> Self {
        Self::new(Kind::Failed, "the system gave no random numbers").because(source)
    }

    pub(crate) fn setting(text: impl Into<String>) -> Self {
        Self::new(Kind::Setting, text)
    }

    pub(crate) fn setting_because(text: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::new(Kind::Setting, text).because(source)
    }

    /// Problems of entries, with their places, from 0.
    pub(crate) fn invalid(entries: Vec<(usize, InvalidMessage)>) -> Self {
        let mut text = String::from("nothing was inserted");
        for (place, invalid) in entries.iter().take(SHOWN) {
            text.push_str(&format!("; entry {}: {invalid}", place + 1));
        }
        if let Some(more @ 1..) = entries.len().checked_sub(SHOWN) {
            text.push_str(&format!("; and {more} more invalid entries"));
        }
        Self::new(Kind::Invalid(entries), text)
    }

    /// `place` is that of the entry, from 0.
    pub(crate) fn key_taken(place: usize, taken_by: RowId, state: State) -> Self {
        let text = format!(
            "nothing was inserted: the key of entry {} belongs to message {taken_by} ({state}), which has other \
             content; use another key",
            place + 1
        );
        Self::new(Kind::KeyTaken(taken_by), text)
    }

    /// Two entries of one call.
    pub(crate) fn key_twice(place: usize, other: usize) -> Self {
        let text = format!(
            "nothing was inserted: entries {} and {} have the same key and different content",
            other + 1,
            place + 1
        );
        Self::new(Kind::Setting, text)
    }

    pub(crate) fn not_found(id: RowId) -> Self {
        Self::new(Kind::NotFound, format!("there is no message {id}"))
    }

    pub(crate) fn rejected(id: RowId, state: State, why: &str) -> Self {
        Self::new(Kind::Rejected, format!("message {id} is {state}: {why}"))
    }

    pub(crate) fn too_early(id: RowId, possible_from: Time) -> Self {
        let text = format!(
            "message {id} may still be delivered: it can be resolved as not sent from {} on",
            time::to_text(possible_from)
        );
        Self::new(Kind::TooEarly(possible_from), text)
    }

    pub(crate) fn file(text: impl Into<String>) -> Self {
        Self::new(Kind::File, text)
    }

    pub(crate) fn file_because(text: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::new(Kind::File, text).because(source)
    }

    pub(crate) fn newer(text: impl Into<String>) -> Self {
        Self::new(Kind::Newer, text)
    }

    pub(crate) fn target(own: &str, other: &str) -> Self {
        let text = format!(
            "the outbox sends this account's messages to {own}, not to {other}: use an outbox for each, so that what was \
             sent to one doesn't count as sent to the other"
        );
        Self::new(Kind::Target, text)
    }

    pub(crate) fn busy(source: impl Into<Source>) -> Self {
        let text = "the outbox is busy: another program holds its file locked; try again";
        Self::new(Kind::Busy, text).because(source)
    }

    pub(crate) fn busy_database(source: impl Into<Source>) -> Self {
        let text = "the outbox is busy: another transaction holds what this one needs; try again";
        Self::new(Kind::Busy, text).because(source)
    }

    pub(crate) fn closed() -> Self {
        Self::new(Kind::Closed, "the outbox is closed: open it again")
    }

    pub(crate) fn failed(text: impl Into<String>, source: impl Into<Source>) -> Self {
        Self::new(Kind::Failed, text).because(source)
    }

    /// Whether entries are invalid: see [`invalid_entries`](Self::invalid_entries).
    pub fn is_invalid(&self) -> bool {
        matches!(self.0.kind, Kind::Invalid(_))
    }

    /// The invalid entries with their places, from 0, and all problems of each. Otherwise empty.
    pub fn invalid_entries(&self) -> &[(usize, InvalidMessage)] {
        match &self.0.kind {
            Kind::Invalid(entries) => entries,
            _ => &[],
        }
    }

    /// Whether another message has the key of an entry: see [`key_taken_by`](Self::key_taken_by).
    pub fn is_key_taken(&self) -> bool {
        self.key_taken_by().is_some()
    }

    /// The message that has the key of an entry, and other content.
    pub fn key_taken_by(&self) -> Option<RowId> {
        match self.0.kind {
            Kind::KeyTaken(row) => Some(row),
            _ => None,
        }
    }

    /// Whether there is no such message.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == Kind::NotFound
    }

    /// Whether the message's state doesn't allow what was asked for.
    pub fn is_rejected(&self) -> bool {
        self.0.kind == Kind::Rejected
    }

    /// Whether the message may still be delivered: see [`possible_from`](Self::possible_from).
    pub fn is_too_early(&self) -> bool {
        self.possible_from().is_some()
    }

    /// From when on a person may resolve the message as not sent.
    pub fn possible_from(&self) -> Option<SystemTime> {
        match self.0.kind {
            Kind::TooEarly(time) => Some(time.into()),
            _ => None,
        }
    }

    /// Whether the file, or the database, can't be used as an outbox: where it is, or what it holds.
    pub fn is_file(&self) -> bool {
        self.0.kind == Kind::File
    }

    /// Whether the outbox was made by a newer version of this crate.
    pub fn is_newer(&self) -> bool {
        self.0.kind == Kind::Newer
    }

    /// Whether the outbox sends the account's messages to another host.
    pub fn is_other_target(&self) -> bool {
        self.0.kind == Kind::Target
    }

    /// Whether another program held the outbox for too long.
    pub fn is_busy(&self) -> bool {
        self.0.kind == Kind::Busy
    }

    /// Whether the outbox has been closed.
    pub fn is_closed(&self) -> bool {
        self.0.kind == Kind::Closed
    }
}

/// How many invalid entries the text shows.
const SHOWN: usize = 10;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

/// The same line as `Display`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}
