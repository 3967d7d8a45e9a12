//! What a further run sends.

use serde_json::json;

use crate::support::{Place, once, row, rows};

#[tokio::test]
async fn nothing_that_was_accepted() {
    let place = Place::new().await;
    place.write("rows", rows(3));
    let first = place.run("batch --yes rows").await;
    first.assert_code(0);
    assert!(
        first.stderr.contains("outbox     rows.outbox (new)\n"),
        "{}",
        first.stderr
    );
    // Not even a question is asked.
    let again = place.run("batch rows").await;
    again.assert_code(0);
    assert_eq!((again.stdout.as_str(), place.texts().len()), ("", 3));
    assert_eq!(
        again.stderr,
        "rows: read as NDJSON, UTF-8, 3 rows\n\
         3 rows: 3 accepted (3 in earlier runs), 0 refused, 0 not sent, 0 unknown\n"
    );
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
    let first = place.run("batch --yes rows").await;
    first.assert_code(4);
    assert_eq!(first.lines(), [1, 2, 3]);
    let second = place.run("batch --yes rows").await;
    second.assert_code(4);
    assert_eq!(second.stdout, "");
    place
        .run("outbox retry rows --all --yes")
        .await
        .assert_code(0);
    let third = place.run("batch --yes rows").await;
    third.assert_code(4);
    assert_eq!(third.lines(), [2, 3]);
    assert_eq!(place.accepted(), once(2));
}

#[tokio::test]
async fn nothing_whose_outcome_is_unknown() {
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
    let first = place.run("batch --yes rows").await;
    first.assert_code(6);
    place.set_faults([]);
    let second = place.run("batch --yes rows").await;
    second.assert_code(6);
    assert_eq!(second.stdout, "");
    for ended in [first, second] {
        for named in [
            "\n  unknown line 1, key k1, case 9, 2",
            "\n  unknown line 2, key k2, case 2069, 2",
            "acquire outbox resolve rows.outbox --key KEY",
        ] {
            assert!(ended.stderr.contains(named), "{}", ended.stderr);
        }
    }
    let states = ["unknown", "unknown", "accepted"].map(str::to_owned);
    assert!(place.outbox("rows").await.into_values().eq(states));
    assert_eq!(place.texts().len(), 3);
}

#[tokio::test]
async fn to_another_host_nothing() {
    let (place, other) = (Place::new().await, Place::new().await);
    place.write("rows", rows(2));
    place.run("batch --yes rows").await.assert_code(0);
    place.write("rows", rows(3));
    let mut command = place.acquire("batch --yes rows");
    let ended =
        crate::support::ended(command.env("ACQUIRE_BASE_URL", other.sandbox.base_url())).await;
    ended.assert_refused("acquire: the outbox sends this account's messages to http://127.0.0.1:");
    let mut command = place.acquire("batch --yes rows");
    command
        .env_remove("ACQUIRE_BASE_URL")
        .env("ACQUIRE_ACCOUNT_ID", "acme");
    let ended = crate::support::ended(&mut command).await;
    ended.assert_refused("acquire: the outbox rows.outbox belongs to account local, not to acme");
    assert!(other.texts().is_empty());
    assert_eq!(place.texts().len(), 2);
}

#[tokio::test]
async fn a_rehearsal_leaves_nothing_behind() {
    let place = Place::new().await;
    place.write("rows", rows(2));
    for _ in 0..2 {
        let ended = place.run("batch --sandbox rows").await;
        ended.assert_code(0);
        assert_eq!(ended.lines(), [1, 2]);
    }
    assert!(!place.path("rows.outbox").exists());
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.accepted(), once(2));
}

#[tokio::test]
async fn a_warning_names_the_outbox_of_a_file_that_was_renamed() {
    let place = Place::new().await;
    place.write("june", rows(2));
    place.run("batch --yes june").await.assert_code(0);
    place.write("july", [row(28, "k9"), row(28, "k2")].concat());
    place.write("august", row(28, "k3"));
    let warning = "warning: june.outbox has rows of this file too, by their keys or cells";
    for (file, is_warned) in [("june", false), ("july", true), ("august", false)] {
        let checked = place.run(&format!("batch --check {file}")).await;
        checked.assert_code(0);
        assert_eq!(
            checked.stderr.contains(warning),
            is_warned,
            "{file}: {}",
            checked.stderr
        );
    }
    let named = place.run("batch --check --outbox other july").await;
    assert!(!named.stderr.contains("warning"), "{}", named.stderr);
}
