//! A fault rule: which requests it matches, and what happens to them.

use std::fmt::Display;
use std::io;
use std::time::Duration;

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::action::{Action, Stage};
use super::answer::Answer;
use super::preset::Preset;
use crate::answer::Strange;
use crate::check::Operation;
use crate::net::Ending;
use crate::refusal::Refusal;

/// The header that gives one request a rule of its own.
const HEADER: &str = "x-acquire-sandbox-fault";

/// A rule: which requests it matches, and what happens to them.
///
/// ```
/// use acquire_io_sandbox::{FaultRule, Operation, Stage};
///
/// let busy = FaultRule::answer(503).on(Operation::SendSms).times(2);
/// let lost = FaultRule::reset(Stage::Received).for_case(28).nth(3).named("lost");
/// let portal = FaultRule::preset("html-200")?;
/// assert_eq!(busy.limit, Some(2));
///
/// // The same as JSON, as the endpoints and the command line take it:
/// let json = r#"{"match": {"operation": "sendSms"}, "limit": 2, "action": {"type": "answer", "status": 503}}"#;
/// assert_eq!(FaultRule::from_json(json)?, busy);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
#[non_exhaustive]
pub struct FaultRule {
    /// Its name in the ledger. By default the name of the preset, or the action's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is switched on. By default true.
    pub enabled: bool,
    /// Which requests it matches. By default all.
    #[serde(rename = "match")]
    pub matches: Match,
    /// How often it acts at most. By default without limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What happens.
    pub action: Action,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    #[serde(default = "on")]
    enabled: bool,
    #[serde(default, rename = "match")]
    matches: Match,
    limit: Option<u64>,
    /// An action, or the name of a preset.
    action: Value,
}

impl TryFrom<Written> for FaultRule {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (default_name, action) = match written.action {
            Value::String(name) => {
                let preset = preset(&name)?;
                (Some(name), preset.action())
            }
            action => {
                let action = serde_json::from_value(action);
                (None, action.map_err(|error| format!("action: {error}"))?)
            }
        };
        Ok(Self {
            name: written.name.or(default_name),
            enabled: written.enabled,
            matches: written.matches,
            limit: written.limit,
            action,
        })
    }
}

fn preset(name: &str) -> Result<Preset, String> {
    Preset::by_name(name).ok_or_else(|| {
        let known = Preset::ALL.map(Preset::name).join(", ");
        format!("there is no preset {name:?}, only {known}")
    })
}

/// Which requests a rule matches: those for which everything that is set holds.
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
    /// Only every n-th of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Only some of them, with a probability from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Seeds `probability`: the same seed chooses the same requests. By default 0.
    #[serde(default)]
    pub seed: u64,
}

fn on() -> bool {
    true
}

impl FaultRule {
    /// A rule that matches every request.
    pub fn new(action: Action) -> Self {
        Self {
            name: None,
            enabled: true,
            matches: Match::default(),
            limit: None,
            action,
        }
    }

    /// Gives an answer: a status, or an [`Answer`] with headers and a body.
    pub fn answer(answer: impl Into<Answer>) -> Self {
        Self::new(Action::Answer(answer.into()))
    }

    /// Waits before the answer, then continues as usual, or with the next rule that matches.
    pub fn delay(time: Duration) -> Self {
        Self::new(Action::Delay {
            ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
            stage: Stage::Received,
        })
    }

    /// Redirects the client, with status 307.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::new(Action::Redirect {
            status: 307,
            location: location.into(),
        })
    }

    /// Resets the connection (RST).
    pub fn reset(stage: Stage) -> Self {
        Self::broken(stage, Ending::Reset)
    }

    /// Closes the connection (FIN).
    pub fn close(stage: Stage) -> Self {
        Self::broken(stage, Ending::Close)
    }

    fn broken(stage: Stage, how: Ending) -> Self {
        Self::new(Action::Break {
            stage,
            how,
            bytes: None,
        })
    }

    /// Never continues, and keeps the connection open.
    pub fn hang(stage: Stage) -> Self {
        Self::new(Action::Hang { stage })
    }

    /// Accepts the message, and makes the answer strange, reproducibly.
    pub fn strange(seed: u64) -> Self {
        Self::new(Action::Strange(Strange::new(seed)))
    }

    /// A fault by its name, such as `503`, `reset`, `slow`, `html-200` or `error-200`. [`Preset::ALL`] has all of them.
    ///
    /// # Errors
    /// When there is no preset of this name.
    pub fn preset(name: &str) -> io::Result<Self> {
        let preset = preset(name).map_err(invalid)?;
        Ok(Self::new(preset.action()).named(name))
    }

    /// Only requests of this operation.
    pub fn on(mut self, operation: Operation) -> Self {
        self.matches.operation = Some(operation);
        self
    }

    /// Only messages for this case.
    pub fn for_case(mut self, case: i64) -> Self {
        self.matches.case = Some(case);
        self
    }

    /// Only messages to this e-mail address or phone number.
    pub fn to(mut self, recipient: impl Into<String>) -> Self {
        self.matches.recipient = Some(recipient.into());
        self
    }

    /// Only the n-th of the requests that match, counted from 1.
    pub fn nth(mut self, n: u64) -> Self {
        self.matches.nth = Some(n);
        self
    }

    /// Only every n-th of the requests that match.
    pub fn every(mut self, n: u64) -> Self {
        self.matches.every = Some(n);
        self
    }

    /// Only some of the requests that match, with a probability from 0 to 1. The same seed chooses the same requests.
    pub fn with_probability(mut self, probability: f64, seed: u64) -> Self {
        self.matches.probability = Some(probability);
        self.matches.seed = seed;
        self
    }

    /// Acts N times at most.
    pub fn times(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets its name in the ledger.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Reads a rule: its JSON, or the name of a [`Preset`].
    ///
    /// # Errors
    /// When the text is not a rule, or the rule can't work. The message says why.
    pub fn from_json(text: &str) -> io::Result<Self> {
        let text = text.trim();
        if !text.starts_with('{') {
            return Self::preset(text.trim_matches('"'));
        }
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

    /// A request's own rule, from its header.
    pub(crate) fn of_request(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let Some(value) = headers.get(HEADER) else {
            return Ok(None);
        };
        let refusal = |error: &dyn Display| Refusal::invalid(format!("header {HEADER}: {error}"));
        let text = std::str::from_utf8(value.as_bytes()).map_err(|error| refusal(&error))?;
        Self::from_json(text)
            .map(Some)
            .map_err(|error| refusal(&error))
    }

    /// The name in the ledger.
    pub(super) fn label(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| self.action.kind().to_owned())
    }

    /// Checks that the rule can work.
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
                "match.case and match.recipient are read from the body, which is not read at the stages head \
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
