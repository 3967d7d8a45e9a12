//! A journal belongs to one process at a time.

use serde_json::json;

use crate::support::{LONG, Place, rows};

#[tokio::test]
async fn a_second_process_is_refused_and_a_reader_is_not() {
    let place = Place::failing([json!({"action": {"type": "hang", "stage": "received"}})]).await;
    place.write("rows", rows(2));
    let mut first = place
        .acquire("batch --journal journal rows")
        .spawn()
        .unwrap();
    place.sandbox.wait_for(2, LONG).await.unwrap();

    let journal = place.read("journal");
    let ended = place.run("batch --journal journal rows").await;
    ended.assert_refused("acquire: journal journal: another process is using it\n");
    let ended = place
        .run("journal resolve journal --all --as not_sent")
        .await;
    ended.assert_code(1);
    assert!(
        ended.stderr.contains("another process is using it"),
        "{}",
        ended.stderr
    );
    let states = ["unknown", "unknown"].map(str::to_owned);
    assert!(place.journal("journal").await.into_values().eq(states));
    assert_eq!(place.read("journal"), journal);

    first.kill().await.unwrap();
    // The lock has ended with the process.
    place
        .run("batch --journal journal rows")
        .await
        .assert_code(6);
    assert_eq!(place.texts().len(), 2);
}
