//! `acquire journal`.

use serde_json::json;

use crate::support::{Place, assert_snapshot, once, row};

/// A batch of which the outcome of lines 2, 3 and 5 is unknown, 1 was accepted, 4 refused, and 6 not sent: the run ended
/// before it.
async fn place() -> Place {
    let place = Place::failing([
        json!({"match": {"case": 9}, "action": {"type": "answer", "status": 500}}),
    ])
    .await;
    let rows = [
        row(28, "k1"),
        row(9, "k2"),
        row(9, "k3"),
        row(27, "k4"),
        row(9, "a \"key\"\nline 1: unknown"),
        "{\"channel\": \"chat\", \"case\": 28, \"text\": \"CANARY\"}\n".to_owned(),
    ];
    place.write("rows", rows.concat());
    let ended = place
        .run("batch --journal journal --concurrency 1 --max-unknown 3 rows")
        .await;
    ended.assert_code(6);
    place.set_faults([]);
    place
}

#[tokio::test]
async fn show() {
    let place = place().await;
    let ended = place.run("journal show journal").await;
    ended.assert_code(0);
    assert_snapshot!("journal_show", ended.stdout);
    let ended = place.run("journal show journal --delivery accepted").await;
    assert_snapshot!("journal_show_accepted", ended.stdout);
    let ended = place.run("journal show journal --output json").await;
    assert_snapshot!("journal_show_json", ended.stdout);
    let ended = place
        .run("journal show journal --output json --delivery refused")
        .await;
    assert_eq!(ended.lines(), [4]);
}

#[tokio::test]
async fn show_tells_what_a_person_said() {
    let place = place().await;
    place
        .run("journal resolve journal --line 2 --as accepted")
        .await
        .assert_code(0);
    let ended = place.run("journal show journal --delivery accepted").await;
    assert_snapshot!("journal_show_resolved", ended.stdout);
}

#[tokio::test]
async fn show_of_what_is_no_journal() {
    let place = place().await;
    place.run("journal show rows").await.assert_code(1);
    place.run("journal show no-such-file").await.assert_code(1);
    assert!(!place.path("no-such-file").exists());
}

#[tokio::test]
async fn what_is_resolved_as_not_sent_is_sent_and_what_is_accepted_is_not() {
    let place = place().await;
    let accepted = place
        .run("journal resolve journal --line 2 --as accepted")
        .await;
    accepted.assert_code(0);
    assert_eq!(accepted.stdout, "line 2: accepted\n");
    let not_sent = place
        .run("journal resolve journal --key k3 --as not_sent")
        .await;
    not_sent.assert_code(0);
    assert_eq!(not_sent.stdout, "line 3: not sent\n");
    place.sandbox.reset();
    let ended = place.run("batch --journal journal rows").await;
    ended.assert_code(6);
    assert_eq!(ended.lines()[0], 3);
    assert!(place.texts().contains(&"k3".to_owned()));
    assert!(!place.texts().contains(&"k2".to_owned()));
    assert!(
        ended.stderr.contains("\nunknown: line 5\n"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn several_at_once() {
    let place = place().await;
    let ended = place
        .run("journal resolve journal --line 5 --line 2 --key k2 --as accepted")
        .await;
    ended.assert_code(0);
    assert_eq!(ended.stdout, "line 2: accepted\nline 5: accepted\n");
    let ended = place
        .run("journal resolve journal --all --as not_sent")
        .await;
    ended.assert_code(0);
    assert_eq!(ended.stdout, "line 3: not sent\n");
    let ended = place
        .run("journal resolve journal --all --as accepted")
        .await;
    ended.assert_code(0);
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn what_is_settled_or_not_there_is_left_alone() {
    let place = place().await;
    let journal = place.read("journal");
    for (rows, problem) in [
        (
            "--line 1",
            "the outcome of line 1 is not unknown, but accepted; nothing was changed",
        ),
        (
            "--key k4",
            "the outcome of line 4 is not unknown, but refused; nothing was changed",
        ),
        ("--line 2 --line 1", "the outcome of line 1 is not unknown"),
        ("--all --key k1", "the outcome of line 1 is not unknown"),
        ("--line 7", "line 7: nothing was sent of it yet"),
        ("--key k7", "--key number 1: the journal has no such row"),
        ("", "required"),
    ] {
        let ended = place
            .run(&format!("journal resolve journal {rows} --as not_sent"))
            .await;
        ended.assert_refused(problem);
        assert_eq!(place.read("journal"), journal, "{rows}");
    }
    place
        .run("journal resolve rows --all --as accepted")
        .await
        .assert_code(1);
    place
        .run("journal resolve no-such-file --all --as accepted")
        .await
        .assert_code(1);
    assert!(!place.path("no-such-file").exists());
}

#[tokio::test]
async fn a_resolved_batch_runs_to_its_end() {
    let place =
        Place::failing([json!({"limit": 3, "action": {"type": "break", "stage": "head"}})]).await;
    place.write("rows", crate::support::rows(5));
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(6);
    place
        .run("journal resolve journal --all --as not_sent")
        .await
        .assert_code(0);
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(0);
    assert_eq!(place.accepted(), once(5));
}
