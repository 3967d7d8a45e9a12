//! What people and programs read about a run: the preview before it, its progress and results, and the summary after it.
//!
//! This file has how people identify a message: line, key, channel, case and recipient, and where it came from.

pub(crate) mod planned;
pub(crate) mod preview;
pub(crate) mod progress;
pub(crate) mod results;
mod segments;
mod statistics;
pub(crate) mod summary;

use std::path::Path;

use acquire_io::{Channel, Message};
use acquire_io_outbox::{Row as OutboxRow, RowId};
use acquire_io_sandbox::cli::inert::inert;
use serde::{Deserialize, Serialize};

use crate::batch::check::identity::shown_key;
use crate::batch::check::row::Row;
use crate::batch::problems::Unit;
use crate::batch::read::json::Fields;
use crate::batch::runs::{Runs, Steps};
use crate::line::recipient;

/// How people identify a message.
#[derive(Clone, Default)]
pub(crate) struct Info {
    /// Of the file, as it was when the message was queued. None when it is not known.
    pub(crate) line: Option<u64>,
    /// What `line` counts.
    pub(crate) unit: Unit,
    pub(crate) key: Option<Box<str>>,
    pub(crate) channel: Option<Channel>,
    pub(crate) case: Option<i64>,
    pub(crate) recipient: Box<str>,
}

/// Where a message came from. Stored as the `source` of its entry.
#[derive(Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u64>,
    /// Which list this was: see [`list`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<String>,
    /// What `line` counts.
    #[serde(default)]
    pub(crate) unit: Unit,
    /// The row, unless it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<Fields>,
}

impl Origin {
    pub(crate) fn of(row: &OutboxRow) -> Option<Self> {
        serde_json::from_str(row.source()?.get()).ok()
    }
}

/// A file of this machine, for example `laptop:/home/ann/june.csv`. None for standard input, which may be another one each
/// time.
pub(crate) fn list(file: &Path) -> Option<String> {
    let path = file
        .canonicalize()
        .ok()
        .filter(|_| file != Path::new("-"))?;
    Some(format!("{}:{}", machine(), path.display()))
}

fn machine() -> String {
    #[cfg(unix)]
    {
        let system = rustix::system::uname();
        system.nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(unix))]
    {
        std::env::var("COMPUTERNAME").unwrap_or_default()
    }
}

impl Info {
    /// Of a row of the file.
    pub(crate) fn of_file(row: &Row) -> Self {
        Self {
            line: Some(row.line),
            unit: row.unit,
            key: row.key.as_deref().map(Into::into),
            ..Self::of_message(row.entry.message())
        }
    }

    pub(crate) fn of_message(message: &Message) -> Self {
        Self {
            line: None,
            unit: Unit::default(),
            key: None,
            channel: Some(message.channel()),
            case: Some(message.case().0),
            recipient: recipient(message).unwrap_or_default().into(),
        }
    }

    /// Of a message in an outbox, whose content may be erased.
    pub(crate) fn of_outbox(row: &OutboxRow) -> Self {
        let message = row.message().and_then(Result::ok);
        let info = message.as_ref().map(Self::of_message).unwrap_or_default();
        let lane = row.lane.as_deref();
        let lane = lane.and_then(|lane| lane.strip_prefix("case:"));
        let origin = Origin::of(row);
        let origin = origin.as_ref();
        Self {
            line: origin.and_then(|origin| origin.line),
            unit: origin.map(|origin| origin.unit).unwrap_or_default(),
            key: row.key.as_deref().and_then(shown_key).map(Into::into),
            case: info.case.or_else(|| lane?.parse().ok()),
            ..info
        }
    }

    /// `line 17, key order-17`.
    pub(crate) fn name(&self) -> String {
        let line = self.line.map(|line| format!("{} {line}", self.unit));
        let key = self.key.as_ref().map(|key| format!("key {}", inert(key)));
        match (line, key) {
            (None, None) => "a message".to_owned(),
            (Some(line), Some(key)) => format!("{line}, {key}"),
            (line, key) => line.or(key).unwrap_or_default(),
        }
    }
}

/// Which line of the file each message came from, in few bytes: the outbox forgets it when the message was accepted.
#[derive(Default)]
pub(crate) struct Lines {
    lines: Runs<(RowId, u64)>,
    pub(crate) unit: Unit,
}

impl Lines {
    pub(crate) fn new(lines: impl IntoIterator<Item = (RowId, u64)>, unit: Unit) -> Self {
        let mut runs = Runs::default();
        lines.into_iter().for_each(|line| runs.push(line));
        runs.sort_by_key(|(id, _)| id);
        Self { lines: runs, unit }
    }

    pub(crate) fn get(&self, id: RowId) -> Option<u64> {
        let found = self.lines.find(id.0, |(id, _)| id.0);
        found.map(|(_, line)| line)
    }
}

/// Most messages are inserted in the order of the file, one for each line.
impl Steps for (RowId, u64) {
    fn after(self, steps: u32) -> Self {
        let (RowId(id), line) = self;
        (RowId(id + i64::from(steps)), line + u64::from(steps))
    }
}
