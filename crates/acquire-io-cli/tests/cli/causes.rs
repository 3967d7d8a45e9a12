//! Why a message was not sent, as the system and the HTTP stack report it: in the JSON, and once on standard error.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
#[cfg(target_os = "linux")]
use std::process::Stdio;

use acquire_io_sandbox::Sandbox;
use acquire_io_tests::fault::reserved_port;
use serde_json::Value;

use crate::support::*;

const CHAT: &str = "chat send --case 28 --text canary --attempts 1 --output json";

/// Checks that a message ended as not sent for this cause.
fn assert_cause(run: &Run, cause: &str) -> Result {
    assert_eq!(run.code, Some(5), "{run}");
    let report: Value = serde_json::from_str(&run.stdout)?;
    let causes = report["error"]["cause"].as_array().ok_or("no list")?;
    let holds = |value: &Value| value.as_str().is_some_and(|text| text.contains(cause));
    assert!(causes.iter().any(holds), "{run}");
    assert_eq!(run.stderr.matches(cause).count(), 1, "{run}");
    assert!(!run.to_string().contains(CANARY), "{run}");
    Ok(())
}

#[tokio::test]
async fn connection_refused() -> Result {
    let (_port, nobody) = reserved_port()?;
    let home = Home::new()?;
    let run = home.acquire(CHAT).env("ACQUIRE_API_KEY", "k");
    let run = run.env("ACQUIRE_BASE_URL", format!("http://{nobody}"));
    assert_cause(&run.run().await?, "refused")
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts() -> Result {
    let identity = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let sandbox = Sandbox::builder()
        .tls(identity.cert.pem(), identity.signing_key.serialize_pem())
        .start()
        .await?;
    let home = Home::new()?;
    let run = home.acquire(CHAT).to(&sandbox).run().await?;
    assert_cause(&run, "invalid peer certificate: UnknownIssuer")?;
    let report: Value = serde_json::from_str(&run.stdout)?;
    assert_eq!(report["next_step"], "fix_setup");
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_wants_a_password() -> Result {
    let proxy = TcpListener::bind("127.0.0.1:0")?;
    let address = proxy.local_addr()?;
    let answered = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut connection, _) = proxy.accept()?;
        let mut head = BufReader::new(connection.try_clone()?).lines();
        while head
            .next()
            .transpose()?
            .is_some_and(|line| !line.is_empty())
        {}
        connection
            .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
    });
    let home = Home::new()?;
    let run = home
        .acquire(CHAT)
        .env("ACQUIRE_ACCOUNT_ID", "acme")
        .env("ACQUIRE_API_KEY", "k")
        .env("ACQUIRE_PROXY", format!("http://{address}"));
    let run = run.run().await?;
    answered.join().map_err(|_| "the proxy panicked")??;
    assert_cause(&run, "proxy authorization required")?;
    let report: Value = serde_json::from_str(&run.stdout)?;
    assert_eq!(report["delivery"], "not_sent");
    assert_eq!(report["next_step"], "fix_setup");
    Ok(())
}

/// With more and more of them, until the message is sent. With fewer than eight, the runtime can't start.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_file_descriptor_is_left() -> Result {
    let sandbox = Sandbox::start().await?;
    let home = Home::new()?;
    let mut reached = 0;
    for limit in 8..32 {
        let script = format!("ulimit -n {limit}; exec \"$@\"");
        let output = tokio::process::Command::new("sh")
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_acquire")])
            .args(CHAT.split_whitespace())
            .env_clear()
            .env("HOME", home.path())
            .env("ACQUIRE_BASE_URL", sandbox.base_url())
            .env("ACQUIRE_API_KEY", sandbox.api_key())
            .stdin(Stdio::null())
            .output()
            .await?;
        let run: Run = output.try_into()?;
        if run.code == Some(0) {
            break;
        }
        assert!(run.stderr.contains("Too many open files"), "{limit}: {run}");
        assert!(!run.stderr.contains("panicked"), "{limit}: {run}");
        reached += 1;
    }
    assert!(reached > 0);
    assert!(sandbox.received().len() <= 1);
    Ok(())
}
