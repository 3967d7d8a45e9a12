//! What the input may look like besides its rows.

use crate::support::{LONG, Place, assert_snapshot, key, once, row, rows};
use serde_json::{Value, json};

#[tokio::test]
async fn ndjson_with_a_byte_order_mark_crlf_blank_lines_and_an_open_end() {
    let place = Place::new().await;
    let rows = format!(
        "\u{feff}\n{}\r\n  \n\n{}",
        row(28, "k2").trim_end(),
        row(28, "k5").trim_end()
    );
    place.write("rows", rows);
    let ended = place.run("batch --yes rows").await;
    ended.assert_code(0);
    assert_eq!(ended.lines(), [2, 5]);
    assert_eq!(place.accepted().len(), 2);
}

/// Whatever ends the lines of a CSV, each row has its own line, and the right one: it is the row's name.
#[tokio::test]
async fn rows_of_csv_have_their_lines_whatever_ends_them() {
    let inputs = [
        (
            "\u{feff}channel,case,text\nchat,28,a\nchat,28,b\nchat,28,c",
            [2, 3, 4],
        ),
        (
            "channel,case,text\r\nchat,28,a\r\nchat,28,b\r\nchat,28,c\r\n",
            [2, 3, 4],
        ),
        (
            "channel,case,text\rchat,28,a\rchat,28,b\rchat,28,c\r",
            [2, 3, 4],
        ),
        (
            "channel,case,text\nchat,28,a\r\nchat,28,b\nchat,28,c\n",
            [2, 3, 4],
        ),
        (
            "\n\nchannel,case,text\n\r\nchat,28,a\r\n\r\nchat,28,b\n\n\nchat,28,c",
            [5, 7, 10],
        ),
        (
            "channel,case,text\nchat,28,\"a\nA\"\n\"chat\",28,\"\"\"b\"\"\"\nchat,28,c",
            [2, 4, 5],
        ),
    ];
    let place = Place::new().await;
    for (number, (rows, lines)) in inputs.into_iter().enumerate() {
        place.sandbox.reset();
        place.write("rows.csv", rows);
        let ended = place
            .run(&format!("batch --yes --outbox {number}.outbox rows.csv"))
            .await;
        ended.assert_code(0);
        assert_eq!(ended.lines(), lines, "{rows:?}");
        assert!(
            ended
                .stderr
                .ends_with("3 rows: 3 accepted, 0 refused, 0 not sent, 0 unknown\n"),
            "{}",
            ended.stderr
        );
        assert_eq!(place.accepted().len(), 3);
    }
}

#[tokio::test]
async fn spreadsheets_write_truth_in_capitals() {
    let place = Place::new().await;
    let rows = "channel,case,contact,timeline,from,to,text,closed\n\
                sms,2219,751069,2108,+12513188609,+919666929552,a,TRUE\n\
                sms,2219,751069,2108,+12513188609,+919666929552,b,False\n";
    place.write("rows.csv", rows);
    place.run("batch --yes rows.csv").await.assert_code(0);
    let received = place.sandbox.received();
    let bodies = received.iter().map(|received| {
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        (body["Body"].clone(), body["isClosed"].clone())
    });
    let mut bodies: Vec<_> = bodies.collect();
    bodies.sort_by_key(|(text, _)| text.to_string());
    assert_eq!(json!(bodies), json!([["a", true], ["b", false]]));
}

#[tokio::test]
async fn standard_input() {
    let place = Place::new().await;
    let arguments = "batch --yes --outbox one.outbox -";
    place
        .run_with_stdin(arguments, &rows(3))
        .await
        .assert_code(0);
    place
        .run_with_stdin(arguments, &rows(3))
        .await
        .assert_code(0);
    place
        .run_with_stdin("batch --yes -", &rows(4))
        .await
        .assert_refused("name one with --outbox PATH");
    let csv = "channel,case,text\nchat,28,k4\n";
    place
        .run_with_stdin("batch --yes --outbox two.outbox --format csv -", csv)
        .await
        .assert_code(0);
    assert_eq!(place.accepted(), once(4));
    // Standard input is no terminal, so nobody can be asked.
    place
        .run_with_stdin("batch --outbox three.outbox -", &rows(1))
        .await
        .assert_refused("Send 1 message to http://127.0.0.1:");
}

#[tokio::test]
async fn what_was_checked_is_what_is_sent() {
    let place =
        Place::failing([json!({"match": {"nth": 1}, "action": {"type": "delay", "ms": 300}})])
            .await;
    place.write("rows", rows(3));
    let child = place
        .acquire("batch --yes --concurrency 1 rows")
        .spawn()
        .unwrap();
    place.sandbox.wait_for(1, LONG).await.unwrap();
    place.write("rows", row(28, "other").repeat(100));
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(place.texts(), [key(1), key(2), key(3)]);
}

#[tokio::test]
async fn an_empty_input_is_a_batch_without_rows() {
    let place = Place::new().await;
    for name in ["rows", "rows.csv"] {
        place.write(name, "\n\n");
        let ended = place.run(&format!("batch --yes {name}")).await;
        ended.assert_code(0);
        assert!(
            ended
                .stderr
                .ends_with("0 rows\n0 rows: 0 accepted, 0 refused, 0 not sent, 0 unknown\n"),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn a_check_sends_nothing_and_needs_no_settings() {
    let place = Place::new().await;
    place.write("rows", [rows(3), row(28, "k1")].concat());
    let mut command = place.acquire("batch --check rows");
    command
        .env_remove("ACQUIRE_BASE_URL")
        .env_remove("ACQUIRE_API_KEY");
    let ended = crate::support::ended(&mut command).await;
    ended.assert_code(0);
    assert_snapshot!("check", ended.stdout);
    assert_eq!(ended.stderr, "rows: read as NDJSON, UTF-8, 4 rows\n");
    assert!(place.texts().is_empty());
    assert!(!place.path("rows.outbox").exists());
}
