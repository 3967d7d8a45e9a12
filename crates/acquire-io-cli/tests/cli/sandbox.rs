//! `acquire sandbox` prints what to do with it.

use std::process::Stdio;

use acquire_io_sandbox::{Received, Sandbox};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::support::*;

/// What it prints up to the last line to paste, pasted into a shell.
#[tokio::test]
async fn its_lines_can_be_pasted() -> Result {
    for options in ["sandbox --quiet", "sandbox --quiet --api-key a$b;c"] {
        let home = Home::new()?;
        let mut sandbox = home.acquire(options).start(Stdio::piped())?;
        let stdout = sandbox.stdout.take().ok_or("no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let (mut printed, mut pasted) = (String::new(), String::new());
        while let Some(line) = lines.next_line().await? {
            printed.extend([line.as_str(), "\n"]);
            if let Some(line) = line.strip_prefix("  ") {
                pasted.extend([line, "\n"]);
            }
            if line.contains("chat send") {
                break;
            }
        }
        let name = if options.contains('$') {
            "own_key"
        } else {
            "greeting"
        };
        assert_text!(home, name, printed);
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_acquire")).parent();
        let folder = folder.ok_or("no folder")?.display().to_string();
        let output = Command::new("/bin/sh")
            .args(["-c", &pasted])
            .env_clear()
            .env("PATH", folder)
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .output()
            .await?;
        let run: Run = output.try_into()?;
        assert!(run.ok()?.contains(r#""delivery":"accepted""#));
        sandbox.kill().await?;
    }
    Ok(())
}

/// What the page copies as a command sends the same message again.
#[cfg(unix)]
#[tokio::test]
async fn a_message_can_be_sent_again_by_its_command() -> Result {
    let document: Value = serde_json::from_str(acquire_io_api::OPENAPI_JSON)?;
    let examples = document["components"]["examples"].as_object();
    let mut requests = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        let operation = methods["post"]["operationId"].as_str().unwrap_or_default();
        let prefix = format!("{operation}.request.");
        for (name, example) in examples.into_iter().flatten() {
            if name.starts_with(&prefix) {
                requests.push((path.clone(), example["value"].clone()));
            }
        }
    }
    let contact = "/api/v1/crm/messenger/chat/add-message?contactId=5&x-user-type=contact";
    let text = "-50% for 'you' & \"$HOME\"\n\\ `id`";
    for kind in ["message", "note", "event"] {
        let body =
            json!({"caseId": 28, "message": {"type": kind, "message": text}, "meta": {"a": [1.0]}});
        requests.push((contact.to_owned(), body));
    }
    assert_eq!(requests.len(), 11);

    let sandbox = Sandbox::start().await?;
    let home = Home::new()?;
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_acquire")).parent();
    let folder = folder.ok_or("no folder")?.display().to_string();
    let http = reqwest::Client::builder().no_proxy().build()?;
    for (path, body) in requests {
        sandbox.reset();
        let request = http
            .post(format!("{}{path}", sandbox.base_url()))
            .bearer_auth(sandbox.api_key())
            .header("content-type", "application/json")
            .body(body.to_string());
        assert_eq!(request.send().await?.status(), 200, "{path}: {body}");
        let first = sandbox.received().remove(0);
        let url = format!(
            "{}/_sandbox/ledger/{}/acquire",
            sandbox.base_url(),
            first.number
        );
        let command = http.get(url).send().await?.text().await?;
        let output = Command::new("/bin/sh")
            .args(["-c", &command])
            .env_clear()
            .env("PATH", &folder)
            .env("HOME", home.path())
            .env("ACQUIRE_BASE_URL", sandbox.base_url())
            .env("ACQUIRE_API_KEY", sandbox.api_key())
            .stdin(Stdio::null())
            .output()
            .await?;
        let run: Run = output.try_into()?;
        run.ok().map_err(|error| format!("{command}: {error}"))?;
        let second = sandbox.received().remove(1);
        let json = |entry: &Received| serde_json::from_slice::<Value>(&entry.body);
        assert_eq!(json(&second)?, json(&first)?, "{command}");
        assert_eq!(second.uri, first.uri, "{command}");
    }
    Ok(())
}
