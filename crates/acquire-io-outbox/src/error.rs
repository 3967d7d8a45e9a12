//! Why the outbox could not do what it was asked for.

use std::error::Error as StdError;
use std::fmt;

/// What the outbox was asked for was not done.
///
/// `Display` names the place and the reader's next action. It holds no content of a message.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    text: String,
    source: Option<Source>,
}

type Source = Box<dyn StdError + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Random,
}

impl Error {
    fn new(kind: Kind, text: impl Into<String>, source: Option<Source>) -> Self {
        let text = text.into();
        Self(Box::new(Inner { kind, text, source }))
    }

    pub(crate) fn random(source: Source) -> Self {
        Self::new(
            Kind::Random,
            "the system gave no random numbers",
            Some(source),
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}
