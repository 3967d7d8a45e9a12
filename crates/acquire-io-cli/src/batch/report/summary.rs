//! The summary after a run: what became of the file, and what to do next.

use std::fmt;

use acquire_io_outbox::{Row, RowId, State, StopReason};
use acquire_io_sandbox::cli::inert::inert;

use super::Info;
use crate::batch::known::States;
use crate::batch::plan::{Action, Plan, Totals};
use crate::exit::Exit;

/// How many rows are listed.
pub(crate) const LISTED: usize = 10;

/// Counts of the rows of a file after a run.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rows: u64,
    accepted: u64,
    accepted_before: u64,
    refused: u64,
    not_sent: u64,
    /// Still queued, or never inserted.
    waiting: u64,
    /// Claimed by another process, which may have sent it.
    under_way: u64,
    cancelled: u64,
    left_out: u64,
    repeated: u64,
    unknown: Vec<RowId>,
}

impl Summary {
    pub(crate) fn new(plan: &Plan, states: &States) -> Self {
        let Totals {
            accepted,
            changed_after_accepted,
            skipped,
            later,
            ..
        } = plan.totals();
        let mut summary = Self {
            rows: states.rows.len() as u64,
            accepted_before: accepted + changed_after_accepted,
            left_out: skipped + later,
            ..Self::default()
        };
        for (place, (state, action)) in states.rows.iter().zip(plan.actions.iter()).enumerate() {
            match action {
                Action::Skipped | Action::Later => continue,
                Action::Repeated => {
                    summary.repeated += 1;
                    continue;
                }
                _ => {}
            }
            match *state {
                Some(State::Accepted) => summary.accepted += 1,
                Some(State::Refused) => summary.refused += 1,
                Some(State::NotSent) => summary.not_sent += 1,
                Some(State::Cancelled) => summary.cancelled += 1,
                Some(State::Unknown) => summary.unknown.extend(states.unknown.get(&place)),
                Some(State::Sending) => summary.under_way += 1,
                _ => summary.waiting += 1,
            }
        }
        summary
    }

    /// The messages whose outcome is unknown.
    pub(crate) fn unknown(&self) -> &[RowId] {
        &self.unknown
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            _ if !self.unknown.is_empty() || self.under_way > 0 => Exit::Unknown,
            _ if self.not_sent + self.waiting > 0 => Exit::NotSent,
            _ if self.refused > 0 => Exit::Refused,
            _ => Exit::Success,
        }
    }

    /// What to do next. `outbox` is its path as it is typed.
    pub(crate) fn advice(&self, outbox: &str) -> Vec<String> {
        let mut advice = Vec::new();
        if !self.unknown.is_empty() {
            advice.push(format!(
                "look into these cases, then: acquire outbox resolve {outbox} --key KEY --as accepted|not_sent"
            ));
        }
        if self.under_way > 0 {
            advice.push(format!(
                "what became of those under way: acquire outbox show {outbox}"
            ));
        }
        if self.cancelled > 0 {
            advice.push(format!(
                "to send what was cancelled: acquire outbox retry {outbox} --key KEY, then run the same command again"
            ));
        }
        if self.refused > 0 {
            advice.push(format!(
                "correct what was refused in the file, and run it again; the rows and why: acquire outbox export {outbox} --failed"
            ));
        }
        if self.not_sent + self.waiting > 0 {
            advice.push("to send what was not sent, run the same command again".to_owned());
        }
        advice
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, accepted, .. } = self;
        write!(f, "{rows} rows: {accepted} accepted")?;
        if self.accepted_before > 0 {
            write!(f, " ({} in earlier runs)", self.accepted_before)?;
        }
        let not_sent = self.not_sent + self.waiting;
        let unknown = self.unknown.len();
        write!(
            f,
            ", {} refused, {not_sent} not sent, {unknown} unknown",
            self.refused
        )?;
        for (count, name) in [
            (self.under_way, "under way in another process"),
            (self.cancelled, "cancelled"),
            (self.left_out, "left out of this run"),
            (self.repeated, "left out for the key of an earlier row"),
        ] {
            if count > 0 {
                write!(f, ", {count} {name}")?;
            }
        }
        Ok(())
    }
}

/// A message that needs a person: which one, since when, and why.
pub(crate) fn needs_a_person(row: &Row) -> String {
    let info = Info::of_outbox(row);
    let mut line = format!("{} {}", row.state.as_str().replace('_', " "), info.name());
    if info.key.is_none() {
        line.push_str(&format!(", id {}", row.id));
    }
    if let Some(case) = info.case {
        line.push_str(&format!(", case {case}"));
    }
    if !info.recipient.is_empty() {
        line.push_str(&format!(", {}", inert(&info.recipient)));
    }
    if let Some(time) = row.claimed_at.or(row.settled_at) {
        line.push_str(&format!(", {}", humantime::format_rfc3339_seconds(time)));
    }
    if let Some(cause) = row.cause.as_deref().or(row.code.as_deref()) {
        line.push_str(&format!(": {}", inert(cause)));
    }
    line
}

/// The exit code of a run that stopped for this reason. `left` is the code for the messages that it left. If the set-up has
/// to be fixed, that matters more than the messages that were not sent.
pub(crate) fn exit_of(reason: &StopReason, left: Exit) -> Exit {
    match reason {
        StopReason::Unauthorized | StopReason::Refused { .. } if left != Exit::Unknown => {
            Exit::Refused
        }
        StopReason::TooManyUnknown { .. } => Exit::Unknown,
        _ => left,
    }
}

/// Why a run stopped, unless it was done.
pub(crate) fn stopped(reason: &StopReason, key_source: Option<&str>) -> Option<String> {
    match reason {
        StopReason::Settled | StopReason::Shutdown => None,
        StopReason::Unauthorized => Some(match key_source {
            Some(source) => format!("{reason}. The API key came from {}", inert(source)),
            None => reason.to_string(),
        }),
        StopReason::TooManyUnknown { .. } => {
            Some(format!("{reason}; `--max-unknown` changes the limit"))
        }
        _ => Some(reason.to_string()),
    }
}
