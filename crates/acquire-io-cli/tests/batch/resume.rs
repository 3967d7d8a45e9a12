//! What a run with an earlier run's journal sends.

use serde_json::json;

use crate::support::{Place, once, row, rows};

#[tokio::test]
async fn nothing_that_was_accepted() {
    let place = Place::new().await;
    place.write("rows", rows(3));
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    let journal = place.read("journal");
    let again = place.run("batch --journal journal rows").await;
    again.assert_code(0);
    assert_eq!((again.stdout.as_str(), place.texts().len()), ("", 3));
    assert_eq!(
        again.stderr,
        "3 rows: 3 accepted (3 in earlier runs, not sent again), 0 refused, 0 not sent, 0 unknown\n"
    );
    assert_eq!(place.read("journal"), journal);
}

#[tokio::test]
async fn nothing_that_was_refused_unless_told_to() {
    let refuse =
        json!({"match": {"case": 9}, "limit": 1, "action": {"type": "answer", "status": 400}});
    let place = Place::failing([refuse]).await;
    place.write(
        "rows",
        [row(28, "k1"), row(9, "k2"), row(27, "k3")].concat(),
    );
    let first = place.run("batch --journal journal rows").await;
    first.assert_code(4);
    assert_eq!(first.lines(), [1, 2, 3]);
    let second = place.run("batch --journal journal rows").await;
    second.assert_code(4);
    assert_eq!(second.stdout, "");
    let third = place
        .run("batch --journal journal --retry-refused rows")
        .await;
    third.assert_code(4);
    assert_eq!(third.lines(), [2, 3]);
    assert_eq!(place.accepted(), once(2));
}

#[tokio::test]
async fn what_was_refused_as_too_much() {
    let refuse = json!({"limit": 1, "action": {"type": "answer", "status": 429}});
    let place = Place::failing([refuse]).await;
    place.write("rows", rows(2));
    place
        .run("batch --journal journal --concurrency 1 rows")
        .await
        .assert_code(4);
    let again = place.run("batch --journal journal rows").await;
    again.assert_code(0);
    assert_eq!(again.lines(), [1]);
    assert_eq!(place.accepted(), once(2));
}

#[tokio::test]
async fn nothing_of_unknown_fate() {
    // Both look the same from outside: one was accepted, the other wasn't.
    let reset = |case, stage| json!({"match": case, "action": {"type": "break", "stage": stage, "how": "reset"}});
    let place = Place::failing([
        reset(json!({"case": 9}), "received"),
        json!({"match": {"case": 2069}, "action": {"type": "answer", "status": 502}}),
    ])
    .await;
    place.write(
        "rows",
        [row(9, "k1"), row(2069, "k2"), row(28, "k3")].concat(),
    );
    let first = place.run("batch --journal journal rows").await;
    first.assert_code(6);
    place.set_faults([]);
    let second = place
        .run("batch --journal journal --retry-refused rows")
        .await;
    second.assert_code(6);
    assert_eq!(second.stdout, "");
    for ended in [first, second] {
        assert!(
            ended.stderr.contains("\nunknown: line 1, 2\n"),
            "{}",
            ended.stderr
        );
    }
    let states = ["unknown", "unknown", "accepted"].map(str::to_owned);
    assert!(place.journal("journal").await.into_values().eq(states));
    assert_eq!(place.texts().len(), 3);
}

#[tokio::test]
async fn of_a_changed_input_nothing() {
    let place = Place::new().await;
    place.write("rows", rows(2));
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    let journal = place.read("journal");
    place.write("rows", rows(3));
    let ended = place.run("batch --journal journal rows").await;
    ended.assert_refused(
        "acquire: journal journal: it belongs to another input, or the input was changed",
    );
    assert_eq!(place.read("journal"), journal);
    assert_eq!(place.texts().len(), 2);
}

#[tokio::test]
async fn to_another_target_nothing() {
    let (place, other) = (Place::new().await, Place::new().await);
    place.write("rows", rows(2));
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    let journal = place.read("journal");
    let mut command = place.acquire("batch --journal journal rows");
    let ended =
        crate::support::ended(command.env("ACQUIRE_BASE_URL", other.sandbox.base_url())).await;
    ended.assert_refused("acquire: journal journal: it belongs to http://127.0.0.1:");
    assert_eq!(place.read("journal"), journal);
    assert!(other.texts().is_empty());
}

#[tokio::test]
async fn a_sandbox_of_its_own_is_one_target() {
    let place = Place::new().await;
    place.write("rows", rows(2));
    for results in [2, 0] {
        let ended = place.run("batch --sandbox --journal journal rows").await;
        ended.assert_code(0);
        assert_eq!(ended.json().len(), results);
    }
    place
        .run("batch --journal journal rows")
        .await
        .assert_refused("it belongs to sandbox");
    assert!(place.texts().is_empty());
}
