//! The store does what the table of transitions says, for every position and event, and nothing else.

use std::fmt::Write as _;

use super::support::{ACCOUNT, Fixture, LEASE, chat, minutes, on_each_store, turn};
use crate::store::{Applied, Decision, Settled, Token};
use crate::transition::{Event, Outcome, Position, State, apply};
use crate::verdict::{Kind, Verdict};
use crate::{Found, RowId};

on_each_store! {
    the_store_does_what_the_table_says,
    what_has_another_token_changes_nothing,
}

const TOKEN: Token = Token(4711);

/// Every position that a row can be in.
pub(super) fn positions() -> Vec<Position> {
    let mut positions = Vec::new();
    for state in State::ALL {
        for decided in [false, true] {
            for replaced in [false, true] {
                use State::{Accepted, Cancelled, NotSent, Queued, Refused};

                let can_be_decided = matches!(state, Queued | Accepted | NotSent | Cancelled);
                let can_be_replaced =
                    matches!(state, Refused | NotSent | Cancelled) || state == Accepted && !decided;
                if (can_be_decided || !decided) && (can_be_replaced || !replaced) {
                    positions.push(Position {
                        state,
                        decided,
                        replaced,
                    });
                }
            }
        }
    }
    positions
}

/// Makes a row that is in a position, and ready for an event.
async fn place(fixture: &Fixture, id: RowId, at: Position, event: Event) {
    let now = fixture.now();
    let settled = at.state.is_settled();
    let lease = match event {
        Event::LeaseOver => now,
        _ => now.plus(LEASE),
    };
    // What was settled is old enough to be pruned, and what is unknown to be decided.
    let settled_at = settled.then(|| now.minus(minutes(60)));
    let not_after = (event == Event::Expire).then_some(now);
    let content = match event {
        Event::Invalid => "'{}'",
        Event::FoundNotSentErased => "NULL",
        _ => "message",
    };
    let sql = format!(
        "UPDATE outbox_message SET state = '{}', claim = {}, lease_until = {}, decided_by = {}, replaced_at = {},
          settled_at = {}, settled_seq = {}, not_after = {}, attempt = 1, message = {content}
        WHERE id = {id}",
        at.state,
        TOKEN.0,
        fixture.at(lease),
        if at.decided { "'ann'" } else { "NULL" },
        fixture.at(at.replaced.then_some(now)),
        fixture.at(settled_at),
        if settled { "1" } else { "NULL" },
        fixture.at(not_after),
    );
    assert_eq!(fixture.execute(&sql).await, Ok(1));
}

/// What a verdict did, or whether the store did something else without an error.
async fn happen(fixture: &Fixture, id: RowId, event: Event) -> Option<Applied> {
    let store = &fixture.outbox.store;
    let decide = async |decision| {
        let _ = store.decide(id, decision, "ben".to_owned()).await;
    };
    let kind = match event {
        Event::Claim | Event::Invalid => {
            store.turn(turn(1, Vec::new())).await.unwrap();
            return None;
        }
        Event::Expire | Event::LeaseOver => {
            store.turn(turn(0, Vec::new())).await.unwrap();
            return None;
        }
        Event::GiveBack => {
            store.give_back(ACCOUNT.to_owned(), TOKEN).await.unwrap();
            return None;
        }
        Event::FoundAccepted => {
            let found = Found::Accepted;
            decide(Decision::Found { found, now: false }).await;
            return None;
        }
        Event::FoundNotSent | Event::FoundNotSentErased => {
            let found = Found::NotSent;
            decide(Decision::Found { found, now: true }).await;
            return None;
        }
        Event::Undo => {
            decide(Decision::Undo).await;
            return None;
        }
        Event::Cancel => {
            decide(Decision::Cancel).await;
            return None;
        }
        Event::SendAgain => {
            decide(Decision::SendAgain).await;
            return None;
        }
        Event::Replace => {
            let _ = fixture
                .outbox
                .insert(ACCOUNT, [chat(1, "other").key("key")])
                .await;
            return None;
        }
        Event::Prune => {
            store.prune(minutes(1)).await.unwrap();
            return None;
        }
        Event::Accepted => Kind::Accepted,
        Event::Refused => Kind::Refused,
        Event::NotSent => Kind::Invalid,
        Event::Retry => Kind::NotSent,
        Event::Throttled => Kind::Throttled,
        Event::Unauthorized => Kind::Unauthorized,
        Event::Unknown => Kind::Unknown,
    };
    let settled = Settled {
        id: id.0,
        token: TOKEN,
        verdict: Verdict::new(kind),
    };
    let turned = store.turn(turn(0, vec![settled])).await.unwrap();
    Some(turned.applied[0])
}

async fn position(fixture: &Fixture, id: RowId) -> Option<Position> {
    let sql = format!("SELECT state, decided_by, replaced_at FROM outbox_message WHERE id = {id}");
    let row = fixture.query(&sql).await.pop()?;
    Some(Position {
        state: row[0].as_deref()?.parse().unwrap(),
        decided: row[1].is_some(),
        replaced: row[2].is_some(),
    })
}

async fn the_store_does_what_the_table_says(fixture: Fixture) {
    for at in positions() {
        for event in Event::ALL {
            let outcome = apply(at, event);
            let lives = matches!(at.state, State::Queued | State::Sending);
            if event == Event::FoundNotSentErased && lives {
                // Such a row can't be made: what is live has its content.
                assert_eq!(outcome, Outcome::Rejected);
                continue;
            }
            fixture.execute("DELETE FROM outbox_message").await.unwrap();
            fixture.execute("DELETE FROM outbox_account").await.unwrap();
            let id = fixture.insert([chat(1, "text").key("key")]).await[0];
            place(&fixture, id, at, event).await;
            assert_eq!(position(&fixture, id).await, Some(at));

            let applied = happen(&fixture, id, event).await;

            let (expected, expected_applied) = match outcome {
                Outcome::To(to) => (Some(to), Applied::To(to.state)),
                Outcome::Already => (Some(at), Applied::Already),
                Outcome::Late => (Some(at), Applied::Late),
                Outcome::Rejected => (Some(at), Applied::Late),
                Outcome::Gone => (None, Applied::Late),
            };
            assert_eq!(position(&fixture, id).await, expected, "{at:?} {event:?}");
            assert_eq!(
                applied.unwrap_or(expected_applied),
                expected_applied,
                "{at:?} {event:?}"
            );
            let standing = fixture.outbox.standing(ACCOUNT).await.unwrap();
            let is_late = outcome == Outcome::Late && event != Event::GiveBack;
            assert_eq!(
                standing.late_verdicts,
                u64::from(is_late),
                "{at:?} {event:?}"
            );
        }
    }
}

async fn what_has_another_token_changes_nothing(fixture: Fixture) {
    for at in positions() {
        for kind in [
            Kind::Accepted,
            Kind::Refused,
            Kind::Throttled,
            Kind::Unauthorized,
            Kind::Invalid,
            Kind::NotSent,
            Kind::Unknown,
        ] {
            fixture.execute("DELETE FROM outbox_message").await.unwrap();
            let id = fixture.insert([chat(1, "text").key("key")]).await[0];
            place(&fixture, id, at, Event::Accepted).await;
            let settled = Settled {
                id: id.0,
                token: Token(TOKEN.0 + 1),
                verdict: Verdict::new(kind),
            };
            let turned = fixture.turn(0, vec![settled]).await;
            assert_eq!(turned.applied, [Applied::Late]);
            assert_eq!(position(&fixture, id).await, Some(at));
            let other = Token(TOKEN.0 + 1);
            let given = fixture.outbox.store.give_back(ACCOUNT.to_owned(), other);
            assert_eq!(given.await.unwrap(), 0);
            assert_eq!(position(&fixture, id).await, Some(at));
        }
    }
}

#[test]
fn nothing_that_may_have_been_sent_is_queued_but_by_a_verdict_or_a_person() {
    for at in positions() {
        for event in Event::ALL {
            let Outcome::To(to) = apply(at, event) else {
                continue;
            };
            let may_be_out = matches!(at.state, State::Sending | State::Unknown | State::Accepted);
            if may_be_out && to.state == State::Queued {
                let is_allowed = event.verdict().is_some() || event == Event::FoundNotSent;
                assert!(is_allowed, "{at:?} {event:?}");
            }
            if to.state == State::Sending {
                assert_eq!((at.state, event), (State::Queued, Event::Claim));
            }
        }
    }
}

#[test]
fn a_name_that_is_no_state_is_an_error() {
    let error = "sent".parse::<State>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "is no state of a message: queued, sending, accepted, refused, not_sent, unknown, cancelled"
    );
}

/// The table, as it is meant to be: for each position what each event does. What is left out is rejected, or late for a
/// verdict.
#[test]
fn the_table() {
    let mut table = String::new();
    for at in positions() {
        writeln!(table, "{}", name(at)).unwrap();
        for event in Event::ALL {
            let to = match apply(at, event) {
                Outcome::To(to) => name(to),
                Outcome::Already => "already".to_owned(),
                Outcome::Gone => "deleted".to_owned(),
                Outcome::Late => {
                    assert!(event.verdict().is_some());
                    continue;
                }
                Outcome::Rejected => {
                    assert!(event.verdict().is_none());
                    continue;
                }
            };
            writeln!(table, "  {event:?}: {to}").unwrap();
        }
    }
    assert_eq!(table, include_str!("table.txt"), "\n{table}");
}

fn name(at: Position) -> String {
    let mut name = at.state.to_string();
    for (is, word) in [(at.decided, "decided"), (at.replaced, "replaced")] {
        if is {
            name.push_str(", ");
            name.push_str(word);
        }
    }
    name
}
