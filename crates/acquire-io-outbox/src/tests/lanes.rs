//! Lanes: one message at a time, in order.

use super::support::{Fixture, LEASE, chat, ids, minutes, seconds};
use crate::time::WIRE_TIME;
use crate::verdict::Kind;
use crate::{Found, State};

#[tokio::test]
async fn a_case_gets_one_message_at_a_time_in_order() {
    let fixture = Fixture::new().await;
    let all = fixture
        .insert([
            chat(1, "a"),
            chat(1, "b"),
            chat(2, "c"),
            chat(1, "d").no_lane(),
        ])
        .await;
    let claimed = fixture.claim(64).await;
    assert_eq!(ids(&claimed), [all[0], all[2], all[3]]);
    fixture.settle(&claimed[0], Kind::Refused).await;
    assert_eq!(ids(&fixture.claim(64).await), [all[1]]);
}

#[tokio::test]
async fn lanes_may_be_named_and_are_of_one_account() {
    let fixture = Fixture::new().await;
    let all = fixture
        .insert([chat(1, "a").lane("x"), chat(2, "b").lane("x"), chat(2, "c")])
        .await;
    assert_eq!(ids(&fixture.claim(64).await), [all[0], all[2]]);
    fixture
        .outbox
        .insert("other", [chat(1, "d").lane("x")])
        .await
        .unwrap();
    let turn = crate::store::Turn {
        account: "other".to_owned(),
        ..super::support::turn(1, Vec::new())
    };
    assert_eq!(
        fixture.outbox.store.turn(turn).await.unwrap().claimed.len(),
        1
    );
}

#[tokio::test]
async fn a_message_that_is_tried_again_keeps_its_place() {
    let fixture = Fixture::new().await;
    let all = fixture.insert([chat(1, "a"), chat(1, "b")]).await;
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::NotSent).await;
    assert!(fixture.claim(64).await.is_empty());
    fixture.pass(seconds(1));
    assert_eq!(ids(&fixture.claim(64).await), [all[0]]);
}

#[tokio::test]
async fn a_scheduled_message_joins_its_lane_when_it_is_due() {
    let fixture = Fixture::new().await;
    let due_at = fixture.now().plus(minutes(1));
    let all = fixture
        .insert([chat(1, "a").not_before(due_at), chat(1, "b"), chat(1, "c")])
        .await;
    let claimed = fixture.claim(64).await;
    assert_eq!(ids(&claimed), [all[1]]);
    fixture.pass(minutes(1));
    assert!(fixture.claim(64).await.is_empty());
    fixture
        .outbox
        .store
        .give_back("acme".to_owned(), claimed[0].token)
        .await
        .unwrap();
    assert_eq!(ids(&fixture.claim(64).await), [all[0]]);
}

#[tokio::test]
async fn an_unknown_message_holds_its_lane_while_it_may_arrive() {
    let fixture = Fixture::new().await;
    let all = fixture.insert([chat(1, "a"), chat(1, "b")]).await;
    fixture.claim_one().await;
    fixture.pass(LEASE);
    let turned = fixture.turn(64, Vec::new()).await;
    assert_eq!(fixture.state(all[0]).await, State::Unknown);
    assert!(turned.claimed.is_empty());
    assert_eq!(turned.next, Some(fixture.now().plus(WIRE_TIME)));
    fixture.pass(WIRE_TIME);
    assert_eq!(ids(&fixture.claim(64).await), [all[1]]);
}

#[tokio::test]
async fn a_strict_message_holds_its_lane_until_a_person_decides() {
    let fixture = Fixture::new().await;
    let all = fixture.insert([chat(1, "a").strict(), chat(1, "b")]).await;
    fixture.claim_one().await;
    fixture.pass(LEASE + WIRE_TIME + minutes(60 * 24));
    assert!(fixture.claim(64).await.is_empty());
    fixture
        .outbox
        .resolve(all[0], Found::Accepted, "ann")
        .await
        .unwrap();
    assert_eq!(ids(&fixture.claim(64).await), [all[1]]);
}

#[tokio::test]
async fn a_message_that_a_person_returns_goes_before_the_rest_of_its_lane() {
    let fixture = Fixture::new().await;
    let all = fixture.insert([chat(1, "a").strict(), chat(1, "b")]).await;
    fixture.claim_one().await;
    fixture.pass(LEASE + WIRE_TIME);
    assert!(fixture.claim(64).await.is_empty());
    fixture
        .outbox
        .resolve(all[0], Found::NotSent, "ann")
        .await
        .unwrap();
    assert_eq!(ids(&fixture.claim(64).await), [all[0]]);
}

#[tokio::test]
async fn the_file_itself_refuses_two_of_a_lane_at_once() {
    let fixture = Fixture::new().await;
    let all = fixture.insert([chat(1, "a"), chat(1, "b")]).await;
    fixture.claim_one().await;
    let sql =
        "UPDATE outbox_message SET state = 'sending', claim = 1, lease_until = 1 WHERE id = ?1";
    let error = fixture.raw().execute(sql, [all[1].0]).unwrap_err();
    assert!(error.to_string().contains("UNIQUE"), "{error}");
}

#[tokio::test]
async fn a_lease_that_a_turn_leaves_for_the_next_one_holds_its_lane() {
    let fixture = Fixture::new().await;
    // One more than a turn ends.
    for text in ["a", "b"] {
        fixture
            .insert((1..=1001).map(|case| chat(case, text)))
            .await;
    }
    assert_eq!(fixture.claim(1001).await.len(), 1001);
    fixture.pass(LEASE + WIRE_TIME);
    let turned = fixture.turn(1001, Vec::new()).await;
    assert_eq!(turned.claimed.len(), 1000);
    assert!(turned.next.is_some_and(|next| next <= fixture.now()));
    assert_eq!(fixture.claim(1001).await.len(), 1);
}
