//! What becomes of a claim: verdicts, also late and repeated ones, leases that end, claims that are given back.

use super::support::{ACCOUNT, Fixture, LEASE, chat, minutes, on_each_store, settled, turn};
use crate::store::{Applied, Settled};
use crate::verdict::{Kind, Verdict};
use crate::{Cursor, State};

on_each_store! {
    a_lease_that_ends_makes_unknown_and_its_worker_may_still_report,
    a_message_that_was_not_sent_is_tried_again_later_and_not_for_ever,
    a_verdict_that_is_repeated_counts_once,
    a_late_verdict_of_an_old_claim_is_recorded_and_changes_nothing,
    a_worker_gives_back_what_it_never_learned_that_it_claimed,
    a_follower_sees_every_outcome_in_order,
}

async fn a_lease_that_ends_makes_unknown_and_its_worker_may_still_report(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text")]).await[0];
    let claimed = fixture.claim_one().await;
    assert_eq!(
        fixture.turn(1, Vec::new()).await.next,
        Some(claimed.lease_until)
    );
    fixture.pass(LEASE);
    assert!(fixture.claim(1).await.is_empty());
    let row = fixture.row(id).await;
    assert_eq!(
        (row.state, row.code.as_deref()),
        (State::Unknown, Some("lease_over"))
    );
    assert_eq!(
        fixture.settle(&claimed, Kind::Accepted).await,
        Applied::To(State::Accepted)
    );
}

async fn a_message_that_was_not_sent_is_tried_again_later_and_not_for_ever(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text")]).await[0];
    for attempt in 1.. {
        let claimed = fixture.claim_one().await;
        assert_eq!(claimed.attempt, attempt);
        // A rejected worker that began too late says nothing about the server, so the account doesn't wait.
        let verdict = Verdict {
            code: Some("too_late".to_owned()),
            ..Verdict::new(Kind::NotSent)
        };
        let verdict = Settled {
            verdict,
            ..settled(&claimed, Kind::NotSent)
        };
        let turned = fixture.turn(1, vec![verdict]).await;
        assert!(turned.claimed.is_empty());
        if turned.applied == [Applied::To(State::NotSent)] {
            assert_eq!(attempt, 20);
            break;
        }
        assert_eq!(turned.applied, [Applied::To(State::Queued)]);
        let retry_at = turned.next.unwrap();
        assert_eq!(fixture.row(id).await.retry_at, Some(retry_at.into()));
        fixture.pass(retry_at.since(fixture.now()));
    }
    assert_eq!(fixture.state(id).await, State::NotSent);
}

async fn a_verdict_that_is_repeated_counts_once(fixture: Fixture) {
    fixture.insert([chat(1, "a"), chat(2, "b")]).await;
    let claimed = fixture.claim(2).await;
    for kind in [Kind::Accepted, Kind::Throttled] {
        let claimed = &claimed[usize::from(kind != Kind::Accepted)];
        assert!(matches!(
            fixture.settle(claimed, kind).await,
            Applied::To(_)
        ));
        assert_eq!(fixture.settle(claimed, kind).await, Applied::Already);
    }
    assert_eq!(
        fixture
            .outbox
            .standing(ACCOUNT)
            .await
            .unwrap()
            .late_verdicts,
        0
    );
}

async fn a_late_verdict_of_an_old_claim_is_recorded_and_changes_nothing(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text")]).await[0];
    let old = fixture.claim_one().await;
    fixture.settle(&old, Kind::Throttled).await;
    fixture.pass(minutes(1));
    let new = fixture.claim_one().await;
    assert_eq!(fixture.settle(&old, Kind::Accepted).await, Applied::Late);
    assert_eq!(fixture.state(id).await, State::Sending);
    let history = fixture.outbox.history(id).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(
        (history[0].what.as_str(), history[0].note.as_deref()),
        ("late_verdict", Some("accepted"))
    );
    assert_eq!(
        fixture.settle(&new, Kind::Accepted).await,
        Applied::To(State::Accepted)
    );
}

async fn a_worker_gives_back_what_it_never_learned_that_it_claimed(fixture: Fixture) {
    let all = fixture
        .insert([chat(1, "a"), chat(2, "b"), chat(3, "c")])
        .await;
    let settled_one = fixture.claim_one().await;
    fixture.settle(&settled_one, Kind::Accepted).await;
    let lost = turn(1, Vec::new());
    let token = lost.token;
    fixture.outbox.store.turn(lost).await.unwrap();
    let others = fixture.claim_one().await;

    assert_eq!(
        fixture
            .outbox
            .store
            .give_back(ACCOUNT.to_owned(), token)
            .await
            .unwrap(),
        1
    );

    assert_eq!(fixture.state(all[0]).await, State::Accepted);
    let row = fixture.row(all[1]).await;
    assert_eq!((row.state, row.attempts), (State::Queued, 0));
    assert_eq!(fixture.state(all[2]).await, State::Sending);
    assert_eq!(others.id, all[2].0);
}

async fn a_follower_sees_every_outcome_in_order(fixture: Fixture) {
    let all = fixture
        .insert([chat(1, "a"), chat(2, "b"), chat(3, "c")])
        .await;
    let claimed = fixture.claim(3).await;
    fixture.settle(&claimed[1], Kind::Refused).await;
    fixture.settle(&claimed[0], Kind::Unknown).await;
    let (rows, cursor) = fixture
        .outbox
        .settled_after(Cursor::default())
        .await
        .unwrap();
    let seen: Vec<_> = rows.iter().map(|row| (row.id, row.state)).collect();
    assert_eq!(seen, [(all[1], State::Refused), (all[0], State::Unknown)]);

    fixture.settle(&claimed[0], Kind::Accepted).await;
    fixture.settle(&claimed[2], Kind::Accepted).await;
    let cursor = cursor.to_string().parse().unwrap();
    let (rows, cursor) = fixture.outbox.settled_after(cursor).await.unwrap();
    let seen: Vec<_> = rows.iter().map(|row| (row.id, row.state)).collect();
    assert_eq!(seen, [(all[0], State::Accepted), (all[2], State::Accepted)]);
    assert_eq!(
        fixture.outbox.settled_after(cursor).await.unwrap().0.len(),
        0
    );
}
