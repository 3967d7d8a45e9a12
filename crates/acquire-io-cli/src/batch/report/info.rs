//! What people know a message by.

use acquire_io::{Channel, Message};
use acquire_io_outbox::{Row as OutboxRow, RowId};
use acquire_io_sandbox::cli::inert::inert;
use serde::{Deserialize, Serialize};

use crate::batch::check::identity::shown_key;
use crate::batch::check::row::Row;
use crate::batch::read::json::Fields;
use crate::line::recipient;

/// What people know a message by.
#[derive(Clone, Default)]
pub(crate) struct Info {
    /// Of the file. None when it is not known.
    pub(crate) line: Option<u64>,
    pub(crate) key: Option<Box<str>>,
    pub(crate) channel: Option<Channel>,
    pub(crate) case: Option<i64>,
    pub(crate) recipient: Box<str>,
}

/// Where a message came from: the `source` of its entry.
#[derive(Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u64>,
    /// The row, unless it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<Fields>,
}

impl Origin {
    pub(crate) fn of(row: &OutboxRow) -> Option<Self> {
        serde_json::from_str(row.source()?.get()).ok()
    }
}

impl Info {
    /// Of a row of the file.
    pub(crate) fn of_file(row: &Row) -> Self {
        Self {
            line: Some(row.line),
            key: row.key.as_deref().map(Into::into),
            ..Self::of_message(row.entry.message())
        }
    }

    pub(crate) fn of_message(message: &Message) -> Self {
        Self {
            line: None,
            key: None,
            channel: Some(message.channel()),
            case: Some(message.case().0),
            recipient: recipient(message).unwrap_or_default().into(),
        }
    }

    /// What an outbox knows of a message.
    pub(crate) fn of_outbox(row: &OutboxRow) -> Self {
        let message = row.message().and_then(Result::ok);
        let info = message.as_ref().map(Self::of_message).unwrap_or_default();
        let lane = row.lane.as_deref();
        let lane = lane.and_then(|lane| lane.strip_prefix("case:"));
        Self {
            line: Origin::of(row).and_then(|origin| origin.line),
            key: row.key.as_deref().and_then(shown_key).map(Into::into),
            case: info.case.or_else(|| lane?.parse().ok()),
            ..info
        }
    }

    /// `line 17, key order-17`.
    pub(crate) fn name(&self) -> String {
        match (&self.key, self.line) {
            (Some(key), Some(line)) => format!("line {line}, key {}", inert(key)),
            (Some(key), None) => format!("key {}", inert(key)),
            (None, Some(line)) => format!("line {line}"),
            (None, None) => "a message".to_owned(),
        }
    }
}

/// Which line of the file each message came from, in few bytes: the outbox forgets it when the message was accepted.
#[derive(Default)]
pub(crate) struct Lines(Vec<(RowId, u64)>);

impl Lines {
    pub(crate) fn new(mut lines: Vec<(RowId, u64)>) -> Self {
        lines.sort_unstable();
        Self(lines)
    }

    pub(crate) fn get(&self, id: RowId) -> Option<u64> {
        let place = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.0.get(place).map(|(_, line)| *line)
    }
}
