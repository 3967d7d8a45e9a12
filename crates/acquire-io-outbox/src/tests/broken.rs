//! Connections to a database that break, at every statement of a turn and of those around it.

use std::collections::BTreeSet;

use super::support::{ACCOUNT, Fixture, chat, ids, settled, turn};
use crate::postgres::{fail_at, has_not_failed};
use crate::store::{Applied, Settled};
use crate::verdict::Kind;
use crate::{Found, RowId, State};

/// A turn that a worker repeats until it succeeds, as workers do. Returns what was claimed, and what the verdicts did at last.
async fn turn_until_done(fixture: &Fixture, settled: Vec<Settled>) -> (Vec<RowId>, Vec<Applied>) {
    let mut lost = Vec::new();
    loop {
        for token in lost.drain(..) {
            fixture
                .outbox
                .store
                .give_back(ACCOUNT.to_owned(), token)
                .await
                .unwrap();
        }
        let turn = turn(2, settled.clone());
        let token = turn.token;
        match fixture.outbox.store.turn(turn).await {
            Ok(turned) => return (ids(&turned.claimed), turned.applied),
            Err(_) => lost.push(token),
        }
    }
}

#[tokio::test]
async fn a_connection_that_ends_at_any_statement_of_a_turn_costs_nothing() {
    let Some(first) = Fixture::database().await else {
        return;
    };
    let mut number = 0;
    loop {
        let fixture = first.another().await;
        let rows = fixture.insert((1..=5).map(|case| chat(case, "text"))).await;
        let name = fixture.its_database().name();
        let begun = fixture.claim(2).await;
        // One of them is late.
        let settled = vec![
            settled(&begun[0], Kind::Accepted),
            settled(&begun[1], Kind::Throttled),
        ];
        fixture.settle(&begun[1], Kind::Refused).await;

        fail_at(name, number);
        let (claimed, applied) = turn_until_done(&fixture, settled).await;
        let was_the_last = has_not_failed(name);

        assert_eq!(claimed, rows[2..4], "{number}");
        assert!(
            matches!(applied[0], Applied::To(State::Accepted) | Applied::Already),
            "{number}: {applied:?}"
        );
        assert_eq!(applied[1], Applied::Late);
        for (row, state, attempts) in [
            (rows[0], State::Accepted, 1),
            (rows[1], State::Refused, 1),
            (rows[2], State::Sending, 1),
            (rows[3], State::Sending, 1),
            (rows[4], State::Queued, 0),
        ] {
            let row = fixture.row(row).await;
            assert_eq!((row.state, row.attempts), (state, attempts), "{number}");
        }
        if was_the_last {
            break;
        }
        number += 1;
    }
    // Otherwise it proves nothing.
    assert!(number >= 12, "{number}");
    println!("{number} places where the connection ended");
}

/// What else changes rows: all or nothing.
#[tokio::test]
async fn a_connection_that_ends_at_any_statement_of_a_decision_or_an_insert_leaves_all_or_nothing()
{
    let Some(first) = Fixture::database().await else {
        return;
    };
    let mut seen = BTreeSet::new();
    for number in 0.. {
        let fixture = first.another().await;
        let id = fixture.insert([chat(1, "text").key("a")]).await[0];
        let claimed = fixture.claim_one().await;
        fixture.settle(&claimed, Kind::Unknown).await;
        let name = fixture.its_database().name().to_owned();

        fail_at(&name, number);
        let decided = fixture.outbox.resolve_now(id, Found::NotSent, "ann").await;
        let is_over = has_not_failed(&name);
        let history = fixture.outbox.history(id).await.unwrap();
        let state = fixture.state(id).await;
        assert_eq!(state == State::Queued, history.len() == 1, "{number}");
        assert!(decided.is_err() || state == State::Queued);
        seen.insert((decided.is_ok(), state));

        fail_at(&name, number);
        let entries = [chat(2, "b").key("b"), chat(3, "c").key("c")];
        let inserted = fixture.outbox.insert(ACCOUNT, entries).await;
        let is_over = has_not_failed(&name) && is_over;
        let both = [
            fixture.outbox.get(ACCOUNT, "b").await,
            fixture.outbox.get(ACCOUNT, "c").await,
        ];
        let both = both.map(|row| row.unwrap().is_some());
        assert_eq!(both[0], both[1], "{number}");
        assert!(inserted.is_err() || both[0]);
        if is_over {
            break;
        }
    }
    // The answer to a commit was lost, too.
    let all = [
        (false, State::Queued),
        (false, State::Unknown),
        (true, State::Queued),
    ];
    assert!(seen.iter().eq(&all), "{seen:?}");
}

/// Whoever waits may be cancelled: the work is done all the same.
#[tokio::test]
async fn what_was_begun_is_done_when_nobody_waits() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let insert = fixture.outbox.insert(ACCOUNT, [chat(1, "text").key("k")]);
    {
        let mut insert = std::pin::pin!(insert);
        let waker = std::task::Waker::noop();
        let polled = insert
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker));
        assert!(polled.is_pending());
    }
    while fixture.outbox.get(ACCOUNT, "k").await.unwrap().is_none() {}
}
