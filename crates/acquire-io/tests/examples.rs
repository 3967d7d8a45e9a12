//! Each example, run as a process against a sandbox. `test_own_code` is a test itself.

use std::env;
use std::error::Error;
use std::process::{Output, Stdio};

use acquire_io_sandbox::{FaultRule, Operation, Received, Sandbox, Verdict};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpSocket;
use tokio::process::Command;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// An example, with the settings for the sandbox. Cargo builds the examples with the tests of this package, unless it
/// is told to build one of them alone.
fn example(name: &str, arguments: &[&str], sandbox: &Sandbox) -> Result<Command> {
    let test = env::current_exe()?;
    let built = test.parent().and_then(|deps| deps.parent());
    let program = built
        .ok_or("no folder")?
        .join("examples")
        .join(name)
        .with_extension(env::consts::EXE_EXTENSION);
    if !program.exists() {
        let missing = program.display();
        return Err(format!("no {missing}: cargo build -p acquire-io --examples").into());
    }
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove("ACQUIRE_ACCOUNT_ID")
        .env("ACQUIRE_BASE_URL", sandbox.base_url())
        .env("ACQUIRE_API_KEY", sandbox.api_key())
        .kill_on_drop(true);
    Ok(command)
}

/// What an example prints that succeeds.
async fn printed(name: &str, arguments: &[&str], sandbox: &Sandbox) -> Result<String> {
    stdout(example(name, arguments, sandbox)?.output().await?)
}

fn stdout(output: Output) -> Result<String> {
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr)?.into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The one message that the sandbox accepted.
fn accepted(sandbox: &Sandbox) -> Result<Received> {
    match <[Received; 1]>::try_from(sandbox.received()) {
        Ok([received]) if received.verdict == Verdict::Accepted => Ok(received),
        other => Err(format!("{other:?}").into()),
    }
}

#[tokio::test]
async fn send_chat() -> Result {
    let sandbox = Sandbox::start().await?;
    let printed = printed("send_chat", &["28", "hi"], &sandbox).await?;
    assert_eq!(printed, "accepted: Some(MessageId(1))\n");
    assert_eq!(
        accepted(&sandbox)?.operation,
        Some(Operation::SendChatMessage)
    );
    Ok(())
}

#[tokio::test]
async fn send_mail() -> Result {
    let sandbox = Sandbox::start().await?;
    let arguments = ["575", "597632", "user@acquire.io", "ann@example.com"];
    let printed = printed("send_mail", &arguments, &sandbox).await?;
    assert_eq!(printed, "accepted: Some(MessageId(1))\n");
    assert_eq!(
        accepted(&sandbox)?.operation,
        Some(Operation::SendMailMessage)
    );
    Ok(())
}

#[tokio::test]
async fn send_sms() -> Result {
    let sandbox = Sandbox::start().await?;
    let arguments = [
        "2219",
        "751069",
        "2108",
        "+12513188609",
        "+919666929552",
        "hi",
    ];
    let printed = printed("send_sms", &arguments, &sandbox).await?;
    assert_eq!(printed, "accepted: Some(MessageId(1))\n");
    assert_eq!(accepted(&sandbox)?.operation, Some(Operation::SendSms));
    Ok(())
}

#[tokio::test]
async fn send_many() -> Result {
    let sandbox = Sandbox::start().await?;
    let mut arguments = vec!["28", ""];
    arguments.extend(["hi"; 20]);
    let printed = printed("send_many", &arguments, &sandbox).await?;
    assert_eq!(printed.lines().count(), 21);
    assert!(printed.contains("0: sendChatMessage: `text` is empty; not sent"));
    assert_eq!(printed.matches("accepted: Some(MessageId(").count(), 20);
    assert_eq!(sandbox.received().len(), 20);
    Ok(())
}

#[tokio::test]
async fn handle_errors() -> Result {
    let sandbox = Sandbox::start().await?;
    let advice = async |case, text| {
        let printed = printed("handle_errors", &[case, text], &sandbox).await?;
        Result::Ok(printed.lines().next().unwrap_or_default().to_owned())
    };
    assert_eq!(advice("28", "hi").await?, "accepted: Some(MessageId(1))");
    assert_eq!(advice("28", "").await?, "fix text, then send it");
    assert_eq!(advice("27", "hi").await?, "fix the message, then send it");

    for (action, expected) in [
        (
            r#"{"type": "answer", "status": 429, "headers": {"retry-after": "7"}}"#,
            "too many messages: send it again after 7s",
        ),
        (
            r#"{"type": "answer", "status": 503}"#,
            "it may have been sent: look into the case first",
        ),
        (
            r#"{"type": "answer", "status": 200, "body": "<p>", "accept": true}"#,
            "it may have been sent: look into the case first",
        ),
    ] {
        let rule = FaultRule::from_json(&format!(r#"{{"action": {action}}}"#))?;
        sandbox.set_faults(vec![rule])?;
        assert_eq!(advice("28", "hi").await?, expected);
    }

    let mut wrong_key = example("handle_errors", &["28", "hi"], &sandbox)?;
    sandbox.set_faults(Vec::new())?;
    let printed = stdout(wrong_key.env("ACQUIRE_API_KEY", "wrong").output().await?)?;
    assert!(
        printed.starts_with("fix the API key or the connection, then send it again\n"),
        "{printed}"
    );

    // Bound, but nobody listens.
    let deaf = TcpSocket::new_v4()?;
    deaf.bind("127.0.0.1:0".parse()?)?;
    let mut nobody = example("handle_errors", &["28", "hi"], &sandbox)?;
    nobody.env("ACQUIRE_BASE_URL", format!("http://{}", deaf.local_addr()?));
    let printed = stdout(nobody.output().await?)?;
    assert!(
        printed.starts_with("nothing was sent: send it again\n"),
        "{printed}"
    );
    Ok(())
}

#[tokio::test]
async fn trace() -> Result {
    let sandbox = Sandbox::start().await?;
    let printed = printed("trace", &["28", "canary"], &sandbox).await?;
    for part in [
        "acquire.call",
        "acquire.attempt",
        "http.response.status_code=200",
        "acquire.delivery=accepted",
    ] {
        assert!(printed.contains(part), "{part} is not in {printed}");
    }
    assert!(!printed.contains("canary"), "{printed}");
    Ok(())
}

#[tokio::test]
async fn web_handler() -> Result {
    let sandbox = Sandbox::start().await?;
    let mut command = example("web_handler", &["0"], &sandbox)?;
    let mut server = command.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(server.stdout.take().ok_or("no output")?).lines();
    let line = lines.next_line().await?.ok_or("no line")?;
    let address = line.strip_prefix("listening on ").ok_or("no address")?;

    let browser = reqwest::Client::builder().no_proxy().build()?;
    for (case, status) in [(28, 200), (27, 422), (0, 422)] {
        let request = browser.post(format!("{address}/notify"));
        let request = request.header("content-type", "application/json");
        let body = format!(r#"{{"case": {case}, "text": "hi"}}"#);
        assert_eq!(request.body(body).send().await?.status(), status, "{case}");
    }
    let received: Vec<_> = sandbox
        .received()
        .iter()
        .map(|received| received.verdict)
        .collect();
    assert_eq!(received, [Verdict::Accepted, Verdict::Refused]);
    Ok(())
}

#[cfg(feature = "schemars")]
#[tokio::test]
async fn json_schema() -> Result {
    let sandbox = Sandbox::start().await?;
    let tool: serde_json::Value =
        serde_json::from_str(&printed("json_schema", &[], &sandbox).await?)?;
    assert_eq!(tool["input_schema"]["title"], "Chat");

    let good = r#"{"channel": "chat", "case": 28, "note": "hi"}"#;
    let printed = printed("json_schema", &[good], &sandbox).await?;
    assert_eq!(printed, "accepted: Some(MessageId(1))\n");
    let received = accepted(&sandbox)?;
    let body: serde_json::Value = serde_json::from_slice(&received.body)?;
    assert_eq!(body["message"]["type"], "note");

    let bad = r#"{"channel": "telegram", "case": 28, "text": "hi"}"#;
    let mut command = example("json_schema", &[bad], &sandbox)?;
    assert!(!command.output().await?.status.success());
    assert_eq!(sandbox.received().len(), 1);
    Ok(())
}
