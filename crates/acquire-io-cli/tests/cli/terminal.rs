//! What a server, a certificate, a file or a name holds can't act on a terminal.

use acquire_io_tests::fault::{Answer, Server};
use serde_json::{Value, json};

use crate::support::*;

/// Clears a screen, colours, rings, reorders, hides, breaks lines.
const HOSTILE: &str =
    "\u{1b}[2J\u{9b}31m\u{7}\u{7f}\u{202e}\u{2066}\u{200f}\u{200b}\u{2028}\u{feff}\r\u{8}\nforged";

/// Whether it holds nothing but printable characters and line breaks, and no line that is none of the program's own.
fn is_inert(text: &str) -> bool {
    let acts = |c: char| c != '\n' && (c.is_control() || HOSTILE.contains(c) && !c.is_ascii());
    let forged = |line: &str| line.trim_start_matches("stderr: ").starts_with("forged");
    !text.contains(acts) && !text.lines().any(forged)
}

#[tokio::test]
async fn answers() -> Result {
    let message = format!("ba{HOSTILE}d");
    let code = format!("E{HOSTILE}");
    for (status, body) in [
        (
            400,
            json!({"error": {"code": code, "message": message}}).to_string(),
        ),
        (
            400,
            json!({"error": {"code": "E", "message": message.repeat(1000)}}).to_string(),
        ),
        (400, message.clone()),
        (500, format!("<title>{message}</title>")),
        (
            200,
            json!({"error": {"code": "E", "message": message}}).to_string(),
        ),
        (200, json!({"data": {"id": message}}).to_string()),
    ] {
        let answer = Answer::json(status, body.clone()).header("retry-after", "\u{9b}31m");
        let server = Server::answering(answer)?;
        for output in ["text", "json"] {
            let home = Home::new()?;
            let run = home
                .acquire("chat send --case 28 --text hi -vvv --output")
                .args([output])
                .env("ACQUIRE_BASE_URL", server.base_url())
                .env("ACQUIRE_API_KEY", "k")
                .run()
                .await?;
            assert!(is_inert(&run.stdout), "{:?}", run.stdout);
            assert!(is_inert(&run.stderr), "{:?}", run.stderr);
            assert!(run.stderr.len() < 8 << 10, "{}", run.stderr.len());
            if output == "json" {
                // The value is what it was.
                let report: Value = serde_json::from_str(&run.stdout)?;
                let response = &report["response"];
                let same = match serde_json::from_str::<Value>(&body) {
                    Ok(json) => *response == json,
                    Err(_) => *response == body,
                };
                assert!(same, "{response}");
            }
        }
    }
    Ok(())
}

/// As Python, jq and other strict parsers read it.
#[tokio::test]
async fn every_parser_reads_the_report() -> Result {
    let deep = format!("{{\"error\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    for body in [
        r#"{"error":{"message":"\ud800"}}"#,
        r#"{"error":{"message":"a\udc00b"}}"#,
        r#"{"error":{"code":"\ud83d\ude00"}}"#,
        "{\"error\":{\n\"message\":\r\n\"a\u{2028}b\"}}",
        &deep,
        &format!("{{\"error\":\"{}\"}}", "a".repeat(1 << 20)),
        "\u{feff}{}",
    ] {
        let server = Server::answering(Answer::json(400, body))?;
        let home = Home::new()?;
        let run = home
            .acquire("chat send --case 28 --text hi --output json")
            .env("ACQUIRE_BASE_URL", server.base_url())
            .env("ACQUIRE_API_KEY", "k")
            .run()
            .await?;
        assert_eq!(run.stdout.lines().count(), 1, "{run}");
        assert!(run.stdout.len() < 600 << 10, "{}", run.stdout.len());
        // Decodes every string, and goes no deeper than most.
        let report: Value = serde_json::from_str(&run.stdout)?;
        assert_eq!(report["delivery"], "refused");
    }
    Ok(())
}

#[tokio::test]
async fn names_of_files_and_profiles() -> Result {
    let hostile = HOSTILE.replace('/', "");
    let home = Home::with_config(&format!(
        "[profiles.{}]\naccount_id = 'a'\n",
        serde_json::to_string(&hostile)?.replace('\u{7f}', "\\u007f")
    ))?;
    let pointer = serde_json::json!({format!("/{HOSTILE}/a"): 1}).to_string();
    for arguments in [
        vec!["config", "check", "--config", &hostile],
        vec!["config", "check", "--profile", &hostile],
        vec!["config", "check", "--profile", "gone"],
        vec!["config", "use", &hostile],
        vec!["config", "use", "gone"],
        vec!["config", "set", "timeout", "1s", "--profile", &hostile],
        vec!["config", "unset", "timeout", "--profile", &hostile],
        vec!["config", "set", "timeout", &hostile],
        vec!["config", "check", "--api-key-file", &hostile],
        vec!["batch", &hostile],
        vec!["batch", "--outbox", &hostile, "rows"],
        vec!["outbox", "show", &hostile],
        vec!["man", "--out", &hostile],
        vec![&hostile],
        vec!["chat", "send", &hostile],
        vec!["chat", "send", "--case", &hostile],
        vec!["sandbox", "--seed", &hostile],
        vec!["sandbox", "--shape", &hostile],
        vec!["sandbox", "--fixed-time", &hostile],
        vec!["sandbox", "--api-key", &hostile],
        vec![
            "chat",
            "send",
            "--sandbox",
            "--case",
            "28",
            "--text",
            "a",
            "--json",
            &pointer,
        ],
        vec![
            "chat",
            "send",
            "--sandbox",
            "--case",
            "28",
            "--text",
            "a",
            "--meta",
            &hostile,
        ],
        vec![
            "sms",
            "send",
            "--sandbox",
            "--case",
            "1",
            "--contact",
            "2",
            "--timeline",
            "3",
            "--from",
            "a",
            "--to",
            "b",
            "--text",
            "c",
            "--without",
            &hostile,
        ],
        vec!["sandbox", "--fault", &hostile],
    ] {
        let run = home.acquire_with(arguments.iter().copied()).run().await?;
        assert!(is_inert(&run.to_string()), "{arguments:?} {:?}", run.stderr);
        let _ = std::fs::remove_dir_all(home.path().join(&hostile));
    }
    Ok(())
}

#[tokio::test]
async fn rows() -> Result {
    let home = Home::new()?;
    let key = serde_json::to_string(HOSTILE)?;
    home.write(
        "rows",
        &format!("{{{key}: 1, \"channel\": {key}, \"key\": {key}}}\n"),
    )?;
    home.write("rows.csv", &format!("{HOSTILE},case\n1,2\n"))?;
    for file in ["rows", "rows.csv"] {
        let run = home.acquire("batch --sandbox").args([file]).run().await?;
        assert_eq!(run.code, Some(2), "{run}");
        assert!(is_inert(&run.to_string()), "{:?}", run.stderr);
    }
    Ok(())
}

/// rustls names those of the certificate.
#[tokio::test]
async fn certificates() -> Result {
    let name = "evil.example";
    let identity = rcgen::generate_simple_self_signed([name.to_owned()])?;
    let sandbox = acquire_io_sandbox::Sandbox::builder()
        .tls(identity.cert.pem(), identity.signing_key.serialize_pem())
        .start()
        .await?;
    let home = Home::new()?;
    home.write("ca.pem", &identity.cert.pem())?;
    let run = home
        .acquire("chat send --case 28 --text hi --attempts 1 --root-certificates ca.pem")
        .to(&sandbox)
        .run()
        .await?;
    assert_eq!(run.code, Some(5), "{run}");
    assert!(
        is_inert(&run.stderr) && run.stderr.lines().count() <= 4,
        "{run}"
    );
    Ok(())
}
