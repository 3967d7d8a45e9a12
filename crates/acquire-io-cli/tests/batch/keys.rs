//! Of rows with the same key one is sent.

use crate::support::{Place, plain_rows, row, rows, text_row};

#[tokio::test]
async fn is_sent_once_in_a_run_and_across_runs() {
    let place = Place::new().await;
    let double = text_row(9, "k1", "another text");
    place.write(
        "rows",
        [&rows(2), double.as_str(), &row(28, "k3"), &row(28, "k2")].concat(),
    );
    for (results, before) in [(vec![1, 2, 4], ""), (vec![], " (3 in earlier runs)")] {
        let ended = place.run("batch --yes rows").await;
        ended.assert_code(0);
        assert_eq!(ended.lines(), results);
        let summary = format!(
            "5 rows: 3 accepted{before}, 0 refused, 0 not sent, 0 unknown, 2 left out for the key of an earlier row\n"
        );
        assert!(ended.stderr.ends_with(&summary), "{}", ended.stderr);
        assert_eq!(place.texts().len(), 3);
        assert!(!place.texts().contains(&"another text".to_owned()));
    }
}

/// The later row is left out also when the earlier one is not accepted: they are the same message to their author.
#[tokio::test]
async fn is_not_taken_from_a_later_row() {
    let place = Place::new().await;
    place.write("rows", [row(27, "k1"), row(28, "k1")].concat());
    let ended = place.run("batch --yes rows").await;
    ended.assert_code(4);
    assert_eq!(ended.lines(), [1]);
    let retried = place.run("outbox retry rows --key k1").await;
    retried.assert_code(0);
    let ended = place.run("batch --yes rows").await;
    ended.assert_code(4);
    assert_eq!(ended.lines(), [1]);
}

#[tokio::test]
async fn without_one_every_row_is_sent() {
    let place = Place::new().await;
    place.write("rows", plain_rows(28, &["same"; 3]));
    for _ in 0..2 {
        let ended = place.run("batch --yes rows").await;
        ended.assert_code(0);
        let warning = "warning: rows, lines 2, 3: is the same as an earlier row, and has no `key`: it is sent as well\n";
        assert!(ended.stderr.contains(warning), "{}", ended.stderr);
    }
    assert_eq!(place.texts().len(), 3);
    // One more of the same is one more message: nothing has left the file.
    place.write("rows", plain_rows(28, &["same"; 4]));
    place.run("batch --yes rows").await.assert_code(0);
    assert_eq!(place.texts().len(), 4);
}

#[tokio::test]
async fn that_is_too_long_is_refused() {
    let place = Place::new().await;
    place.write("rows", row(28, &"k".repeat(181)));
    let ended = place.run("batch --yes rows").await;
    ended.assert_refused("`key` is longer than 180 bytes");
}
