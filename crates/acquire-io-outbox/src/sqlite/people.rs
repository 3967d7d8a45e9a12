//! What people decide about a message.

use rusqlite::Transaction;

use super::live::{Live, record};
use crate::error::Error;
use crate::record::{Found, RowId};
use crate::store::Decision;
use crate::time::{Time, WIRE_TIME};
use crate::transition::{Event, Outcome, State};

pub(super) fn decide(
    tx: &Transaction<'_>,
    id: RowId,
    decision: Decision,
    author: &str,
    now: Time,
) -> Result<State, Error> {
    let mut live = Live::load(tx, id.0)?.ok_or_else(|| Error::not_found(id))?;
    let before = live.state;
    let (event, what, note) = match decision {
        Decision::Found {
            found: Found::Accepted,
            ..
        } => (Event::FoundAccepted, "resolved", Some("accepted")),
        Decision::Found {
            found: Found::NotSent,
            now: at_once,
        } => {
            let note = if at_once {
                "not sent, decided without waiting"
            } else {
                "not sent"
            };
            let event = match live.has_message {
                true => Event::FoundNotSent,
                false => Event::FoundNotSentErased,
            };
            if !at_once && live.state == State::Unknown {
                wait_for_the_wire(&live, now)?;
            }
            (event, "resolved", Some(note))
        }
        Decision::Undo => (Event::Undo, "undone", None),
        Decision::Cancel => (Event::Cancel, "cancelled", None),
        Decision::SendAgain if !live.has_message => {
            return Err(Error::rejected(
                id,
                before,
                "its content was erased, so insert it again",
            ));
        }
        Decision::SendAgain => (Event::SendAgain, "retried", None),
    };
    let Outcome::To(to) = live.apply(event, Some(author)) else {
        return Err(Error::rejected(
            id,
            before,
            why_not(decision, live.replaced_at.is_some()),
        ));
    };
    if to.state == State::Queued {
        live.retry_at = None;
        live.failures = 0;
        live.first_claimed_at = None;
    }
    live.save(tx, now)?;
    record(
        tx,
        now,
        what,
        Some(&live.account),
        Some(live.id),
        Some(author),
        note,
    )?;
    Ok(to.state)
}

/// # Errors
/// When the message may still be delivered.
fn wait_for_the_wire(live: &Live, now: Time) -> Result<(), Error> {
    let arrived = live.lease_until.unwrap_or(now).plus(WIRE_TIME);
    match now < arrived {
        true => Err(Error::too_early(live.row_id(), arrived)),
        false => Ok(()),
    }
}

fn why_not(decision: Decision, replaced: bool) -> &'static str {
    match decision {
        Decision::Undo | Decision::SendAgain if replaced => "another message has taken its key",
        Decision::Found { .. } => "only one whose outcome is unknown can be resolved",
        Decision::Undo => "nobody has resolved it, or it was claimed since",
        Decision::Cancel => "only one that is queued can be cancelled",
        Decision::SendAgain => {
            "only one that was refused, cancelled or not sent can be queued again"
        }
    }
}
