//! A dry run shows what would be on the wire.

use std::collections::BTreeSet;
#[cfg(unix)]
use std::process::Stdio;

use acquire_io_tests::fault::{Answer, Server};
use serde_json::Value;

use crate::support::*;

const MESSAGES: [&[&str]; 3] = [
    &[
        "chat",
        "send",
        "--case",
        "28",
        "--as-agent",
        "--translate-lang-key",
        "en",
        "--text",
        "Grüße, \"ü\"\n🙂",
    ],
    &[
        "mail",
        "send",
        "--case",
        "575",
        "--contact",
        "597632",
        "--from",
        "user@acquire.io",
        "--to",
        "test@gmail.com",
        "--cc",
        "a@example.com",
        "--subject",
        "ü",
        "--html",
        "<p>Hi</p>",
    ],
    &[
        "sms",
        "send",
        "--case",
        "2219",
        "--contact",
        "751069",
        "--timeline",
        "2108",
        "--from",
        "+12513188609",
        "--to",
        "+919666929552",
        "--text",
        "hi",
        "--as-contact",
    ],
];

/// The lines of a head but the first, in any order, without the key.
fn fields<'a>(head: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    head.map(|line| line.replace("canary", "<hidden>"))
        .collect()
}

#[tokio::test]
async fn it_is_what_a_server_receives() -> Result {
    for message in MESSAGES {
        let server = Server::answering(Answer::json(200, "{}"))?;
        let home = Home::new()?;
        let send = |options: &[&str]| {
            home.acquire_with(message.iter().chain(options).copied())
                .env("ACQUIRE_BASE_URL", server.base_url())
                .env("ACQUIRE_API_KEY", CANARY)
        };
        let shown = send(&["--dry-run"]).run().await?.ok()?;
        assert!(server.received().requests.is_empty());
        assert!(!shown.contains(CANARY), "{shown}");
        send(&[]).run().await?;
        let requests = server.received().requests;
        let [request] = requests.as_slice() else {
            return Err(format!("{} requests", requests.len()).into());
        };

        let (head, body) = shown.split_once("\n\n").ok_or("no end of the head")?;
        // A line break ends the last line of output.
        assert_eq!(body.as_bytes(), [request.body.as_slice(), b"\n"].concat());
        let (mut head, mut received) = (head.lines(), request.head.trim_end().lines());
        assert_eq!(head.next(), received.next());
        assert_eq!(fields(head), fields(received));
    }
    Ok(())
}

#[tokio::test]
async fn json_is_the_same_request() -> Result {
    for message in MESSAGES {
        let home = Home::new()?;
        let show = |options: &[&str]| {
            home.acquire_with(message.iter().chain(options).copied())
                .env("ACQUIRE_ACCOUNT_ID", "acme")
                .env("ACQUIRE_API_KEY", CANARY)
        };
        let http = show(&["--dry-run"]).run().await?.ok()?;
        let json = show(&["--dry-run", "--output", "json"]).run().await?.ok()?;
        assert!(
            !json.contains(CANARY) && json.lines().count() == 1,
            "{json}"
        );
        let shown: Value = serde_json::from_str(&json)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (head, body) = http.split_once("\n\n").ok_or("no end of the head")?;
        let mut head = head.lines();
        let target = text(&shown["url"]).replace("https://acme.acquire.io", "");
        let first = format!("{} {target} HTTP/1.1", text(&shown["method"]));
        assert_eq!(head.next(), Some(first.as_str()));
        let added = ["host: ", "content-length: "];
        let head = head.filter(|line| !added.iter().any(|name| line.starts_with(name)));
        let headers = shown["headers"].as_object().ok_or("no headers")?;
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| format!("{name}: {}", text(value)));
        assert_eq!(headers.collect::<BTreeSet<_>>(), fields(head));
        assert_eq!(shown["body"], serde_json::from_str::<Value>(body)?);
    }
    Ok(())
}

/// A shell that has this for curl prints its standard input and its arguments, each in brackets.
#[cfg(unix)]
const CURL: &str = r#"curl() { cat; for argument; do printf '[%s]\n' "$argument"; done; }"#;

#[cfg(unix)]
#[tokio::test]
async fn the_command_can_be_pasted() -> Result {
    let home = Home::new()?;
    let text = "it's $HOME `id` \\ \"ü\" !\n\u{202e}\u{9b}";
    let show = home
        .acquire_with(["chat", "send", "--dry-run", "--output", "curl"])
        .args(["--case", "28", "--as-agent", "--text", text])
        .args(["--meta", "{\"a\":\n 1.50}"])
        .env("ACQUIRE_ACCOUNT_ID", "acme")
        .env("ACQUIRE_API_KEY", CANARY);
    let command = show.run().await?.ok()?;
    assert!(!command.contains(CANARY), "{command}");
    assert_text!(home, "curl", command);
    let output = tokio::process::Command::new("sh")
        .args(["-c", &format!("{CURL}\n{command}")])
        .env("ACQUIRE_API_KEY", "a$key")
        .stdin(Stdio::null())
        .output()
        .await?;
    let run: Run = output.try_into()?;
    let printed = run.ok()?;
    assert_text!(home, "curl_arguments", printed);
    let body = printed.split_once("[--data-raw]\n[").ok_or("no body")?.1;
    let body: Value = serde_json::from_str(body.strip_suffix("]\n").ok_or("no end")?)?;
    assert_eq!(body["message"]["message"], text);
    Ok(())
}

#[tokio::test]
async fn a_command_is_for_a_dry_run_alone() -> Result {
    let home = Home::new()?;
    let send = "chat send --sandbox --case 28 --text hi --output curl";
    let run = home.acquire(send).run().await?;
    assert_eq!(
        run.to_string(),
        "exit 2\nstderr: acquire: --output curl needs --dry-run: it prints the request instead of sending it\n"
    );
    Ok(())
}

#[tokio::test]
async fn a_message_that_would_be_rejected_is_reported() -> Result {
    let home = Home::new()?;
    let run = home
        .acquire("chat send --sandbox --dry-run --case 0 --text hi")
        .run()
        .await?;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
    assert!(run.stderr.starts_with("acquire: `case` "), "{run}");
    Ok(())
}
