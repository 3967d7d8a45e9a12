//! Transactions in a database that wait for one another.

use super::support::{ACCOUNT, Fixture, chat, connect, minutes, settled, turn};
use crate::State;
use crate::store::Applied;
use crate::verdict::Kind;

/// Returns when a transaction of the fixture's database waits for a lock.
async fn somebody_waits(fixture: &Fixture) {
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN
      (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    while fixture.query_one(waits).await.as_deref() == Some("0") {
        tokio::task::yield_now().await;
    }
}

/// A worker whose commit is under way when its connection breaks asks again before it has landed.
#[tokio::test]
async fn giving_back_waits_for_a_commit_that_is_under_way() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let id = fixture.insert([chat(1, "text")]).await[0];
    // Its row is there to be locked, as a worker's first call makes it.
    fixture.outbox.resume(ACCOUNT, "ann").await.unwrap();
    let other = connect(&fixture.its_database().address()).await;
    let token = turn(1, Vec::new()).token;
    let claim = format!(
        "BEGIN; SELECT FROM acquire_outbox.account WHERE account = 'acme' FOR UPDATE;
        UPDATE acquire_outbox.message SET state = 'sending', claim = {}, lease_until = 'infinity', attempt = 1",
        token.0
    );
    other.batch_execute(&claim).await.unwrap();
    let store = fixture.outbox.store.clone();
    let given = tokio::spawn(async move { store.give_back(ACCOUNT.to_owned(), token).await });
    somebody_waits(&fixture).await;
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(given.await.unwrap().unwrap(), 1);
    assert_eq!(fixture.state(id).await, State::Queued);
}

/// Each would wait for what the other one holds.
#[tokio::test]
async fn turns_that_meet_the_messages_of_a_new_account_do_not_lock_each_other_out() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    fixture.insert([chat(1, "text")]).await;
    let claimed = fixture.claim_one().await;
    let end = fixture.now().plus(minutes(1));
    let ends = chat(2, "text").not_after(end);
    fixture.outbox.insert("new", [ends]).await.unwrap();
    fixture.pass(minutes(2));
    // The turn of another worker, which has come to where it takes places in the order of what was settled.
    let other = connect(&fixture.its_database().address()).await;
    let add = "BEGIN; INSERT INTO acquire_outbox.account (account) VALUES ('new')";
    other.batch_execute(add).await.unwrap();
    let store = fixture.outbox.store.clone();
    let verdict = settled(&claimed, Kind::Accepted);
    let turned = tokio::spawn(async move { store.turn(turn(0, vec![verdict])).await });
    somebody_waits(&fixture).await;
    let take = "UPDATE acquire_outbox.meta SET settled = settled + 1; COMMIT";
    other.batch_execute(take).await.unwrap();
    let applied = turned.await.unwrap().unwrap().applied;
    assert_eq!(applied, [Applied::To(State::Accepted)]);
}
