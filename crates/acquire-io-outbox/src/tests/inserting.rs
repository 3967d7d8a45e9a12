//! Inserting: keys, digests, transactions of others, rows by hand.

use super::support::{ACCOUNT, Fixture, chat, minutes, on_each_store};
use crate::verdict::Kind;
use crate::{Found, State, sqlite};

on_each_store! {
    a_digest_says_nothing_without_the_outbox,
    the_same_message_under_the_same_key_is_inserted_once,
    another_message_under_a_key_is_an_error_also_after_erasure,
    one_call_with_a_key_twice,
    what_was_refused_is_replaced_under_its_key,
    what_is_unknown_is_not_replaced,
    invalid_entries_are_reported_all_at_once_and_nothing_is_inserted,
    inserts_by_hand_are_equal_to_those_of_the_library,
    what_was_replaced_and_turns_out_to_be_accepted_holds_no_key,
}

async fn the_same_message_under_the_same_key_is_inserted_once(fixture: Fixture) {
    let first = fixture
        .outbox
        .insert(ACCOUNT, [chat(1, "a").key("k")])
        .await
        .unwrap()[0];
    assert!(!first.existed);
    for _ in 0..2 {
        let again = fixture
            .outbox
            .insert(ACCOUNT, [chat(1, "a").key("k")])
            .await
            .unwrap()[0];
        assert!(again.existed);
        assert_eq!(again.id, first.id);
    }
    let other = fixture
        .outbox
        .insert("other", [chat(1, "a").key("k")])
        .await
        .unwrap()[0];
    assert!(!other.existed);
}

async fn another_message_under_a_key_is_an_error_also_after_erasure(fixture: Fixture) {
    let id = fixture.insert([chat(1, "a").key("k")]).await[0];
    let insert = async |text| {
        fixture
            .outbox
            .insert(ACCOUNT, [chat(2, "x").key("y"), chat(1, text).key("k")])
            .await
    };
    let error = insert("b").await.unwrap_err();
    assert_eq!(error.key_taken_by(), Some(id));
    assert_eq!(
        error.to_string(),
        format!(
            "nothing was inserted: the key of entry 2 belongs to message {id} (queued), which has other content; use another key"
        ),
    );
    assert!(fixture.outbox.get(ACCOUNT, "y").await.unwrap().is_none());
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Accepted).await;
    assert!(insert("b").await.unwrap_err().is_key_taken());
    let inserted = insert("a").await.unwrap();
    assert_eq!(
        (inserted[1].existed, inserted[1].state),
        (true, State::Accepted)
    );
    // Also by the statement for other programs: the digests are compared, since the content is erased.
    let by_statement = async |text| {
        let parameter = fixture.outbox.parameter(ACCOUNT, &[chat(1, text).key("k")]);
        fixture.by_statement(&parameter.unwrap()).await
    };
    assert!(by_statement("b").await.is_err());
    assert_eq!(by_statement("a").await, Ok(0));
}

async fn one_call_with_a_key_twice(fixture: Fixture) {
    let same = [chat(1, "a").key("k"), chat(1, "a").key("k")];
    let inserted = fixture.outbox.insert(ACCOUNT, same).await.unwrap();
    assert!(!inserted[0].existed && inserted[1].existed);
    let different = [chat(1, "a").key("l"), chat(1, "b").key("l")];
    let error = fixture.outbox.insert(ACCOUNT, different).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing was inserted: entries 1 and 2 have the same key and different content"
    );
}

async fn what_was_refused_is_replaced_under_its_key(fixture: Fixture) {
    let old = fixture.insert([chat(1, "a").key("k")]).await[0];
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Refused).await;
    let same = fixture
        .outbox
        .insert(ACCOUNT, [chat(1, "a").key("k")])
        .await
        .unwrap()[0];
    assert!(same.existed);
    let new = fixture
        .outbox
        .insert(ACCOUNT, [chat(1, "b").key("k")])
        .await
        .unwrap()[0];
    assert_eq!((new.replaces, new.existed), (Some(old), false));
    assert_eq!(
        fixture.outbox.get(ACCOUNT, "k").await.unwrap().unwrap().id,
        new.id
    );
    assert!(fixture.row(old).await.replaced);
    let error = fixture.outbox.retry(old, "ann").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("message {old} is refused: another message has taken its key")
    );
    assert_eq!(
        fixture.outbox.history(old).await.unwrap()[0].what,
        "replaced"
    );
}

async fn what_is_unknown_is_not_replaced(fixture: Fixture) {
    let id = fixture.insert([chat(1, "a").key("k")]).await[0];
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Unknown).await;
    let insert = async || {
        fixture
            .outbox
            .insert(ACCOUNT, [chat(1, "b").key("k")])
            .await
    };
    assert!(insert().await.unwrap_err().is_key_taken());
    fixture
        .outbox
        .resolve_now(id, Found::NotSent, "ann")
        .await
        .unwrap();
    assert!(insert().await.unwrap_err().is_key_taken());
    fixture.outbox.cancel(id, "ann").await.unwrap();
    assert_eq!(insert().await.unwrap()[0].replaces, Some(id));
    assert!(
        fixture
            .outbox
            .undo(id, "ann")
            .await
            .unwrap_err()
            .is_rejected()
    );
}

async fn invalid_entries_are_reported_all_at_once_and_nothing_is_inserted(fixture: Fixture) {
    let entries = [
        chat(1, "good"),
        chat(0, " ").key(""),
        chat(2, "good"),
        chat(3, "x").no_lane().strict(),
    ];
    let error = fixture.outbox.insert(ACCOUNT, entries).await.unwrap_err();
    assert!(error.is_invalid());
    let problems: Vec<_> = error
        .invalid_entries()
        .iter()
        .map(|(place, invalid)| {
            let problems = invalid.problems().iter();
            let fields: Vec<_> = problems.map(|problem| problem.field()).collect();
            (*place, fields)
        })
        .collect();
    assert_eq!(
        problems,
        [(1, vec!["key", "case", "text"]), (3, vec!["strict"])]
    );
    assert_eq!(
        fixture
            .outbox
            .standing(ACCOUNT)
            .await
            .unwrap()
            .count(State::Queued),
        0
    );
    assert!(fixture.outbox.insert("", [chat(1, "a")]).await.is_err());
}

#[tokio::test]
async fn inserts_in_a_transaction_of_a_service() {
    let fixture = Fixture::file().await;
    let mut service = fixture.raw();
    service
        .execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)", [])
        .unwrap();
    let later = fixture.now().plus(minutes(1));
    let entries = [
        chat(1, "a \u{1F600} \"quoted\"")
            .key("order-1")
            .source(["row", "1"]),
        chat(2, "b").no_lane().not_before(later),
    ];
    let parameter = fixture.outbox.parameter(ACCOUNT, &entries).unwrap();
    for commit in [false, true] {
        let tx = service.transaction().unwrap();
        tx.execute("INSERT INTO orders DEFAULT VALUES", []).unwrap();
        assert_eq!(tx.execute(sqlite::INSERT, [&parameter]).unwrap(), 2);
        if commit {
            tx.commit().unwrap();
        } else {
            tx.rollback().unwrap();
        }
        fixture.outbox.wake();
        assert_eq!(
            fixture
                .outbox
                .get(ACCOUNT, "order-1")
                .await
                .unwrap()
                .is_some(),
            commit
        );
    }
    let claimed = fixture.claim(64).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].message, *entries[0].message());
    let row = fixture.row(crate::RowId(claimed[0].id)).await;
    assert_eq!(
        (row.lane.as_deref(), row.source().unwrap().get()),
        (Some("case:1"), r#"["row","1"]"#)
    );

    // The same again does nothing for the one that has a key.
    assert_eq!(service.execute(sqlite::INSERT, [&parameter]).unwrap(), 1);
    let other = fixture
        .outbox
        .parameter(
            ACCOUNT,
            &[chat(9, "x").key("z"), chat(1, "other").key("order-1")],
        )
        .unwrap();
    let error = service.execute(sqlite::INSERT, [other]).unwrap_err();
    assert!(
        error.to_string().contains("another message has this key"),
        "{error}"
    );
    assert!(fixture.outbox.get(ACCOUNT, "z").await.unwrap().is_none());
}

async fn inserts_by_hand_are_equal_to_those_of_the_library(fixture: Fixture) {
    let by_hand = async |message: &str| {
        let sql = "INSERT INTO outbox_message (account, key, message) VALUES ('acme', 'k', '?')";
        fixture.execute(&sql.replace('?', message)).await
    };
    let inserted = by_hand(r#"{ "channel": "chat", "case": 28, "text": "Ready" }"#).await;
    assert_eq!(inserted, Ok(1));
    let row = fixture.outbox.get(ACCOUNT, "k").await.unwrap().unwrap();
    assert_eq!(
        (row.state, row.lane.as_deref()),
        (State::Queued, Some("case:28"))
    );
    // Its digest is made when it is first compared, so how its JSON was written doesn't matter.
    let again = fixture
        .outbox
        .insert(ACCOUNT, [chat(28, "Ready").key("k")])
        .await
        .unwrap()[0];
    assert!(again.existed);
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Accepted).await;
    assert!(
        fixture
            .outbox
            .insert(ACCOUNT, [chat(28, "Ready").key("k")])
            .await
            .unwrap()[0]
            .existed
    );
    assert!(
        fixture
            .outbox
            .insert(ACCOUNT, [chat(28, "Other").key("k")])
            .await
            .unwrap_err()
            .is_key_taken()
    );
    assert_eq!(by_hand("{}").await, Ok(0));
}

async fn a_digest_says_nothing_without_the_outbox(fixture: Fixture) {
    let digest = async |fixture: &Fixture| {
        fixture.insert([chat(1, "a").key("k")]).await;
        let sql = "SELECT digest FROM outbox_message";
        fixture.query_one(sql).await.unwrap()
    };
    let (one, other) = (
        digest(&fixture).await,
        digest(&fixture.another().await).await,
    );
    assert_eq!(one.len(), 64);
    assert_ne!(one, other);
}

/// It was replaced because a person was wrong, and holds the key no longer.
async fn what_was_replaced_and_turns_out_to_be_accepted_holds_no_key(fixture: Fixture) {
    let first = fixture.insert([chat(1, "a").key("k")]).await[0];
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Unknown).await;
    let resolved = fixture.outbox.resolve_now(first, Found::NotSent, "ann");
    resolved.await.unwrap();
    fixture.outbox.cancel(first, "ann").await.unwrap();
    let second = fixture.insert([chat(1, "b").key("k")]).await[0];
    fixture.settle(&claimed, Kind::Accepted).await;
    let row = fixture.row(first).await;
    assert_eq!((row.state, row.replaced), (State::Accepted, true));
    fixture.outbox.cancel(second, "ann").await.unwrap();
    let third = fixture.outbox.insert(ACCOUNT, [chat(1, "c").key("k")]);
    assert_eq!(third.await.unwrap()[0].replaces, Some(second));
}
