//! Which requests a fault meets.

use std::fmt::Display;
use std::io;

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::action::{Action, Stage};
use crate::check::{Operation, Refusal};

/// The header that gives one request a rule of its own.
const HEADER: &str = "x-acquire-sandbox-fault";

/// A rule: which requests it meets, and what happens to them.
///
/// ```
/// let rule = acquire_io_sandbox::FaultRule::from_json(
///     r#"{
///         "name": "busy",
///         "match": {"operation": "sendSms", "every": 2},
///         "limit": 3,
///         "action": {"type": "answer", "status": 503, "headers": {"retry-after": "1"}}
///     }"#,
/// )?;
/// assert_eq!(rule.limit, Some(3));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRule {
    /// What the ledger calls it. By default the action's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is switched on, as it is by default.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Which requests it meets. By default every one.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// How often it acts at most. By default without bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What happens.
    pub action: Action,
}

/// Which requests a rule meets: those for which everything that is set holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Match {
    /// The operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The case that the message is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<i64>,
    /// An e-mail address or phone number that the message goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// Only the n-th of the requests for which the above holds, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Only each n-th of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Only some of them, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Of the probability: the same seed chooses the same requests. By default 0.
    #[serde(default)]
    pub seed: u64,
}

fn on() -> bool {
    true
}

impl FaultRule {
    /// A rule that meets every request.
    pub fn new(action: Action) -> Self {
        Self {
            name: None,
            enabled: true,
            matches: Match::default(),
            limit: None,
            action,
        }
    }

    /// Reads a rule.
    ///
    /// # Errors
    /// When the JSON is not a rule, or the rule can't work. Says why.
    pub fn from_json(text: &str) -> io::Result<Self> {
        let rule: Self = serde_json::from_str(text).map_err(invalid)?;
        rule.check()?;
        Ok(rule)
    }

    /// Reads a list of rules.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn list_from_json(text: &str) -> io::Result<Vec<Self>> {
        let rules: Vec<Self> = serde_json::from_str(text).map_err(invalid)?;
        rules.iter().try_for_each(Self::check)?;
        Ok(rules)
    }

    /// The rule that a request brings along.
    pub(crate) fn of_request(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let Some(value) = headers.get(HEADER) else {
            return Ok(None);
        };
        let refusal = |error: &dyn Display| Refusal::invalid(format!("header {HEADER}: {error}"));
        let rule: Self =
            serde_json::from_slice(value.as_bytes()).map_err(|error| refusal(&error))?;
        rule.check().map_err(|error| refusal(&error))?;
        Ok(Some(rule))
    }

    /// The name in the ledger.
    pub(super) fn label(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| self.action.kind().to_owned())
    }

    /// Whether the rule can work.
    pub(crate) fn check(&self) -> io::Result<()> {
        let Match {
            case,
            recipient,
            nth,
            every,
            probability,
            ..
        } = &self.matches;
        if self.action.stage() < Stage::Received && (case.is_some() || recipient.is_some()) {
            return Err(invalid(
                "match.case and match.recipient stand in the body, which is not read at the stages head \
                 and body",
            ));
        }
        if *nth == Some(0) || *every == Some(0) {
            return Err(invalid("match.nth and match.every count from 1"));
        }
        if probability.is_some_and(|it| !(0.0..=1.0).contains(&it)) {
            return Err(invalid("match.probability is from 0 to 1"));
        }
        let action = self.action.check();
        action.map_err(|error| invalid(format_args!("action: {error}")))
    }
}

fn invalid(error: impl Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("fault rule: {error}"))
}
