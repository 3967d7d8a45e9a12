//! The question before a batch, on a terminal.

use acquire_io_tests::terminal::{Command, Terminal};
use serde_json::json;

use crate::support::{Place, plain_rows, row, rows, text_row};

fn start(place: &Place, arguments: &str, variables: &[(&str, &str)]) -> Terminal {
    start_with_columns(place, arguments, variables, 100)
}

fn start_with_columns(
    place: &Place,
    arguments: &str,
    variables: &[(&str, &str)],
    columns: u16,
) -> Terminal {
    let command = Command::new(env!("CARGO_BIN_EXE_acquire"))
        .args(arguments.split_whitespace())
        .current_dir(place.path(""))
        .env_clear()
        .env("ACQUIRE_BASE_URL", place.sandbox.base_url())
        .env("ACQUIRE_API_KEY", place.sandbox.api_key())
        .env("TERM", "xterm")
        .envs(variables.iter().copied());
    Terminal::with_columns(command, columns).unwrap()
}

/// Runs on a terminal, and types an answer to the question, if there is one. Returns the exit code and what was shown.
async fn run(place: &Place, arguments: &str, answer: Option<&str>) -> (Option<i32>, String) {
    let mut terminal = start(place, arguments, &[]);
    if let Some(answer) = answer {
        terminal.wait_for("[y/N] ").await.unwrap();
        terminal.type_text(answer).await.unwrap();
    }
    terminal.finish().await.unwrap()
}

#[tokio::test]
async fn nothing_is_inserted_before_the_answer() {
    let place = Place::new().await;
    place.write("rows", [rows(4), text_row(28, "k5", "fifth")].concat());
    for answer in ["n\n", "\n", "q\n", "\u{4}"] {
        let (code, shown) = run(&place, "batch rows", Some(answer)).await;
        assert_eq!(code, Some(5), "{shown}");
        for said in [
            "API key    from ACQUIRE_API_KEY",
            "outbox     rows.outbox (new)",
            "file       5 rows: 5 chat, 0 mail, 0 sms",
            "send       5: 5 new",
            "line 1, key k1:",
            "  text       k3",
            "Send 5 messages to http://127.0.0.1:",
            "nothing was sent",
        ] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        assert!(!shown.contains("fifth"), "{shown}");
        assert!(!place.path("rows.outbox").exists());
    }
    assert!(place.texts().is_empty());
    let (code, shown) = run(&place, "batch rows", Some("y\n")).await;
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(place.texts().len(), 5);
    assert!(
        shown.contains("\u{1b}[32maccepted\u{1b}[0m  k1  case 28"),
        "{shown}"
    );
    // Nothing is left to ask about.
    let (code, shown) = run(&place, "batch rows", None).await;
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("[y/N]"), "{shown}");
}

#[tokio::test]
async fn colours_are_left_out_where_they_are_not_wanted() {
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let place = Place::new().await;
        place.write("rows", rows(1));
        let terminal = start(&place, "batch --yes --quiet rows", &[variable]);
        let (code, shown) = terminal.finish().await.unwrap();
        assert_eq!(code, Some(0), "{shown}");
        assert_eq!(shown, "accepted  k1  case 28  message 1\n", "{variable:?}");
    }
}

#[tokio::test]
async fn yes_is_no_answer_to_a_row_that_was_corrected_too_late() {
    let place = Place::new().await;
    place.write("rows", plain_rows(28, &["a"]));
    place.run("batch --yes rows").await.assert_code(0);
    place.write("rows", plain_rows(28, &["b"]));
    let (code, shown) = run(&place, "batch --yes rows", None).await;
    assert_eq!(code, Some(2), "{shown}");
    assert_eq!(place.texts().len(), 1);
}

/// The values of wrong fields are shown to the person, and to no log.
#[tokio::test]
async fn values_of_wrong_rows_are_shown_on_a_terminal() {
    let place = Place::new().await;
    let row = json!({"channel": "chat", "key": "k1", "case": "CANARY", "text": "content"});
    place.write("rows", format!("{row}\n"));
    let (code, shown) = run(&place, "batch rows", None).await;
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("\nrows, line 1 (k1, \"CANARY\"): `case` is not"),
        "{shown}"
    );
    assert!(!shown.contains("content"), "{shown}");
}

/// What needs a person is at the beginning of the line, which is never longer than the terminal is wide.
#[tokio::test]
async fn progress_on_a_narrow_terminal() {
    let unknown = json!({"match": {"case": 9}, "action": {"type": "answer", "status": 500}});
    let slow = json!({"match": {"case": 28}, "action": {"type": "delay", "ms": 400}});
    let place = Place::failing([unknown, slow]).await;
    place.write("rows", [row(9, "a"), row(27, "b"), rows(2)].concat());
    let arguments = "batch --yes --concurrency 1 rows";
    let mut terminal = start_with_columns(&place, arguments, &[], 40);
    terminal
        .wait_for("1 unknown, 1 refused, 0 of 4 accepted, ")
        .await
        .unwrap();
    let (code, shown) = terminal.finish().await.unwrap();
    assert_eq!(code, Some(6), "{shown}");
    for drawn in shown.split(['\r', '\n']) {
        let is_progress = drawn.contains(" accepted, ") && !drawn.contains("rows: ");
        let text = drawn.rsplit(['m', 'K']).next().unwrap_or_default();
        assert!(!is_progress || text.chars().count() <= 40, "{drawn:?}");
    }
}

#[tokio::test]
async fn a_list_is_shown_as_it_will_be_sent() {
    let place = Place::new().await;
    place.write("hello.txt", "Hi {{ name }}, {Name} your order is ready");
    place.write(
        "rows.csv",
        "Name,Phone\nAnn,0151 12345671\nBob,+49 151 12345672\nCid,015112345671\n",
    );
    let arguments = "batch rows.csv --template hello.txt --map Phone=to --default-country DE --set channel=sms \
                     --set from=+12513188609 --set case=2219 --set contact=751069 --set timeline=2108";
    let (code, shown) = run(&place, arguments, Some("n\n")).await;
    assert_eq!(code, Some(5), "{shown}");
    for said in [
        "warning: rows.csv, lines 2 ({Name}), 3 ({Name}), 4 ({Name}): `text` contains `{`, which is sent unchanged",
        "phones     3 rewritten: 0151 12345671 → +4915112345671 (line 2), ",
        "longest    34 characters (line 2)",
        "sms        3 segments for 3 messages, 0 of more than one; 3 GSM-7, 0 UCS-2",
        "repeated   1 recipient gets more than one message: +4915112345671 (line 2; line 4)",
        "  text       Hi Ann, {Name} your order is ready",
        "Send 3 messages to http://127.0.0.1:",
        "nothing was sent",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let to_me = format!("{arguments} --to-me +447911123456");
    let (code, shown) = run(&place, &to_me, Some("n\n")).await;
    assert_eq!(code, Some(5), "{shown}");
    assert!(place.sandbox.received().is_empty());
    let (code, shown) = run(
        &place,
        &format!("{arguments} --to-me +447911123456"),
        Some("y\n"),
    )
    .await;
    assert_eq!(code, Some(0), "{shown}");
    for said in [
        "  to         +447911123456",
        "Send this one message to +447911123456? It will be in case 2219, like the original. Nothing else is sent. [y/N]",
        "accepted",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert_eq!(place.sandbox.received().len(), 1);
    assert!(!place.path("rows.csv.outbox").exists());
    let damaged = "Name,Phone\nAnn,4.41E+11\n";
    place.write("rows.csv", damaged);
    let (code, shown) = run(&place, arguments, None).await;
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("line 2 (4.41E+11), column B (Phone): `to` was shortened"),
        "{shown}"
    );
}
