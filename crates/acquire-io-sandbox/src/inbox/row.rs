//! An entry, as a list of messages shows it.

use serde::Serialize;

use crate::check::Operation;
use crate::ledger::{Received, Summary, Verdict, timestamp};

/// The entry without its headers and bodies.
#[derive(Serialize)]
pub(crate) struct Row<'a> {
    number: u64,
    time: String,
    operation: Option<Operation>,
    method: &'a str,
    path: &'a str,
    verdict: Verdict,
    reason: Option<&'a str>,
    fault: Option<&'a str>,
    status: Option<u16>,
    #[serde(flatten)]
    summary: &'a Summary,
}

impl<'a> Row<'a> {
    pub(crate) fn of(entry: &'a Received) -> Self {
        Self {
            number: entry.number,
            time: timestamp(entry.time),
            operation: entry.operation,
            method: entry.method.as_str(),
            path: entry.uri.path(),
            verdict: entry.verdict,
            reason: entry.reason.as_deref(),
            fault: entry.fault.as_deref(),
            status: entry.status.map(|status| status.as_u16()),
            summary: entry.summary(),
        }
    }
}
