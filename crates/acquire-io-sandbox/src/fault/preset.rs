//! Faults by name.

use std::fmt;

use serde::Serialize;
use serde_json::json;

use super::action::{Action, Stage};
use super::answer::Answer;
use crate::answer::Strange;
use crate::net::Ending;

/// A fault with a name, for the most common ones. Wherever a rule can be given, such a name can be given instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Preset {
    /// `503`: busy, try again after a second.
    Busy,
    /// `429`: too many requests, try again after a second.
    TooMany,
    /// `500`: an error of the server.
    ServerError,
    /// `500-accepted`: an error of the server, but the message is accepted.
    ServerErrorAccepted,
    /// `401`: the API key is not accepted.
    Unauthorized,
    /// `reset`: the message is accepted, then the connection is reset.
    Reset,
    /// `reset-early`: the connection is reset before the body is read.
    ResetEarly,
    /// `cut`: the message is accepted, and the answer is cut in the middle.
    Cut,
    /// `slow`: the answer comes after two seconds.
    Slow,
    /// `hang`: the message is accepted, and no answer comes.
    Hang,
    /// `html-200`: a web page with status 200, as from a captive portal.
    Html200,
    /// `error-200`: an error with status 200.
    Error200,
    /// `redirect`: to another address.
    Redirect,
    /// `strange`: the message is accepted, with an undocumented answer.
    Strange,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Busy,
        Self::TooMany,
        Self::ServerError,
        Self::ServerErrorAccepted,
        Self::Unauthorized,
        Self::Reset,
        Self::ResetEarly,
        Self::Cut,
        Self::Slow,
        Self::Hang,
        Self::Html200,
        Self::Error200,
        Self::Redirect,
        Self::Strange,
    ];

    /// The preset with this name, if there is one.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The name.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// What it does, in a few words.
    pub fn description(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Busy => ("503", "Answer 503, retry after 1 s"),
            Self::TooMany => ("429", "Answer 429, retry after 1 s"),
            Self::ServerError => ("500", "Answer 500"),
            Self::ServerErrorAccepted => ("500-accepted", "Accept the message, but answer 500"),
            Self::Unauthorized => ("401", "Answer 401"),
            Self::Reset => ("reset", "Accept the message, then reset the connection"),
            Self::ResetEarly => (
                "reset-early",
                "Reset the connection before the body is read",
            ),
            Self::Cut => ("cut", "Accept the message, then cut the answer in two"),
            Self::Slow => ("slow", "Answer after 2 s"),
            Self::Hang => ("hang", "Accept the message, but never answer"),
            Self::Html200 => ("html-200", "Answer 200 with a web page"),
            Self::Error200 => ("error-200", "Answer 200 with an error"),
            Self::Redirect => ("redirect", "Redirect to another address"),
            Self::Strange => ("strange", "Accept the message, with a strange answer"),
        }
    }

    /// What it does.
    pub fn action(self) -> Action {
        let answer = match self {
            Self::Busy => Answer::new(503).header("retry-after", "1"),
            Self::TooMany => Answer::new(429).header("retry-after", "1"),
            Self::ServerError => Answer::new(500),
            Self::ServerErrorAccepted => Answer::new(500).but_accept(),
            Self::Unauthorized => Answer::new(401),
            Self::Html200 => Answer::new(200)
                .body("<!doctype html><title>Log in</title><p>Log in to use this network.</p>")
                .content_type("text/html; charset=utf-8"),
            Self::Error200 => Answer::new(200).body(json!({
                "error": {"code": "ERROR_SERVER_ERROR", "message": "an error, on purpose", "data": null}
            })),
            Self::Reset => return broken(Stage::Received, Ending::Reset),
            Self::ResetEarly => return broken(Stage::Head, Ending::Reset),
            Self::Cut => return broken(Stage::AnswerBody, Ending::Close),
            Self::Slow => {
                let stage = Stage::Received;
                return Action::Delay { ms: 2_000, stage };
            }
            Self::Hang => return Action::Hang { stage: Stage::Received },
            Self::Redirect => {
                let location = "/elsewhere".to_owned();
                return Action::Redirect { status: 307, location };
            }
            Self::Strange => return Action::Strange(Strange::default()),
        };
        Action::Answer(answer)
    }
}

fn broken(stage: Stage, how: Ending) -> Action {
    Action::Break {
        stage,
        how,
        bytes: None,
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// As the endpoint prints it.
#[derive(Serialize)]
pub(crate) struct Described {
    name: &'static str,
    description: &'static str,
    action: Action,
}

impl Preset {
    pub(crate) fn described(self) -> Described {
        Described {
            name: self.name(),
            description: self.description(),
            action: self.action(),
        }
    }
}
