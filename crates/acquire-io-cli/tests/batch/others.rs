//! Several lists in one outbox: what a run does to the messages of another one.

use acquire_io_test_postgres::Server;
use serde_json::json;
use tokio::process::Child;

use crate::support::{Ended, LONG, Place, row, text_row};

const A: &str = "batch --yes --concurrency 1 a --outbox shared";
const B: &str = "batch --yes b --outbox shared";

/// `a` with three rows, and a run of it that is sending the first.
async fn sending() -> (Place, Child) {
    let delay = json!({"match": {"case": 9}, "action": {"type": "delay", "ms": 1_500}});
    let place = Place::failing([delay]).await;
    place.write("a", ["a1", "a2", "a3"].map(|key| row(9, key)).concat());
    let child = place.acquire(A).spawn().unwrap();
    place.sandbox.wait_for(1, LONG).await.unwrap();
    (place, child)
}

async fn ended(child: Child) -> Ended {
    Ended::from(child.wait_with_output().await.unwrap())
}

/// `a` with two rows, which a run has left queued in a database.
async fn left(outbox: &str) -> Place {
    let stop = json!({"limit": 1, "action": {"type": "answer", "status": 401}});
    let place = Place::failing([stop]).await;
    place
        .run(&format!("outbox migrate {outbox}"))
        .await
        .assert_code(0);
    place.write("a", [row(28, "a1"), row(28, "a2")].concat());
    let run = format!("batch --yes --concurrency 1 a --outbox {outbox}");
    place.run(&run).await.assert_code(4);
    place
}

#[tokio::test]
async fn another_list_that_is_being_sent_stays_as_it_is() {
    let (place, a) = sending().await;
    // The last one is for the case of `a`, and has no key: it corrects no row of `a`.
    let without_key = json!({"channel": "chat", "case": 9, "text": "b3", "lane": false});
    let rows = [row(28, "b1"), row(28, "b2"), without_key.to_string()];
    place.write("b", rows.concat());
    let checked = place
        .run("batch --check b --outbox shared --changed send")
        .await;
    checked.assert_code(0);
    assert!(!checked.stdout.contains("cancel"), "{}", checked.stdout);
    // Something that was or may have been sent to the case of `b3` is not in `b`.
    let b = place.run(&format!("{B} --changed send")).await;
    b.assert_code(0);
    let said = "2 queued messages of the outbox are not of this file, and are sent as well: another process sends them too\n";
    assert!(b.stderr.contains(said), "{}", b.stderr);
    let a = ended(a).await;
    a.assert_code(0);
    assert!(a.stderr.contains("3 rows: 3 accepted"), "{}", a.stderr);
    let accepted = place.accepted();
    assert_eq!(accepted.len(), 6, "{accepted:?}");
    assert!(accepted.values().all(|times| *times == 1), "{accepted:?}");
}

#[tokio::test]
async fn a_run_cancels_and_corrects_nothing_that_another_run_is_sending() {
    let (place, a) = sending().await;
    // The same file with fewer rows, by a second run.
    place.write("a", row(9, "a1"));
    for options in ["", "--check "] {
        let again = place
            .run(&A.replace("batch ", &format!("batch {options}")))
            .await;
        again.assert_code(2);
        let said = "2 queued messages are not to be sent any more (their rows have left the file, or are beyond --limit), but \
                    another process sends from the outbox, or did within the last minute. Stop it, or cancel them all the \
                    same with --take-over. Nothing was sent";
        assert!(again.stderr.contains(said), "{}", again.stderr);
    }
    // Another list under a key of `a`.
    place.write("b", text_row(28, "a3", "b"));
    let b = place.run(B).await;
    let said =
        "line 1, key a3: another list has queued another message under this key (message 3, from ";
    b.assert_refused(said);
    assert!(
        b.stderr.contains("/a). Give the row another key"),
        "{}",
        b.stderr
    );
    ended(a).await.assert_code(0);
    assert_eq!(place.accepted().len(), 3);
}

#[tokio::test]
async fn what_another_list_has_left_queued_is_neither_sent_nor_cancelled_unasked() {
    let Some(database) = Server::shared().map(|server| server.database()) else {
        return;
    };
    let folder = database.server().folder().display().to_string();
    let address = format!("postgres://postgres@/{}?host={folder}", database.name());
    let place = left(&address).await;
    let hour = "UPDATE acquire_outbox.message SET created_at = created_at - interval '1 hour'";
    database.psql(hour).unwrap();
    place.write("b", row(28, "b1"));
    let b = place
        .run(&format!("batch --yes b --outbox {address}"))
        .await;
    b.assert_refused("2 queued messages of the outbox are not of this file (message 1, from ");
    let sends_first = format!(
        "/a). Send them first, by acquire outbox work {address}, or cancel them with --take-over"
    );
    assert!(b.stderr.contains(&sends_first), "{}", b.stderr);
    assert!(place.accepted().is_empty());

    let b = place
        .run(&format!("batch --yes b --outbox {address} --take-over"))
        .await;
    b.assert_code(0);
    let states = place.outbox(&address).await;
    let state = |key: &str| states[key].as_str();
    assert_eq!(
        [state("a1"), state("a2"), state("b1")],
        ["cancelled", "cancelled", "accepted"]
    );
}

#[tokio::test]
async fn a_file_that_was_moved_with_its_outbox_is_the_same_list() {
    let stop = json!({"limit": 1, "action": {"type": "answer", "status": 401}});
    let place = Place::failing([stop]).await;
    place.write("a", [row(28, "a1"), row(28, "a2")].concat());
    place
        .run("batch --yes --concurrency 1 a")
        .await
        .assert_code(4);
    std::fs::create_dir(place.path("moved")).unwrap();
    for name in ["a", "a.outbox"] {
        std::fs::rename(place.path(name), place.path("moved").join(name)).unwrap();
    }
    place.write("moved/a", row(28, "a1"));
    place.run("batch --yes moved/a").await.assert_code(0);
    let states = place.outbox("moved/a").await;
    assert_eq!(states["a2"], "cancelled");
}
