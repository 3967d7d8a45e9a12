//! Correcting what was not sent.

use super::support::{ACCOUNT, Fixture, chat, ids, on_each_store};
use crate::verdict::Kind;
use crate::{RowId, State};

on_each_store! {
    what_was_or_may_have_been_sent_stays_as_it_is,
    what_is_queued_keeps_its_place_in_its_lane,
    what_was_refused_or_cancelled_is_queued_again,
    a_key_of_another_message_is_not_taken,
    a_digest_recognises_a_message_that_was_erased,
}

fn texts(claimed: &[crate::store::Claimed]) -> Vec<String> {
    let texts = claimed.iter().map(|claimed| match &claimed.message {
        acquire_io::Message::Chat(chat) => chat.get_text().unwrap().to_owned(),
        _ => String::new(),
    });
    texts.collect()
}

async fn what_is_queued_keeps_its_place_in_its_lane(fixture: Fixture) {
    let first = fixture
        .insert([chat(1, "frist").key("a"), chat(1, "second").key("b")])
        .await[0];
    let right = chat(1, "first").key("a");
    let state = fixture.outbox.correct(first, ACCOUNT, right, "ann").await;
    assert_eq!(state.unwrap(), State::Queued);
    let claimed = fixture.claim(5).await;
    assert_eq!(texts(&claimed), ["first"]);
    fixture.settle(&claimed[0], Kind::Accepted).await;
    assert_eq!(texts(&fixture.claim(5).await), ["second"]);
    let history = fixture.outbox.history(first).await.unwrap();
    assert_eq!(
        (history[0].what.as_str(), history[0].author.as_deref()),
        ("corrected", Some("ann"))
    );
}

async fn what_was_refused_or_cancelled_is_queued_again(fixture: Fixture) {
    let rows = fixture
        .insert([chat(1, "a").key("a"), chat(2, "b").key("b")])
        .await;
    fixture.outbox.cancel(rows[1], "ann").await.unwrap();
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Refused).await;
    for (row, key) in rows.iter().zip(["a", "b"]) {
        let right = chat(3, "right").key(key).lane(key);
        let state = fixture.outbox.correct(*row, ACCOUNT, right, "ann").await;
        assert_eq!(state.unwrap(), State::Queued);
        let row = fixture.row(*row).await;
        assert_eq!((row.status, row.code, row.cause), (None, None, None));
        assert_eq!(row.lane.as_deref(), Some(key));
    }
    let claimed = fixture.claim(5).await;
    assert_eq!(ids(&claimed), rows);
    assert_eq!(texts(&claimed), ["right", "right"]);
}

async fn what_was_or_may_have_been_sent_stays_as_it_is(first: Fixture) {
    for kind in [Kind::Accepted, Kind::Unknown] {
        let fixture = first.another().await;
        let id = fixture.insert([chat(1, "text").key("a")]).await[0];
        let claimed = fixture.claim_one().await;
        let right = || chat(1, "right").key("a");
        let correct = || fixture.outbox.correct(id, ACCOUNT, right(), "ann");
        assert!(correct().await.unwrap_err().is_rejected());
        fixture.settle(&claimed, kind).await;
        let before = fixture.row(id).await;
        assert!(correct().await.unwrap_err().is_rejected());
        let after = fixture.row(id).await;
        assert_eq!(
            (before.state, before.digest()),
            (after.state, after.digest())
        );
        assert!(fixture.outbox.history(id).await.unwrap().is_empty());
    }
}

async fn a_key_of_another_message_is_not_taken(fixture: Fixture) {
    let rows = fixture
        .insert([chat(1, "a").key("a"), chat(2, "b").key("b")])
        .await;
    let entry = chat(1, "right").key("b");
    let error = fixture.outbox.correct(rows[0], ACCOUNT, entry, "ann").await;
    assert_eq!(error.unwrap_err().key_taken_by(), Some(rows[1]));
    // A new one can be had.
    let entry = chat(1, "right").key("c");
    let state = fixture.outbox.correct(rows[0], ACCOUNT, entry, "ann").await;
    assert_eq!(state.unwrap(), State::Queued);
    assert!(fixture.outbox.get(ACCOUNT, "a").await.unwrap().is_none());
    let other = fixture
        .outbox
        .correct(rows[0], "globex", chat(1, "x"), "ann")
        .await;
    assert!(other.unwrap_err().is_rejected());
    let none = fixture
        .outbox
        .correct(RowId(99), ACCOUNT, chat(1, "x"), "ann")
        .await;
    assert!(none.unwrap_err().is_not_found());
}

async fn a_digest_recognises_a_message_that_was_erased(fixture: Fixture) {
    let id = fixture.insert([chat(1, "text").key("a")]).await[0];
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Accepted).await;
    let row = fixture.row(id).await;
    assert!(row.message().is_none());
    let digest = |text| fixture.outbox.digest(chat(1, text).message());
    assert_eq!(row.digest(), Some(digest("text")));
    assert_ne!(row.digest(), Some(digest("other")));
}
