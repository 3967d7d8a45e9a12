//! Lanes: one message at a time, in order.

use super::support::{Fixture, LEASE, chat, ids, minutes, on_each_store, seconds};
use crate::time::WIRE_TIME;
use crate::verdict::Kind;
use crate::{Found, State};

on_each_store! {
    a_case_gets_one_message_at_a_time_in_order,
    lanes_may_be_named_and_are_of_one_account,
    a_message_that_is_tried_again_keeps_its_place,
    a_scheduled_message_joins_its_lane_when_it_is_due,
    an_unknown_message_holds_its_lane_while_it_may_arrive,
    a_strict_message_holds_its_lane_until_a_person_decides,
    a_message_that_a_person_returns_goes_before_the_rest_of_its_lane,
    the_table_itself_refuses_two_of_a_lane_at_once,
    a_lease_that_a_turn_leaves_for_the_next_one_holds_its_lane,
}

async fn a_case_gets_one_message_at_a_time_in_order(fixture: Fixture) {
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

async fn lanes_may_be_named_and_are_of_one_account(fixture: Fixture) {
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

async fn a_message_that_is_tried_again_keeps_its_place(fixture: Fixture) {
    let all = fixture.insert([chat(1, "a"), chat(1, "b")]).await;
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::NotSent).await;
    assert!(fixture.claim(64).await.is_empty());
    fixture.pass(seconds(1));
    assert_eq!(ids(&fixture.claim(64).await), [all[0]]);
}

async fn a_scheduled_message_joins_its_lane_when_it_is_due(fixture: Fixture) {
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

async fn an_unknown_message_holds_its_lane_while_it_may_arrive(fixture: Fixture) {
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

async fn a_strict_message_holds_its_lane_until_a_person_decides(fixture: Fixture) {
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

async fn a_message_that_a_person_returns_goes_before_the_rest_of_its_lane(fixture: Fixture) {
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

async fn the_table_itself_refuses_two_of_a_lane_at_once(fixture: Fixture) {
    let all = fixture.insert([chat(1, "a"), chat(1, "b")]).await;
    fixture.claim_one().await;
    let (lease, id) = (fixture.at(fixture.now()), all[1]);
    let sql = format!(
        "UPDATE outbox_message SET state = 'sending', claim = 1, lease_until = {lease} WHERE id = {id}"
    );
    let error = fixture.execute(&sql).await.unwrap_err();
    let says = ["UNIQUE", "message_one_of_a_lane"][usize::from(!fixture.is_file())];
    assert!(error.contains(says), "{error}");
}

async fn a_lease_that_a_turn_leaves_for_the_next_one_holds_its_lane(fixture: Fixture) {
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
