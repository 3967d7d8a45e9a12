//! What people decide: resolve, undo, cancel, retry, prune.

use super::support::{ACCOUNT, Fixture, LEASE, chat, ids, minutes, on_each_store, seconds};
use crate::store::Applied;
use crate::time::WIRE_TIME;
use crate::verdict::Kind;
use crate::{Found, RowId, State};

on_each_store! {
    resolving_as_not_sent_waits_until_nothing_can_arrive,
    a_person_who_knows_better_need_not_wait,
    an_unknown_verdict_starts_the_time_on_the_wire,
    a_decision_can_be_taken_back_until_the_message_is_claimed_again,
    a_late_accepted_settles_what_a_person_returned,
    a_late_accepted_settles_what_a_person_returned_and_cancelled,
    other_late_verdicts_change_nothing_that_a_person_decided,
    a_late_verdict_does_not_settle_what_was_claimed_again,
    cancel_and_retry,
    a_retried_message_has_all_its_tries_again,
    pruning_deletes_what_is_settled_and_erases_what_is_unknown,
    what_was_erased_is_not_queued_again_by_its_worker,
    pruning_deletes_the_old_events_of_accounts,
    many_messages_are_pruned_in_batches,
}

async fn unknown(fixture: &Fixture) -> (RowId, crate::store::Claimed) {
    let id = fixture.insert([chat(1, "text").key("key")]).await[0];
    let claimed = fixture.claim_one().await;
    fixture.pass(LEASE);
    (id, claimed)
}

async fn resolving_as_not_sent_waits_until_nothing_can_arrive(fixture: Fixture) {
    let (id, claimed) = unknown(&fixture).await;
    fixture.pass(WIRE_TIME - seconds(1));
    let error = fixture
        .outbox
        .resolve(id, Found::NotSent, "ann")
        .await
        .unwrap_err();
    assert!(error.is_too_early());
    let from = claimed.lease_until.plus(WIRE_TIME);
    assert_eq!(error.possible_from(), Some(from.into()));
    assert_eq!(
        error.to_string(),
        format!(
            "message {id} may still be delivered: it can be resolved as not sent from {} on",
            crate::time::to_text(from)
        ),
    );
    fixture.pass(seconds(1));
    assert_eq!(
        fixture
            .outbox
            .resolve(id, Found::NotSent, "ann")
            .await
            .unwrap(),
        State::Queued
    );
    assert_eq!(ids(&fixture.claim(1).await), [id]);
}

async fn a_person_who_knows_better_need_not_wait(fixture: Fixture) {
    let (id, _) = unknown(&fixture).await;
    let state = fixture
        .outbox
        .resolve_now(id, Found::NotSent, "ann")
        .await
        .unwrap();
    assert_eq!(state, State::Queued);
    let history = fixture.outbox.history(id).await.unwrap();
    assert_eq!(
        history[0].note.as_deref(),
        Some("not sent, decided without waiting")
    );
    assert_eq!(
        (history[0].what.as_str(), history[0].author.as_deref()),
        ("resolved", Some("ann"))
    );
}

async fn an_unknown_verdict_starts_the_time_on_the_wire(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text")]).await[0];
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Unknown).await;
    let error = fixture
        .outbox
        .resolve(id, Found::NotSent, "ann")
        .await
        .unwrap_err();
    assert_eq!(
        error.possible_from(),
        Some(fixture.now().plus(WIRE_TIME).into())
    );
}

async fn a_decision_can_be_taken_back_until_the_message_is_claimed_again(fixture: Fixture) {
    let (id, claimed) = unknown(&fixture).await;
    for found in [Found::NotSent, Found::Accepted] {
        fixture.outbox.resolve_now(id, found, "ann").await.unwrap();
        assert_eq!(fixture.row(id).await.decided_by.as_deref(), Some("ann"));
        assert_eq!(
            fixture.outbox.undo(id, "ben").await.unwrap(),
            State::Unknown
        );
    }
    // The wait is that of the claim, whatever was decided meanwhile.
    let error = fixture
        .outbox
        .resolve(id, Found::NotSent, "ann")
        .await
        .unwrap_err();
    assert_eq!(
        error.possible_from(),
        Some(claimed.lease_until.plus(WIRE_TIME).into())
    );
    fixture
        .outbox
        .resolve_now(id, Found::NotSent, "ann")
        .await
        .unwrap();
    fixture.claim_one().await;
    let error = fixture.outbox.undo(id, "ben").await.unwrap_err();
    assert!(error.is_rejected());
    let expected =
        format!("message {id} is sending: nobody has resolved it, or it was claimed since");
    assert_eq!(error.to_string(), expected);
}

async fn a_late_accepted_settles_what_a_person_returned(fixture: Fixture) {
    let (id, claimed) = unknown(&fixture).await;
    fixture
        .outbox
        .resolve_now(id, Found::NotSent, "ann")
        .await
        .unwrap();
    assert_eq!(
        fixture.settle(&claimed, Kind::Accepted).await,
        Applied::To(State::Accepted)
    );
    assert!(fixture.claim(1).await.is_empty());
    assert!(fixture.row(id).await.message().is_none());
}

async fn a_late_accepted_settles_what_a_person_returned_and_cancelled(fixture: Fixture) {
    let (id, claimed) = unknown(&fixture).await;
    fixture
        .outbox
        .resolve_now(id, Found::NotSent, "ann")
        .await
        .unwrap();
    fixture.outbox.cancel(id, "ann").await.unwrap();
    assert_eq!(
        fixture.settle(&claimed, Kind::Accepted).await,
        Applied::To(State::Accepted)
    );
}

async fn other_late_verdicts_change_nothing_that_a_person_decided(fixture: Fixture) {
    let (id, claimed) = unknown(&fixture).await;
    fixture
        .outbox
        .resolve(id, Found::Accepted, "ann")
        .await
        .unwrap();
    for kind in [Kind::NotSent, Kind::Refused, Kind::Unknown] {
        assert_eq!(fixture.settle(&claimed, kind).await, Applied::Late);
    }
    assert_eq!(fixture.state(id).await, State::Accepted);
    assert_eq!(
        fixture
            .outbox
            .standing(ACCOUNT)
            .await
            .unwrap()
            .late_verdicts,
        3
    );
}

async fn a_late_verdict_does_not_settle_what_was_claimed_again(fixture: Fixture) {
    let (id, old) = unknown(&fixture).await;
    fixture
        .outbox
        .resolve_now(id, Found::NotSent, "ann")
        .await
        .unwrap();
    fixture.claim_one().await;
    assert_eq!(fixture.settle(&old, Kind::Accepted).await, Applied::Late);
    assert_eq!(fixture.state(id).await, State::Sending);
}

async fn cancel_and_retry(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text")]).await[0];
    assert_eq!(
        fixture.outbox.cancel(id, "ann").await.unwrap(),
        State::Cancelled
    );
    assert!(fixture.claim(1).await.is_empty());
    assert_eq!(
        fixture.outbox.retry(id, "ann").await.unwrap(),
        State::Queued
    );
    let claimed = fixture.claim_one().await;
    let error = fixture.outbox.cancel(id, "ann").await.unwrap_err();
    assert!(error.is_rejected());
    fixture.settle(&claimed, Kind::Refused).await;
    assert_eq!(
        fixture.outbox.retry(id, "ann").await.unwrap(),
        State::Queued
    );
    assert!(
        fixture
            .outbox
            .retry(RowId(999), "ann")
            .await
            .unwrap_err()
            .is_not_found()
    );
}

async fn a_retried_message_has_all_its_tries_again(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text")]).await[0];
    let first = fixture.at(crate::time::Time(0));
    let sql = format!("UPDATE outbox_message SET failures = 19, first_claimed_at = {first}");
    fixture.execute(&sql).await.unwrap();
    let claimed = fixture.claim_one().await;
    assert_eq!(
        fixture.settle(&claimed, Kind::NotSent).await,
        Applied::To(State::NotSent)
    );
    fixture.outbox.retry(id, "ann").await.unwrap();
    let claimed = fixture.claim_one().await;
    assert_eq!(
        fixture.settle(&claimed, Kind::NotSent).await,
        Applied::To(State::Queued)
    );
}

async fn pruning_deletes_what_is_settled_and_erases_what_is_unknown(fixture: Fixture) {
    let all = fixture
        .insert((1..=5).map(|case| chat(case, "text").source("row")))
        .await;
    let claimed = fixture.claim(3).await;
    fixture.settle(&claimed[0], Kind::Accepted).await;
    fixture.settle(&claimed[1], Kind::Refused).await;
    fixture.settle(&claimed[2], Kind::Unknown).await;
    fixture.outbox.cancel(all[3], "ann").await.unwrap();
    fixture.pass(minutes(10));
    assert_eq!(fixture.outbox.prune(minutes(11)).await.unwrap(), 0);
    assert_eq!(
        fixture.row(all[2]).await.message_json(),
        Some(r#"{"channel":"chat","case":3,"text":"text"}"#)
    );
    assert_eq!(fixture.outbox.prune(minutes(9)).await.unwrap(), 3);
    for gone in [all[0], all[1], all[3]] {
        assert!(fixture.outbox.get_by_id(gone).await.unwrap().is_none());
        assert!(fixture.outbox.history(gone).await.unwrap().is_empty());
    }
    let row = fixture.row(all[2]).await;
    assert_eq!(row.state, State::Unknown);
    assert!(row.message().is_none() && row.source().is_none());
    assert!(fixture.row(all[4]).await.message().is_some());

    // It can't be sent again, so it ends.
    fixture.pass(WIRE_TIME);
    assert_eq!(
        fixture
            .outbox
            .resolve(all[2], Found::NotSent, "ann")
            .await
            .unwrap(),
        State::NotSent
    );
    assert!(
        fixture
            .outbox
            .retry(all[2], "ann")
            .await
            .unwrap_err()
            .is_rejected()
    );
}

async fn what_was_erased_is_not_queued_again_by_its_worker(fixture: Fixture) {
    let erased = async || {
        let id = fixture.insert([chat(1, "text")]).await[0];
        let claimed = fixture.claim_one().await;
        fixture.pass(LEASE);
        fixture.turn(0, Vec::new()).await;
        fixture.pass(minutes(2));
        fixture.outbox.prune(minutes(1)).await.unwrap();
        (id, claimed)
    };
    for kind in [Kind::NotSent, Kind::Throttled, Kind::Unauthorized] {
        let (_, claimed) = erased().await;
        assert_eq!(
            fixture.settle(&claimed, kind).await,
            Applied::To(State::NotSent),
            "{kind:?}"
        );
        fixture.outbox.resume(ACCOUNT, "ann").await.unwrap();
    }
    let (id, claimed) = erased().await;
    let store = &fixture.outbox.store;
    let given_back = store.give_back(ACCOUNT.to_owned(), claimed.token).await;
    assert_eq!(given_back.unwrap(), 1);
    let row = fixture.row(id).await;
    assert_eq!(
        (row.state, row.code.as_deref()),
        (State::NotSent, Some("erased"))
    );
}

async fn pruning_deletes_the_old_events_of_accounts(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text")]).await[0];
    fixture.outbox.cancel(id, "ann").await.unwrap();
    fixture.outbox.retry(id, "ann").await.unwrap();
    fixture.outbox.resume(ACCOUNT, "old").await.unwrap();
    fixture.pass(minutes(2));
    fixture.outbox.resume(ACCOUNT, "new").await.unwrap();
    fixture.outbox.prune(minutes(1)).await.unwrap();
    let history = fixture.outbox.account_history(ACCOUNT).await.unwrap();
    let what = history
        .iter()
        .map(|event| (event.what.as_str(), event.author.as_deref()));
    let expected = [("cancelled", "ann"), ("retried", "ann"), ("resumed", "new")];
    assert!(
        what.eq(expected.map(|(what, author)| (what, Some(author)))),
        "{history:?}"
    );
}

async fn many_messages_are_pruned_in_batches(fixture: Fixture) {
    fixture
        .insert((0..1201).map(|case| chat(case + 1, "text")))
        .await;
    let at = fixture.at(crate::time::Time(0));
    let sql =
        format!("UPDATE outbox_message SET state = 'refused', settled_at = {at}, settled_seq = id");
    fixture.execute(&sql).await.unwrap();
    assert_eq!(fixture.outbox.prune(minutes(1)).await.unwrap(), 1201);
}

#[tokio::test]
async fn erased_content_is_not_in_the_file_any_more() {
    let fixture = Fixture::file().await;
    fixture
        .insert([chat(1, "canary-4711").source("canary-4711")])
        .await;
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Accepted).await;
    fixture.outbox.clone().close().await.unwrap();
    let bytes = std::fs::read(fixture.path()).unwrap();
    assert!(!bytes.windows(11).any(|window| window == b"canary-4711"));
}
