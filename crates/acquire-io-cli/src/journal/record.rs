//! The lines of a journal.

use std::time::SystemTime;

use acquire_io::Delivery;
use anyhow::ensure;
use serde::{Deserialize, Serialize};

use crate::report::Report;

/// The first line: what the journal belongs to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The version of the journal's form.
    acquire_journal: u32,
    /// The SHA-256 of the input, in hexadecimal.
    input: String,
    /// The account's base URL.
    target: String,
    /// How many rows of the input are to be sent.
    rows: u64,
}

impl Header {
    /// How every journal begins.
    pub(super) const START: &[u8] = b"{\"acquire_journal\":";
    const VERSION: u32 = 1;

    pub(crate) fn new(input: &str, target: &str, rows: u64) -> Self {
        Self {
            acquire_journal: Self::VERSION,
            input: input.to_owned(),
            target: target.to_owned(),
            rows,
        }
    }

    pub(crate) fn input(&self) -> &str {
        &self.input
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn check_version(&self) -> anyhow::Result<()> {
        ensure!(
            self.acquire_journal == Self::VERSION,
            "it is of version {}, this program knows version {}",
            self.acquire_journal,
            Self::VERSION
        );
        Ok(())
    }

    /// Whether it belongs to the batch that is about to run.
    pub(super) fn check(&self, expected: &Self) -> anyhow::Result<()> {
        ensure!(
            self.input == expected.input,
            "it belongs to another input, or the input was changed: its SHA-256 was {}, and is {}. Nothing was sent. \
             Take the input as it was. For rows that you fixed, take a file of these rows alone and another journal: \
             with another journal every row of a file is sent, also what was accepted before",
            self.input,
            expected.input
        );
        ensure!(
            self.target == expected.target,
            "it belongs to {}, and messages would go to {}. Nothing was sent. Take another journal",
            self.target,
            expected.target
        );
        Ok(())
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It is about to be sent. Without a later record: unknown.
    Sending,
    #[serde(untagged)]
    Ended(Delivery),
}

/// A row's state at a time. Holds no content of the message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Where the row starts in the input.
    pub(crate) line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    pub(crate) state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    /// Of the message in its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<i64>,
    /// The server's error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// Whether a person said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) resolved: bool,
    /// RFC 3339, in UTC.
    pub(crate) time: String,
}

impl Record {
    pub(crate) fn sending(line: u64, key: Option<String>) -> Self {
        Self {
            line,
            key,
            state: State::Sending,
            status: None,
            attempts: None,
            id: None,
            code: None,
            resolved: false,
            time: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        }
    }

    pub(crate) fn ended(line: u64, key: Option<String>, report: &Report) -> Self {
        Self {
            state: State::Ended(report.delivery),
            status: report.status,
            attempts: Some(report.attempts),
            id: report.id,
            code: report.error.as_ref().and_then(|error| error.code.clone()),
            ..Self::sending(line, key)
        }
    }

    pub(crate) fn resolved(line: u64, key: Option<String>, delivery: Delivery) -> Self {
        Self {
            state: State::Ended(delivery),
            resolved: true,
            ..Self::sending(line, key)
        }
    }

    pub(crate) fn delivery(&self) -> Delivery {
        match self.state {
            State::Sending => Delivery::Unknown,
            State::Ended(delivery) => delivery,
        }
    }
}
