//! What verdicts did, as counts and events. Pure.

use std::time::SystemTime;

use acquire_io::MessageId;

use super::event::Event;
use super::flights::Ended;
use super::report::Counts;
use crate::record::RowId;
use crate::store::{self, Applied, Paused};
use crate::transition::State;
use crate::verdict::Kind;

/// Counts what a turn did with a verdict, and says it.
pub(super) fn settled(counts: &mut Counts, ended: Ended, applied: Applied) -> Event {
    let (id, key) = (RowId(ended.id), ended.key);
    let verdict = ended.verdict;
    let state = match applied {
        Applied::To(state) => state,
        // A turn of whose commit the worker didn't learn.
        Applied::Already => state_of(verdict.kind),
        Applied::Late => {
            counts.late += 1;
            return Event::Late { id, key };
        }
    };
    let (status, code, cause) = (verdict.status, verdict.code, verdict.cause);
    let count = match state {
        State::Accepted => &mut counts.accepted,
        State::Refused => &mut counts.refused,
        State::NotSent | State::Cancelled => &mut counts.not_sent,
        State::Unknown => &mut counts.unknown,
        State::Queued | State::Sending => {
            counts.requeued += 1;
            return Event::Requeued {
                id,
                key,
                status,
                code,
                cause,
            };
        }
    };
    *count += 1;
    Event::Settled {
        id,
        key,
        state,
        status,
        code,
        cause,
        message_id: verdict.message_id.map(MessageId),
    }
}

/// Counts a message that a turn ended without a verdict, and says it.
pub(super) fn ended(counts: &mut Counts, ended: store::Ended) -> Event {
    match ended.state {
        State::Unknown => counts.unknown += 1,
        _ => counts.not_sent += 1,
    }
    Event::Settled {
        id: RowId(ended.id),
        key: ended.key,
        state: ended.state,
        status: None,
        code: ended.code,
        cause: ended.cause,
        message_id: None,
    }
}

/// Where a verdict leads, as far as it alone says it.
fn state_of(kind: Kind) -> State {
    match kind {
        Kind::Accepted => State::Accepted,
        Kind::Refused => State::Refused,
        Kind::Invalid => State::NotSent,
        Kind::Unknown => State::Unknown,
        Kind::Throttled | Kind::Unauthorized | Kind::NotSent => State::Queued,
    }
}

/// What to say of an account's pause, if it is another one than before.
pub(super) fn pause(before: Option<&Paused>, now: Option<&Paused>) -> Option<Event> {
    match (before, now) {
        (before, Some(paused)) if before != Some(paused) => Some(Event::Paused {
            until: paused.until.map(SystemTime::from),
            why: paused.why.clone(),
        }),
        (Some(_), None) => Some(Event::Resumed),
        _ => None,
    }
}
