//! The program.

#[cfg(unix)]
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Command;
#[cfg(unix)]
use std::process::Stdio;

use crate::support::*;

#[cfg(unix)]
#[tokio::test]
async fn it_prints_its_address_logs_requests_and_stops() -> Result {
    let mut program = Command::new(env!("CARGO_BIN_EXE_acquire-io-sandbox"))
        .args([
            "--api-key",
            "k",
            "--fault",
            r#"{"match":{"nth":2},"action":{"type":"hang","stage":"head"}}"#,
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let url = lines.next().unwrap()?.replace("listening on ", "");
    assert_eq!(lines.next().unwrap()?, "API key: k");
    let send = |key: &str| {
        let request = http1()
            .post(format!("{url}{CHAT}?x-user-type=user"))
            .bearer_auth(key);
        let request = request.header("content-type", "application/json");
        request
            .body(chat("a secret").to_string())
            .timeout(std::time::Duration::from_millis(200))
            .send()
    };
    assert_eq!(send("k").await?.status(), 200);
    assert!(send("k").await.is_err());
    assert_eq!(send("wrong").await?.status(), 401);

    Command::new("kill")
        .arg(program.id().to_string())
        .status()?;
    let mut log = String::new();
    program.stderr.take().unwrap().read_to_string(&mut log)?;
    assert!(program.wait()?.success());
    let lines: Vec<_> = log
        .lines()
        .filter_map(|line| Some(line.rsplitn(3, ' ').nth(2)?.to_owned()))
        .collect();
    let expected = ["200 accepted", "--- unread [hang]", "401 refused"];
    assert_eq!(
        lines,
        expected.map(|verdict| format!("POST {CHAT} {verdict}"))
    );
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn requests_are_answered_though_nobody_reads_the_log() -> Result {
    let mut program = Command::new(env!("CARGO_BIN_EXE_acquire-io-sandbox"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let url = lines.next().unwrap()?.replace("listening on ", "");
    // Far more than a pipe holds.
    let client = http1();
    for _ in 0..100 {
        let path = "x".repeat(2_000);
        assert_eq!(
            client.get(format!("{url}/{path}")).send().await?.status(),
            404
        );
    }
    Command::new("kill")
        .arg(program.id().to_string())
        .status()?;
    assert!(program.wait()?.success());
    Ok(())
}

/// What was typed may be a key, or control a terminal.
#[test]
fn errors_do_not_repeat_what_was_typed() -> Result {
    for (arguments, said) in [
        (
            vec!["canary"],
            "error: unexpected argument 'number 1' found",
        ),
        (
            vec!["--port", "canary"],
            "error: invalid value '…' for '--port <PORT>'",
        ),
        (
            vec!["--api-key", ""],
            "acquire-io-sandbox: an API key is empty",
        ),
        (
            vec!["--api-key", "canary canary"],
            "acquire-io-sandbox: an API key is empty",
        ),
        (
            vec!["--seed", "\u{1b}[2J\u{202e}\n"],
            r"acquire-io-sandbox: \u{1b}[2J\u{202e}\n: ",
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_acquire-io-sandbox"))
            .args(&arguments)
            .output()?;
        let stderr = String::from_utf8(output.stderr)?;
        assert!(!output.status.success());
        assert!(stderr.starts_with(said), "{stderr}");
        assert!(!stderr.contains("canary"), "{stderr}");
    }
    Ok(())
}

#[test]
fn wrong_options_are_reported() -> Result {
    let rows = [
        (
            ["--fault", "{}"],
            "acquire-io-sandbox: fault rule: missing field `action`",
        ),
        (["--seed", "/nowhere"], "acquire-io-sandbox: /nowhere: "),
        (
            ["--shape", "send=newest"],
            "acquire-io-sandbox: --shape: unknown variant `send`",
        ),
        (
            ["--shape", "1999-01-01"],
            "acquire-io-sandbox: no operation has an answer 1999-01-01",
        ),
        (
            ["--fixed-time", "noon"],
            "acquire-io-sandbox: --fixed-time: ",
        ),
    ];
    for (arguments, expected) in rows {
        let output = Command::new(env!("CARGO_BIN_EXE_acquire-io-sandbox"))
            .args(arguments)
            .output()?;
        let text = String::from_utf8(output.stderr)?;
        assert!(
            !output.status.success() && text.starts_with(expected),
            "{text}"
        );
    }
    Ok(())
}
