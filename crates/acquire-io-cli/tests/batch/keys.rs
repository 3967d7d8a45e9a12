//! Of rows with the same key one is sent.

use crate::support::{Place, row, rows};

#[tokio::test]
async fn is_sent_once_in_a_run_and_across_runs() {
    let place = Place::new().await;
    let double = r#"{"channel": "chat", "key": "k1", "case": 9, "text": "another text"}"#;
    place.write(
        "rows",
        [&rows(2), double, "\n", &row(28, "k3"), &row(28, "k2")].concat(),
    );
    let before = " (3 in earlier runs, not sent again)";
    for (results, before) in [(vec![1, 2, 4], ""), (vec![], before)] {
        let ended = place.run("batch --journal journal rows").await;
        ended.assert_code(0);
        assert_eq!(ended.lines(), results);
        assert_eq!(
            ended.stderr,
            format!(
                "5 rows: 3 accepted{before}, 0 refused, 0 not sent, 0 unknown, \
                 2 left out for the key of an earlier row\n"
            )
        );
        assert_eq!(place.texts().len(), 3);
        assert!(!place.texts().contains(&"another text".to_owned()));
    }
}

/// The later row is left out also when the earlier one is not accepted: they are the same message to their author.
#[tokio::test]
async fn is_not_taken_from_a_later_row() {
    let place = Place::new().await;
    place.write("rows", [row(27, "k1"), row(28, "k1")].concat());
    let ended = place.run("batch --journal journal rows").await;
    ended.assert_code(4);
    assert_eq!(ended.lines(), [1]);
    let ended = place
        .run("batch --journal journal --retry-refused rows")
        .await;
    ended.assert_code(4);
    assert_eq!(ended.lines(), [1]);
}

#[tokio::test]
async fn without_one_every_row_is_sent() {
    let place = Place::new().await;
    place.write(
        "rows",
        "{\"channel\": \"chat\", \"case\": 28, \"text\": \"same\"}\n".repeat(3),
    );
    for _ in 0..2 {
        place
            .run("batch --journal journal rows")
            .await
            .assert_code(0);
    }
    assert_eq!(place.texts().len(), 3);
}
