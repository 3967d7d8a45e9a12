//! Pauses, limits, holds: what keeps an account from sending.

use super::support::{ACCOUNT, Fixture, chat, minutes, on_each_store, seconds, settled};
use crate::store::Settled;
use crate::verdict::{Kind, Verdict};
use crate::{Rate, State};

on_each_store! {
    a_429_pauses_the_account_and_not_the_message,
    a_server_that_is_down_pauses_the_account_and_one_message_probes_it,
    a_401_returns_the_message_and_other_keys_go_on,
    people_pause_and_resume,
    a_pause_of_a_person_outlives_a_wait_of_the_server,
    a_hold_stops_all_accounts,
    a_limit_counts_for_all_workers_and_survives_them,
    a_standing_counts_what_is_there,
    an_outbox_refuses_another_target,
}

async fn a_429_pauses_the_account_and_not_the_message(fixture: Fixture) {
    let all = fixture.insert([chat(1, "a"), chat(2, "b")]).await;
    let claimed = fixture.claim_one().await;
    let verdict = Verdict {
        retry_after: Some(seconds(30)),
        ..Verdict::new(Kind::Throttled)
    };
    let verdict = Settled {
        verdict,
        ..settled(&claimed, Kind::Throttled)
    };
    let turned = fixture.turn(64, vec![verdict]).await;
    assert!(turned.claimed.is_empty());
    assert_eq!(turned.next, Some(fixture.now().plus(seconds(30))));
    assert_eq!(turned.paused.unwrap().why, "the server asks to wait (429)");
    let row = fixture.row(all[0]).await;
    assert_eq!((row.state, row.retry_at), (State::Queued, None));
    fixture
        .outbox
        .insert("other", [chat(3, "c")])
        .await
        .unwrap();
    let other = crate::store::Turn {
        account: "other".to_owned(),
        ..super::support::turn(1, Vec::new())
    };
    assert_eq!(
        fixture
            .outbox
            .store
            .turn(other)
            .await
            .unwrap()
            .claimed
            .len(),
        1
    );
    fixture.pass(seconds(30));
    assert_eq!(fixture.claim(64).await.len(), 2);
}

async fn a_server_that_is_down_pauses_the_account_and_one_message_probes_it(fixture: Fixture) {
    fixture
        .insert((1..=20).map(|case| chat(case, "text")))
        .await;
    let claimed = fixture.claim(10).await;
    let verdicts = claimed
        .iter()
        .map(|claimed| settled(claimed, Kind::NotSent))
        .collect();
    let turned = fixture.turn(10, verdicts).await;
    assert_eq!(
        turned.paused.unwrap().why,
        "5 attempts in a row sent nothing: the server can't be reached"
    );
    fixture.pass(seconds(5));
    let probe = fixture.claim(10).await;
    assert_eq!(probe.len(), 1);
    assert!(fixture.claim(10).await.is_empty(), "one at a time");
    fixture.settle(&probe[0], Kind::Accepted).await;
    assert_eq!(fixture.claim(10).await.len(), 10);
}

async fn a_401_returns_the_message_and_other_keys_go_on(fixture: Fixture) {
    let id = fixture.insert([chat(1, "a")]).await[0];
    let claimed = fixture.claim_one().await;
    fixture.settle(&claimed, Kind::Unauthorized).await;
    assert_eq!(fixture.state(id).await, State::Queued);
    assert_eq!(fixture.claim_one().await.id, id.0);
}

async fn people_pause_and_resume(fixture: Fixture) {
    fixture.insert([chat(1, "a"), chat(2, "b")]).await;
    fixture
        .outbox
        .pause(ACCOUNT, None, "wrong prices", "ann")
        .await
        .unwrap();
    let turned = fixture.turn(1, Vec::new()).await;
    assert!(turned.claimed.is_empty());
    assert_eq!((turned.next, turned.paused.unwrap().until), (None, None));
    let pause = fixture
        .outbox
        .standing(ACCOUNT)
        .await
        .unwrap()
        .paused
        .unwrap();
    assert_eq!(
        (pause.why.as_str(), pause.author.as_deref()),
        ("wrong prices", Some("ann"))
    );
    fixture.outbox.resume(ACCOUNT, "ben").await.unwrap();
    fixture.claim_one().await;

    let until = fixture.now().plus(minutes(10));
    let time = std::time::SystemTime::from(until);
    fixture
        .outbox
        .pause(ACCOUNT, time, "night", "ann")
        .await
        .unwrap();
    assert!(fixture.claim(1).await.is_empty());
    fixture.pass(minutes(10));
    fixture.claim_one().await;
    let history = fixture.outbox.account_history(ACCOUNT).await.unwrap();
    let what: Vec<_> = history.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(what, ["paused", "resumed", "paused"]);
}

async fn a_pause_of_a_person_outlives_a_wait_of_the_server(fixture: Fixture) {
    fixture.insert([chat(1, "a")]).await;
    let claimed = fixture.claim_one().await;
    fixture
        .outbox
        .pause(ACCOUNT, None, "wrong prices", "ann")
        .await
        .unwrap();
    fixture.settle(&claimed, Kind::Throttled).await;
    fixture.pass(minutes(60));
    assert!(fixture.claim(1).await.is_empty());
}

async fn a_hold_stops_all_accounts(fixture: Fixture) {
    fixture.insert([chat(1, "a")]).await;
    fixture
        .outbox
        .hold("restored from the backup", "ann")
        .await
        .unwrap();
    assert!(fixture.claim(1).await.is_empty());
    let standing = fixture.outbox.standing("any").await.unwrap();
    assert_eq!(standing.held.unwrap().author.as_deref(), Some("ann"));
    fixture.outbox.release("ann").await.unwrap();
    fixture.claim_one().await;
}

async fn a_limit_counts_for_all_workers_and_survives_them(fixture: Fixture) {
    fixture
        .insert((1..=20).map(|case| chat(case, "text")))
        .await;
    let rate = Rate::per_second(2.0).burst(3);
    fixture.outbox.limit(ACCOUNT, rate, "ann").await.unwrap();
    let turned = fixture.turn(64, Vec::new()).await;
    assert_eq!(turned.claimed.len(), 3);
    let other = fixture.open_again().await;
    let turned = other
        .store
        .turn(super::support::turn(64, Vec::new()))
        .await
        .unwrap();
    assert_eq!(turned.claimed.len(), 0);
    assert_eq!(
        turned.next,
        Some(fixture.now().plus(std::time::Duration::from_millis(500)))
    );
    fixture.pass(seconds(1));
    let turned = other
        .store
        .turn(super::support::turn(64, Vec::new()))
        .await
        .unwrap();
    assert_eq!(turned.claimed.len(), 2);
    fixture.outbox.limit(ACCOUNT, None, "ann").await.unwrap();
    assert_eq!(fixture.claim(64).await.len(), 15);
}

async fn a_standing_counts_what_is_there(fixture: Fixture) {
    let later = fixture.now().plus(minutes(5));
    let start = fixture.now();
    fixture
        .insert([
            chat(1, "a"),
            chat(2, "b"),
            chat(3, "c"),
            chat(4, "d").not_before(later),
        ])
        .await;
    let claimed = fixture.claim(2).await;
    fixture.settle(&claimed[0], Kind::Unknown).await;
    fixture.pass(seconds(10));
    fixture
        .outbox
        .store
        .heartbeat("w1".to_owned(), vec![ACCOUNT.to_owned()])
        .await
        .unwrap();
    let standing = fixture.outbox.standing(ACCOUNT).await.unwrap();
    let counts = [
        State::Queued,
        State::Sending,
        State::Unknown,
        State::Accepted,
    ];
    assert_eq!(counts.map(|state| standing.count(state)), [2, 1, 1, 0]);
    assert_eq!((standing.due, standing.workers), (1, 1));
    assert_eq!(standing.oldest_due, Some(start.into()));
    let heartbeat = async |accounts| {
        let store = &fixture.outbox.store;
        store.heartbeat("w1".to_owned(), accounts).await.unwrap();
    };
    heartbeat(Vec::new()).await;
    let workers = async || fixture.outbox.standing(ACCOUNT).await.unwrap().workers;
    assert_eq!(workers().await, 0);
    heartbeat(vec![ACCOUNT.to_owned()]).await;
    fixture.pass(seconds(59));
    assert_eq!(workers().await, 1);
    fixture.pass(seconds(1));
    assert_eq!(workers().await, 0);
}

async fn an_outbox_refuses_another_target(fixture: Fixture) {
    let target = async |to: &str| fixture.outbox.target(ACCOUNT, to).await;
    target("https://acme.acquire.io").await.unwrap();
    target("https://acme.acquire.io").await.unwrap();
    let error = target("http://127.0.0.1:4010").await.unwrap_err();
    assert!(error.is_other_target());
    assert!(
        error
            .to_string()
            .contains("https://acme.acquire.io, not to http://127.0.0.1:4010"),
        "{error}"
    );
    fixture
        .outbox
        .target("other", "http://127.0.0.1:4010")
        .await
        .unwrap();
}
