//! A message with what an outbox needs to know about it.

use std::fmt;
use std::time::SystemTime;

use acquire_io::{Chat, InvalidMessage, Mail, Message, Problems, RawJson, Sms};
use serde::Serialize;

use crate::time::Time;

/// A message for an outbox: with a key, a lane, a priority, times, and where it came from.
///
/// Its JSON is that of the [`Message`], with these fields beside the message's own: `key`, `lane` (a text, or `false` for
/// none), `strict`, `priority`, `not_before`, `not_after` (RFC 3339 in UTC) and `source`. A row of `acquire batch` is one.
///
/// `Debug` prints no content.
///
/// ```
/// use acquire_io::{CaseId, Chat};
/// use acquire_io_outbox::{Entry, Priority};
///
/// let entry = Entry::new(Chat::new(CaseId(28)).text("Ready")).key("order-17").priority(Priority::Urgent);
/// let json = serde_json::to_string(&entry)?;
/// assert_eq!(json, r#"{"channel":"chat","case":28,"text":"Ready","key":"order-17","priority":"urgent"}"#);
/// assert_eq!(Entry::from_json(&json)?, entry);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Entry {
    pub(crate) message: Message,
    pub(crate) key: Option<String>,
    pub(crate) lane: Lane,
    pub(crate) strict: bool,
    pub(crate) priority: Priority,
    pub(crate) not_before: Option<Time>,
    pub(crate) not_after: Option<Time>,
    pub(crate) source: Source,
}

/// Messages of one lane are sent one at a time, in order.
#[derive(Clone, PartialEq)]
pub(crate) enum Lane {
    /// That of the message's case.
    Case,
    Named(String),
    /// Sent whenever a worker is free.
    None,
}

/// When a message is sent, and in which order: what an [`Entry`] says beside its message. Compare that of an entry with
/// that of a [`Row`](crate::Row), to find out whether the row has to be [corrected](crate::Outbox::correct).
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Schedule {
    /// The lane. None: it is sent whenever a worker is free.
    pub lane: Option<String>,
    /// Whether an unknown outcome holds the lane.
    pub strict: bool,
    /// Which messages go first.
    pub priority: Priority,
    /// It is not sent before this time, in milliseconds.
    pub not_before: Option<SystemTime>,
    /// It is not sent after this time, in milliseconds.
    pub not_after: Option<SystemTime>,
}

/// Prints no lane, which may hold personal data.
impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule")
            .field("strict", &self.strict)
            .field("priority", &self.priority)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// Where an entry came from.
#[derive(Clone, PartialEq)]
pub(crate) enum Source {
    None,
    Json(RawJson),
    /// What the caller gave can't be written as JSON.
    NotJson,
}

/// Which messages of an account go first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before all others.
    Urgent,
    /// The default.
    #[default]
    Normal,
    /// When nothing else is due.
    Bulk,
}

impl Priority {
    pub(crate) const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Urgent => 0,
            Self::Normal => 1,
            Self::Bulk => 2,
        }
    }

    pub(crate) fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Urgent,
            2 => Self::Bulk,
            _ => Self::Normal,
        }
    }
}

/// The longest key and lane, in bytes.
const LONGEST_NAME: usize = 200;
/// The longest source, in bytes of its JSON.
const LONGEST_SOURCE: usize = 16 * 1024;
/// The longest message, in bytes of its JSON.
const LONGEST_MESSAGE: usize = 16 * 1024 * 1024;

impl Entry {
    /// An entry for a message: in the lane of its case, of normal priority, to be sent as soon as possible.
    #[must_use]
    pub fn new(message: impl Into<Message>) -> Self {
        Self {
            message: message.into(),
            key: None,
            lane: Lane::Case,
            strict: false,
            priority: Priority::Normal,
            not_before: None,
            not_after: None,
            source: Source::None,
        }
    }

    /// A name for the message, unique within its account: inserting it again does nothing. Up to 200 bytes.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The lane. Messages of one lane are sent one at a time, in the order in which they were inserted. Up to 200 bytes.
    ///
    /// By default it is the case: `case:28`.
    #[must_use]
    pub fn lane(mut self, lane: impl Into<String>) -> Self {
        self.lane = Lane::Named(lane.into());
        self
    }

    /// Sends the message whenever a worker is free, whatever else there is for its case.
    #[must_use]
    pub fn no_lane(mut self) -> Self {
        self.lane = Lane::None;
        self
    }

    /// When the outcome is unknown, holds the lane until a person has decided. By default the lane goes on when the
    /// message can't be delivered any more: 15 minutes after the claim's lease is over.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Which messages go first. Within a lane the order counts, not the priority.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Sends it at this time or later. Until then its lane goes on without it.
    #[must_use]
    pub fn not_before(mut self, time: impl Into<SystemTime>) -> Self {
        self.not_before = Some(time.into().into());
        self
    }

    /// Sends it only if it can begin to before this time. Otherwise it ends as not sent.
    #[must_use]
    pub fn not_after(mut self, time: impl Into<SystemTime>) -> Self {
        self.not_after = Some(time.into().into());
        self
    }

    /// Where it came from, for people: for example file and row. Anything that serialises as JSON, up to 16 KiB. It is
    /// erased with the message.
    #[must_use]
    pub fn source(mut self, source: impl Serialize) -> Self {
        let json = serde_json::value::to_raw_value(&source);
        self.source = json.map_or(Source::NotJson, |json| Source::Json(json.into()));
        self
    }

    /// The message.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The key.
    pub fn get_key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// When it is sent, and in which order.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            lane: Some(self.lane_name()).filter(|lane| !lane.is_empty()),
            strict: self.strict,
            priority: self.priority,
            not_before: self.not_before.map(Into::into),
            not_after: self.not_after.map(Into::into),
        }
    }

    /// Checks the entry, and its message by the client's rules. [`Outbox::insert`](crate::Outbox::insert) does so too.
    ///
    /// # Errors
    /// When it can't be sent as it is. The error holds all problems.
    pub fn check(&self) -> Result<(), InvalidMessage> {
        let mut problems = Problems::default();
        self.collect_problems(&mut problems);
        match self.message.check() {
            Ok(()) => problems.into_result(),
            Err(invalid) => Err(problems.followed_by(invalid)),
        }
    }

    /// Those of the entry's own fields.
    pub(crate) fn collect_problems(&self, problems: &mut Problems) {
        let lane = match &self.lane {
            Lane::Named(lane) => Some(lane),
            Lane::Case | Lane::None => None,
        };
        for (field, name) in [("key", self.key.as_ref()), ("lane", lane)] {
            match name {
                Some(name) if name.is_empty() => problems.add(field, "is empty"),
                Some(name) if name.len() > LONGEST_NAME => {
                    problems.add(field, format!("is longer than {LONGEST_NAME} bytes"));
                }
                Some(name) if name.contains('\0') => {
                    problems.add(field, "contains a null character")
                }
                _ => {}
            }
        }
        if self.strict && self.lane == Lane::None {
            problems.add("strict", "needs a lane");
        }
        if let (Some(start), Some(end)) = (self.not_before, self.not_after)
            && start >= end
        {
            problems.add("not_after", "is not later than `not_before`");
        }
        match &self.source {
            Source::Json(json) if json.get().len() > LONGEST_SOURCE => {
                problems.add("source", format!("is longer than {LONGEST_SOURCE} bytes"));
            }
            Source::NotJson => problems.add("source", "can't be written as JSON"),
            Source::None | Source::Json(_) => {}
        }
        match serde_json::to_string(&self.message) {
            Ok(json) if json.len() > LONGEST_MESSAGE => {
                problems.add("message", format!("is longer than {LONGEST_MESSAGE} bytes"));
            }
            Ok(json) if has_null(&json) => {
                // PostgreSQL's text can't hold it.
                problems.add("message", "contains a null character");
            }
            _ => {}
        }
    }

    /// The lane as a store keeps it: empty for none.
    pub(crate) fn lane_name(&self) -> String {
        match &self.lane {
            Lane::Case => format!("case:{}", self.message.case().0),
            Lane::Named(lane) => lane.clone(),
            Lane::None => String::new(),
        }
    }
}

/// Whether a text in JSON has a null character. After an odd number of backslashes `\u0000` is six characters.
fn has_null(json: &str) -> bool {
    json.match_indices(r"\u0000").any(|(place, _)| {
        let backslashes = json[..place]
            .bytes()
            .rev()
            .take_while(|byte| *byte == b'\\');
        backslashes.count() % 2 == 0
    })
}

macro_rules! from_messages {
    ($($message:ty)*) => {$(
        impl From<$message> for Entry {
            fn from(message: $message) -> Self {
                Self::new(message)
            }
        }
    )*};
}
from_messages!(Message Chat Mail Sms &Message &Chat &Mail &Sms);

impl From<&Self> for Entry {
    fn from(entry: &Self) -> Self {
        entry.clone()
    }
}

impl From<Entry> for Message {
    fn from(entry: Entry) -> Self {
        entry.message
    }
}

/// Prints no content.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("message", &self.message)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}
