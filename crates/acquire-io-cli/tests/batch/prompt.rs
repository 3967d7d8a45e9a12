//! The question before a batch, on a pseudo terminal, which `script` makes.

use std::process::Stdio;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::{Ended, Place, rows, text_row};

/// Runs on a terminal, and types an answer. None where there is no `script`.
async fn on_a_terminal(place: &Place, arguments: &str, answer: &str) -> Option<Ended> {
    let program = env!("CARGO_BIN_EXE_acquire");
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{program} {arguments}"), "/dev/null"]);
    place.settle(&mut command);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm");
    let mut child = command.stdin(Stdio::piped()).spawn().ok()?;
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(answer.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    drop(stdin);
    Some(Ended::from(output))
}

#[tokio::test]
async fn nothing_is_inserted_before_the_answer() {
    let place = Place::new().await;
    place.write("rows", [rows(4), text_row(28, "k5", "fifth")].concat());
    for answer in ["n\n", "\n", "no\n", "q\n"] {
        let Some(ended) = on_a_terminal(&place, "batch rows", answer).await else {
            return;
        };
        ended.assert_code(0);
        for said in [
            "account    local",
            "outbox     rows.outbox (new)",
            "file       5 rows: 5 chat, 0 mail, 0 sms",
            "send       5: 5 new",
            "line 1, key k1:",
            "  text       k3",
            "Send 5 messages to http://127.0.0.1:",
            "? [y/N]",
            "nothing was sent",
        ] {
            assert!(ended.stdout.contains(said), "{said}: {}", ended.stdout);
        }
        assert!(!ended.stdout.contains("fifth"), "{}", ended.stdout);
        assert!(!place.path("rows.outbox").exists());
    }
    assert!(place.texts().is_empty());
    let ended = on_a_terminal(&place, "batch rows", "y\n").await.unwrap();
    ended.assert_code(0);
    assert_eq!(place.texts().len(), 5);
    assert!(
        ended.stdout.contains("\u{1b}[32maccepted\u{1b}[0m  k1 "),
        "{}",
        ended.stdout
    );
    // Nothing is left to ask about.
    let again = on_a_terminal(&place, "batch rows", "").await.unwrap();
    again.assert_code(0);
    assert!(!again.stdout.contains("[y/N]"), "{}", again.stdout);
}

#[tokio::test]
async fn yes_is_no_answer_to_a_row_that_was_corrected_too_late() {
    let place = Place::new().await;
    let row = |text| format!("{}\n", json!({"channel": "chat", "case": 28, "text": text}));
    place.write("rows", row("a"));
    place.run("batch --yes rows").await.assert_code(0);
    place.write("rows", row("b"));
    let Some(ended) = on_a_terminal(&place, "batch --yes rows", "y\n").await else {
        return;
    };
    ended.assert_code(2);
    assert_eq!(place.texts().len(), 1);
}
