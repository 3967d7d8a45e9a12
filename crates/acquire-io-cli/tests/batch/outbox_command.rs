//! `acquire outbox`: what people look at, and decide.

use serde_json::json;

use crate::support::{Place, assert_snapshot, once, row, rows, text_row};

/// Two messages are unknown, of which the second was not accepted, and one is refused.
async fn place() -> Place {
    let place = Place::failing([
        json!({"match": {"case": 9}, "action": {"type": "answer", "status": 500, "accept": true}}),
        json!({"match": {"case": 2069}, "action": {"type": "answer", "status": 502}}),
    ])
    .await;
    place.write(
        "rows",
        [row(9, "k1"), row(2069, "k2"), row(27, "k3"), row(28, "k4")].concat(),
    );
    place
        .run("batch --yes --concurrency 1 rows")
        .await
        .assert_code(6);
    place.set_faults([]);
    place
}

#[tokio::test]
async fn show_has_what_a_person_needs() {
    let place = place().await;
    for outbox in ["rows", "rows.outbox", "--outbox rows.outbox"] {
        let shown = place
            .run(&format!("outbox show {outbox} --output text"))
            .await;
        shown.assert_code(0);
        assert_snapshot!("outbox_show", shown.stdout);
    }
    let shown = place.run("outbox show rows").await.json();
    assert_eq!(shown[0]["counts"]["unknown"], 2);
    let listed = place.run("outbox list rows --state unknown").await.json();
    let cases: Vec<_> = listed.iter().map(|row| row["case"].clone()).collect();
    assert_eq!(cases, [9, 2069]);
    assert!(listed[0]["resolvable_from"].is_string());
}

#[tokio::test]
async fn resolve_takes_a_decision_and_takes_it_back() {
    let place = place().await;
    let early = place
        .run("outbox resolve rows --key k2 --as not_sent")
        .await;
    early.assert_code(2);
    assert!(
        early.stderr.contains("may still be delivered"),
        "{}",
        early.stderr
    );
    assert!(early.stderr.contains("or use --now"), "{}", early.stderr);

    let accepted = place
        .run("outbox resolve rows --line 1 --as accepted")
        .await;
    accepted.assert_code(0);
    let now = place
        .run("outbox resolve rows --key k2 --as not_sent --now")
        .await;
    now.assert_code(0);
    assert!(now.stderr.contains("will arrive twice"), "{}", now.stderr);
    let states = |states: [&str; 4]| states.map(str::to_owned);
    let is = place.outbox("rows").await.into_values();
    assert!(is.eq(states(["accepted", "queued", "refused", "accepted"])));

    place
        .run("outbox resolve rows --all --undo --yes")
        .await
        .assert_code(0);
    let is = place.outbox("rows").await.into_values();
    assert!(is.eq(states(["unknown", "unknown", "refused", "accepted"])));
    // The next run sends what a person found not to be sent.
    place
        .run("outbox resolve rows --key k2 --as not_sent --now")
        .await
        .assert_code(0);
    let sent = place.run("batch --yes rows").await;
    sent.assert_code(6);
    assert_eq!(sent.lines(), [2]);
    let late = place.run("outbox resolve rows --key k2 --undo").await;
    late.assert_code(2);
}

#[tokio::test]
async fn all_is_asked_about_and_what_is_not_there_is_an_error() {
    let place = place().await;
    let before = place.outbox("rows").await;
    for (arguments, problem) in [
        (
            "resolve rows --all --as accepted",
            "Record that 2 messages were accepted? Without a terminal --yes has to answer",
        ),
        ("resolve rows --as accepted", "required"),
        ("resolve rows --all", "required"),
        (
            "resolve rows --key k9 --as accepted",
            "--key k9: the outbox has no message with this key",
        ),
        ("resolve rows --line 99 --as accepted", "--line 99: "),
        (
            "resolve rows --id 99 --as accepted",
            "--id 99: the outbox has no message with this ID",
        ),
        (
            "resolve rows --key k4 --as accepted",
            "only one whose outcome is unknown can be resolved",
        ),
        (
            "cancel rows --key k4",
            "only one that is queued can be cancelled",
        ),
        ("show no-such-file", "no-such-file doesn't exist"),
        ("prune rows", "would send them again"),
    ] {
        let ended = place.run(&format!("outbox {arguments}")).await;
        ended.assert_code(2);
        assert!(
            ended.stderr.contains(problem),
            "{arguments}: {}",
            ended.stderr
        );
    }
    assert_eq!(place.outbox("rows").await, before);
}

#[tokio::test]
async fn export_writes_the_rows_that_failed_with_why() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "key,case,channel,text,mention,meta\nk1,28,chat,good,,\nk2,27,chat,\"two, \"\"words\"\"\",a;b,\"{\"\"a\"\": 1}\"\n",
    );
    place.run("batch --yes rows.csv").await.assert_code(4);
    let exported = place.run("outbox export rows.csv --failed").await;
    exported.assert_code(0);
    assert_snapshot!("export_csv", exported.stdout);
    // It is read back as it is.
    place.write("failed.csv", exported.stdout.replace(",27,", ",28,"));
    place.run("batch --yes failed.csv").await.assert_code(0);
    assert_eq!(place.texts().last().unwrap(), "two, \"words\"");

    let exported = place
        .run("outbox export rows.csv --failed --format ndjson")
        .await;
    let row = exported.json().remove(0);
    assert_eq!((&row["key"], &row["case"]), (&json!("k2"), &json!(27)));
    assert!(
        row["error"]
            .as_str()
            .unwrap()
            .contains("ERROR_INVALID_INPUT")
    );
}

#[tokio::test]
async fn a_pause_holds_the_next_run_until_it_is_resumed() {
    let place = place().await;
    place.run("outbox retry rows --key k3").await.assert_code(0);
    place
        .run("outbox pause rows --why lunch")
        .await
        .assert_code(0);
    let paused = place.run("batch --yes --give-up-after 1s rows").await;
    paused.assert_code(6);
    let said = "paused (lunch) until somebody resumes it: acquire outbox resume rows.outbox";
    assert!(paused.stderr.contains(said), "{}", paused.stderr);
    assert_eq!(paused.stdout, "");
    place.run("outbox resume rows").await.assert_code(0);
    let resumed = place.run("batch --yes rows").await;
    assert_eq!(resumed.lines(), [3]);
}

#[tokio::test]
async fn work_sends_what_is_queued_without_the_file() {
    let stop = json!({"limit": 1, "action": {"type": "answer", "status": 401}});
    let place = Place::failing([stop]).await;
    place.write("rows", rows(3));
    place
        .run("batch --yes --concurrency 1 rows")
        .await
        .assert_code(4);
    place
        .run("outbox work rows")
        .await
        .assert_refused("Send 3 queued messages as local?");
    let worked = place.run("outbox work rows --yes").await;
    worked.assert_code(0);
    assert_eq!(worked.lines(), [1, 2, 3]);
    assert_eq!(place.accepted(), once(3));
}

#[tokio::test]
async fn check_and_prune() {
    let place = place().await;
    let checked = place.run("outbox check rows").await;
    checked.assert_code(0);
    assert_eq!(
        checked.stdout,
        "messages: 4, of which unknown: 2\nthe outbox is intact\n"
    );
    let pruned = place.run("outbox prune rows --older-than 0s --yes").await;
    pruned.assert_code(0);
    assert_eq!(
        pruned.stdout,
        "deleted: 2. A file that still has these rows would send them again\n"
    );
    // What is unknown stays.
    assert_eq!(place.outbox("rows").await.len(), 2);
}

/// Names and keys may hold anything.
#[tokio::test]
async fn nothing_acts_on_a_terminal() {
    let place = Place::new().await;
    place.write("rows", text_row(27, "\u{1b}[2J\u{202e}", "\u{9b}31m"));
    for arguments in [
        "batch --check rows",
        "batch --yes --output text rows",
        "outbox show rows --output text",
        "outbox list rows --output text",
        "outbox export rows --failed",
    ] {
        let ended = place.run(arguments).await;
        for text in [&ended.stdout, &ended.stderr] {
            let acts = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
            assert!(!text.contains(acts), "{arguments}: {text:?}");
        }
    }
}
