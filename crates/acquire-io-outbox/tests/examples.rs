//! Each example, run as a process against a sandbox; and the pages that show them.
#![cfg(unix)]

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use acquire_io_sandbox::{Sandbox, Verdict};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(30);

/// An example's program. Cargo builds the examples with the tests of this package.
fn program(name: &str) -> Result<PathBuf> {
    let test = env::current_exe()?;
    let built = test.parent().and_then(|deps| deps.parent());
    let program = built.ok_or("no folder")?.join("examples").join(name);
    match program.exists() {
        true => Ok(program),
        false => Err(format!(
            "no {}: cargo build -p acquire-io-outbox --examples",
            program.display()
        )
        .into()),
    }
}

/// The whole answer to a request.
async fn request(address: &str, head: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn the_service_sends_once_and_stops_gracefully() -> Result {
    let sandbox = Sandbox::start().await?;
    let folder = tempfile::tempdir()?;
    let mut service = Command::new(program("service")?)
        .arg("0")
        .arg(folder.path().join("orders.outbox"))
        .env_remove("ACQUIRE_ACCOUNT_ID")
        .env("ACQUIRE_BASE_URL", sandbox.base_url())
        .env("ACQUIRE_API_KEY", sandbox.api_key())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(service.stdout.take().ok_or("no output")?).lines();
    let line = lines.next_line().await?.ok_or("no line")?;
    let address = line
        .strip_prefix("listening on http://")
        .ok_or(line.clone())?;

    // A caller that doesn't know whether its first request arrived.
    for _ in 0..2 {
        let answer = request(address, "POST /ready", r#"{"order": 17, "case": 28}"#).await?;
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }
    let answer = request(address, "POST /ready", r#"{"order": 17, "case": 9}"#).await?;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    let settled = tokio::time::timeout(LONG, lines.next_line()).await??;
    assert_eq!(settled.as_deref(), Some("acme: message 1 is accepted"));
    let answer = request(address, "GET /ready/17", "").await?;
    assert!(answer.ends_with("\r\n\r\naccepted"), "{answer}");
    let answer = request(address, "GET /ready/18", "").await?;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");

    let id = service.id().ok_or("it has ended")?.to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await?
            .success()
    );
    let status = tokio::time::timeout(LONG, service.wait()).await??;
    assert!(status.success(), "{status}");
    let mut rest = Vec::new();
    while let Some(line) = lines.next_line().await? {
        rest.push(line);
    }
    assert_eq!(rest, ["acme: stopped: asked to stop", "1 accepted"]);
    let verdicts: Vec<_> = sandbox.received().iter().map(|it| it.verdict).collect();
    assert_eq!(verdicts, [Verdict::Accepted]);
    // One file at rest.
    let files: Vec<_> = folder.path().read_dir()?.collect::<std::io::Result<_>>()?;
    assert_eq!(files.len(), 1, "{files:?}");
    Ok(())
}

#[tokio::test]
async fn the_shortest_program_sends_once() -> Result {
    let sandbox = Sandbox::start().await?;
    let folder = tempfile::tempdir()?;
    for printed in ["1 accepted\n", "0 accepted\n"] {
        let output = Command::new(program("send_all")?)
            .current_dir(folder.path())
            .env_remove("ACQUIRE_ACCOUNT_ID")
            .env("ACQUIRE_BASE_URL", sandbox.base_url())
            .env("ACQUIRE_API_KEY", sandbox.api_key())
            .kill_on_drop(true)
            .output()
            .await?;
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8(output.stdout)?, printed);
    }
    assert_eq!(sandbox.received().len(), 1);
    Ok(())
}

/// The first program of a page.
fn shown(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("```rust,no_run\n")?;
    Some(rest.split_once("```")?.0)
}

#[test]
fn the_pages_show_the_examples() {
    for (page, example) in [
        (
            include_str!("../docs/service.md"),
            include_str!("../examples/service.rs"),
        ),
        (
            include_str!("../README.md"),
            include_str!("../examples/send_all.rs"),
        ),
    ] {
        let program = example.split_once("\n\n").map(|(_, program)| program);
        assert_eq!(shown(page), program);
    }
}
