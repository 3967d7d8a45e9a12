//! A dry run shows what would be on the wire.

use std::collections::BTreeSet;

use acquire_io_tests::fault::{Answer, Server};

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
