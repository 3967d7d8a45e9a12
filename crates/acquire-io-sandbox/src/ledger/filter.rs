//! Searching the ledger.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::{Received, Verdict};
use super::summary::Channel;

/// A search: finds the entries for which everything that is set holds.
///
/// ```
/// use acquire_io_sandbox::{Channel, Filter, Verdict};
///
/// let refused_sms = Filter::new().channel(Channel::Sms).verdict(Verdict::Refused).text("invoice");
/// assert_eq!(refused_sms.case, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[must_use]
pub struct Filter {
    /// The channel.
    pub channel: Option<Channel>,
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// The case that the message names.
    pub case: Option<i64>,
    /// A text in the body, the path, the reason of a refusal or the name of a fault, ignoring case.
    pub text: Option<String>,
}

impl Filter {
    /// Finds every entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this channel.
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Only this verdict.
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = Some(verdict);
        self
    }

    /// Only this case.
    pub fn case(mut self, case: i64) -> Self {
        self.case = Some(case);
        self
    }

    /// Only what holds this text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Whether an entry is found.
    pub fn matches(&self, entry: &Received) -> bool {
        let summary = entry.summary();
        self.channel.is_none_or(|it| summary.channel == Some(it))
            && self.verdict.is_none_or(|it| entry.verdict == it)
            && self.case.is_none_or(|it| summary.case == Some(it))
            && self.text.as_ref().is_none_or(|it| holds(entry, it))
    }
}

fn holds(entry: &Received, text: &str) -> bool {
    let wanted = text.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let beside = [
        entry.reason.as_deref(),
        entry.fault.as_deref(),
        Some(entry.uri.path()),
    ];
    beside.into_iter().flatten().any(has)
        || match serde_json::from_slice(&entry.body) {
            Ok(body) => any_text(&body, &has),
            Err(_) => has(&String::from_utf8_lossy(&entry.body)),
        }
}

/// In the texts of JSON, without their escapes, and in its numbers.
fn any_text(value: &Value, has: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => has(text),
        Value::Number(number) => has(&number.to_string()),
        Value::Array(items) => items.iter().any(|item| any_text(item, has)),
        Value::Object(members) => members.values().any(|member| any_text(member, has)),
        _ => false,
    }
}
