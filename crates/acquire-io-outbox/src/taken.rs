//! The row that has the key of an entry which is being inserted.

use acquire_io::Message;

use crate::digest::Secret;
use crate::prepared::Prepared;
use crate::transition::{Event, Outcome, Position, State, apply};

pub(crate) struct Taken {
    pub(crate) id: i64,
    pub(crate) state: State,
    pub(crate) decided: bool,
    pub(crate) digest: Option<String>,
    pub(crate) message: Option<String>,
}

impl Taken {
    /// Whether it says the same. One that was inserted by hand, and was never claimed, has no digest yet.
    pub(crate) fn is_same(&self, row: &Prepared, secret: &Secret) -> bool {
        let own = self.digest.clone().or_else(|| {
            let message = Message::from_json(self.message.as_deref()?).ok()?;
            Some(secret.digest(&message))
        });
        own.as_ref() == Some(&row.digest)
    }

    pub(crate) fn can_be_replaced(&self) -> bool {
        let at = Position {
            state: self.state,
            decided: self.decided,
            replaced: false,
        };
        matches!(apply(at, Event::Replace), Outcome::To(_))
    }
}
