//! Turns: claims, verdicts, leases, times.

use super::support::{
    ACCOUNT, Fixture, LEASE, chat, ids, minutes, on_each_store, seconds, settled,
};
use crate::store::{Applied, Settled};
use crate::verdict::{Kind, Verdict};
use crate::{Filter, Priority, State};

on_each_store! {
    a_message_is_claimed_sent_and_erased,
    an_idle_turn_writes_nothing,
    a_turn_returns_what_it_ended_itself,
    urgent_goes_before_normal_before_bulk_and_older_before_newer,
    a_scheduled_message_is_not_starved_by_older_ones,
    a_message_waits_for_its_time_and_the_turn_says_until_when,
    the_next_turn_is_not_now_for_a_message_whose_lane_is_busy,
    a_message_that_is_too_late_is_not_sent,
    a_clock_that_was_ahead_holds_nothing_back,
    lists_by_state_account_and_page,
    a_row_that_is_no_message_ends_before_the_wire_and_blocks_nothing,
}

async fn a_message_is_claimed_sent_and_erased(fixture: Fixture) {
    let id = fixture
        .insert([chat(1, "Ready").key("order-17").source("row 3")])
        .await[0];
    let claimed = fixture.claim_one().await;
    assert_eq!(
        (claimed.id, claimed.attempt, claimed.key.as_deref()),
        (id.0, 1, Some("order-17"))
    );
    assert_eq!(claimed.message, *chat(1, "Ready").message());
    assert_eq!(claimed.lease_until, fixture.now().plus(LEASE));
    let row = fixture.row(id).await;
    assert_eq!(
        (row.state, row.claimed_at),
        (State::Sending, Some(fixture.now().into()))
    );
    let sql = "SELECT worker FROM outbox_message";
    assert_eq!(fixture.query_one(sql).await.as_deref(), Some("test"));
    assert!(fixture.claim(64).await.is_empty());

    let verdict = Verdict {
        status: Some(200),
        message_id: Some(99),
        ..Verdict::new(Kind::Accepted)
    };
    let verdict = Settled {
        verdict,
        ..settled(&claimed, Kind::Accepted)
    };
    let turned = fixture.turn(0, vec![verdict]).await;
    assert_eq!(turned.applied, [Applied::To(State::Accepted)]);
    let row = fixture
        .outbox
        .get(ACCOUNT, "order-17")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.state, row.status, row.attempts),
        (State::Accepted, Some(200), 1)
    );
    assert_eq!(row.message_id.map(|id| id.0), Some(99));
    assert!(row.message().is_none() && row.source().is_none());
}

/// So that many workers can poll one outbox.
async fn an_idle_turn_writes_nothing(fixture: Fixture) {
    fixture.insert([chat(1, "a")]).await;
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Accepted).await;
    let raw = fixture.is_file().then(|| fixture.raw());
    // Changes when another connection has written to the file, or has locked the account.
    let version = async || match &raw {
        Some(raw) => raw
            .query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0))
            .unwrap()
            .to_string(),
        None => fixture
            .query_one("SELECT (xmin, xmax, ctid)::text FROM outbox_account")
            .await
            .unwrap(),
    };
    let before = version().await;
    fixture.turn(8, Vec::new()).await;
    assert_eq!(version().await, before);

    fixture.insert([chat(1, "b")]).await;
    fixture.turn(8, Vec::new()).await;
    assert_ne!(version().await, before);
}

async fn a_turn_returns_what_it_ended_itself(fixture: Fixture) {
    let soon = fixture.now().plus(seconds(10));
    let late = fixture
        .insert([chat(1, "a").not_after(soon).key("late")])
        .await[0];
    let sending = fixture.insert([chat(2, "b").key("sending")]).await[0];
    let turned = fixture.turn(1, Vec::new()).await;
    assert_eq!(ids(&turned.claimed), [late]);
    assert!(turned.ended.is_empty());
    fixture.settle(&turned.claimed[0], Kind::Throttled).await;
    fixture.outbox.resume(ACCOUNT, "ann").await.unwrap();
    let claimed = fixture.claim(8).await;
    assert_eq!(ids(&claimed), [late, sending]);
    fixture.settle(&claimed[0], Kind::Throttled).await;
    // A row that another program inserted.
    let invalid =
        "INSERT INTO outbox_message (account, message) VALUES ('acme', '{}'), ('other', '{}')";
    fixture.execute(invalid).await.unwrap();
    fixture.outbox.resume(ACCOUNT, "ann").await.unwrap();

    fixture.pass(LEASE);
    let ended = fixture.turn(8, Vec::new()).await.ended;
    let ended: Vec<_> = ended
        .iter()
        .map(|ended| (ended.key.as_deref(), ended.state, ended.code.as_deref()))
        .collect();
    assert_eq!(
        ended,
        [
            (Some("sending"), State::Unknown, Some("lease_over")),
            (Some("late"), State::NotSent, Some("expired")),
            (None, State::NotSent, Some("input")),
        ]
    );
}

async fn urgent_goes_before_normal_before_bulk_and_older_before_newer(fixture: Fixture) {
    let all = fixture
        .insert([
            chat(1, "a").priority(Priority::Bulk),
            chat(2, "b"),
            chat(3, "c").priority(Priority::Urgent),
            chat(4, "d"),
            chat(5, "e").priority(Priority::Urgent),
        ])
        .await;
    let order = [all[2], all[4], all[1], all[3], all[0]];
    assert_eq!(ids(&fixture.claim(3).await), order[..3]);
    assert_eq!(ids(&fixture.claim(3).await), order[3..]);
}

async fn a_scheduled_message_is_not_starved_by_older_ones(fixture: Fixture) {
    let due_at = fixture.now().plus(seconds(60));
    let scheduled = fixture
        .insert([chat(1, "reminder").not_before(due_at)])
        .await;
    let first = fixture.insert([chat(2, "a")]).await;
    fixture.pass(seconds(61));
    let last = fixture.insert([chat(3, "b")]).await;
    let order: Vec<_> = [first, scheduled, last].concat();
    assert_eq!(ids(&fixture.claim(3).await), order);
}

async fn a_message_waits_for_its_time_and_the_turn_says_until_when(fixture: Fixture) {
    let due_at = fixture.now().plus(minutes(5));
    let id = fixture.insert([chat(1, "later").not_before(due_at)]).await[0];
    let turned = fixture.turn(1, Vec::new()).await;
    assert!(turned.claimed.is_empty());
    assert_eq!(turned.next, Some(due_at));
    fixture.pass(minutes(5));
    assert_eq!(ids(&fixture.claim(1).await), [id]);
}

/// A worker would look again and again.
async fn the_next_turn_is_not_now_for_a_message_whose_lane_is_busy(fixture: Fixture) {
    let due_at = fixture.now().plus(seconds(10));
    fixture
        .insert([chat(1, "first"), chat(1, "later").not_before(due_at)])
        .await;
    let claimed = fixture.claim_one().await;
    fixture.pass(seconds(10));
    let turned = fixture.turn(1, Vec::new()).await;
    assert!(turned.claimed.is_empty());
    assert_eq!(turned.next, Some(claimed.lease_until));
}

async fn a_message_that_is_too_late_is_not_sent(fixture: Fixture) {
    let end = fixture.now().plus(seconds(10));
    let id = fixture.insert([chat(1, "soon").not_after(end)]).await[0];
    fixture.pass(seconds(10));
    assert!(fixture.claim(1).await.is_empty());
    let row = fixture.row(id).await;
    assert_eq!(
        (row.state, row.code.as_deref()),
        (State::NotSent, Some("expired"))
    );
}

async fn a_clock_that_was_ahead_holds_nothing_back(fixture: Fixture) {
    fixture.pass(minutes(60 * 24 * 365));
    let id = fixture.insert([chat(1, "from the future")]).await[0];
    fixture.go_back(minutes(60 * 24 * 365));
    assert_eq!(ids(&fixture.claim(1).await), [id]);
}

async fn lists_by_state_account_and_page(fixture: Fixture) {
    let all = fixture.insert((1..=5).map(|case| chat(case, "text"))).await;
    fixture
        .outbox
        .insert("other", [chat(1, "text")])
        .await
        .unwrap();
    let claimed = fixture.claim(2).await;
    fixture.settle(&claimed[1], Kind::Unknown).await;
    let list = async |filter| {
        let rows = fixture.outbox.list(filter).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(list(Filter::unknown()).await, [all[1]]);
    assert_eq!(
        list(Filter::state(State::Queued).account(ACCOUNT)).await,
        all[2..]
    );
    assert_eq!(
        list(Filter::all().account(ACCOUNT).after(all[1]).limit(2)).await,
        all[2..4]
    );
    assert_eq!(list(Filter::all().lane("case:4")).await, [all[3]]);
    assert_eq!(fixture.outbox.accounts().await.unwrap(), [ACCOUNT, "other"]);
}

async fn a_row_that_is_no_message_ends_before_the_wire_and_blocks_nothing(fixture: Fixture) {
    fixture.insert([chat(9, "text")]).await;
    fixture.claim_one().await;
    let insert = async |json: &str| {
        let sql = "INSERT INTO outbox_message (account, message) VALUES ('acme', '?') RETURNING id";
        let id = fixture.query_one(&sql.replace('?', json)).await;
        crate::RowId(id.unwrap().parse().unwrap())
    };
    // A database takes nothing else than JSON.
    let no_object = if fixture.is_file() { "no JSON" } else { "[]" };
    let invalid = [
        insert(no_object).await,
        insert(r#"{"channel":"chat","case":1}"#).await,
        insert(r#"{"channel":"chat","case":1,"text":7}"#).await,
        insert(r#"{"channel":"pigeon","case":1,"text":"hi"}"#).await,
    ];
    let newer = insert(r#"{"channel":"chat","case":2,"text":"hi","colour":"red"}"#).await;
    let behind = insert(r#"{"channel":"chat","case":2,"text":"second"}"#).await;
    let good = insert(r#"{"channel":"chat","case":1,"text":"hi"}"#).await;

    assert_eq!(ids(&fixture.claim(1).await), [good]);

    for id in invalid {
        let row = fixture.row(id).await;
        assert_eq!(
            (row.state, row.code.as_deref(), row.attempts),
            (State::NotSent, Some("input"), 0)
        );
    }
    assert!(
        fixture
            .row(invalid[2])
            .await
            .cause
            .unwrap()
            .contains("`text`")
    );
    let row = fixture.row(newer).await;
    assert_eq!(
        (row.state, row.code.as_deref()),
        (State::Queued, Some("worker_too_old"))
    );
    assert_eq!(
        row.cause.as_deref(),
        Some("`colour` is not a field of a chat message")
    );
    assert_eq!(fixture.outbox.standing(ACCOUNT).await.unwrap().too_new, 1);
    // The order of its lane is kept, and it is looked at again.
    assert_eq!(fixture.state(behind).await, State::Queued);
    assert!(row.retry_at.is_some());
    fixture.outbox.cancel(newer, "ann").await.unwrap();
    assert_eq!(fixture.outbox.standing(ACCOUNT).await.unwrap().too_new, 0);
}
