//! Runs each example as a process against a sandbox. `test_own_code` is itself a test.

use std::env;
use std::error::Error;
use std::process::{Output, Stdio};

use acquire_io_sandbox::{FaultRule, Operation, Received, Sandbox, Verdict};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::{TcpListener, TcpSocket};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{mpsc, watch};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// An example with the settings of the sandbox. Cargo builds the examples with all tests of this package, but not with
/// `--test`.
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

/// The output of an example, which must succeed.
async fn printed(name: &str, arguments: &[&str], sandbox: &Sandbox) -> Result<String> {
    stdout(example(name, arguments, sandbox)?.output().await?)
}

fn stdout(output: Output) -> Result<String> {
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr)?.into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The only message that the sandbox accepted.
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

    // Bound, but not listening.
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

/// A running service, and its output.
struct Service {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Service {
    async fn start(mut command: Command) -> Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let line = lines.next_line().await?.ok_or("no line")?;
        let url = line.strip_prefix("listening on ").ok_or("no address")?;
        Ok(Self {
            url: url.to_owned(),
            process,
            lines,
        })
    }

    async fn post(&self, path: &str, body: &Value) -> Result<reqwest::Response> {
        let browser = reqwest::Client::builder().no_proxy().build()?;
        let request = browser.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json");
        Ok(request.body(body.to_string()).send().await?)
    }

    /// The lines that it prints, up to one with this beginning.
    async fn printed_until(&mut self, start: &str) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await? {
            let is_last = line.starts_with(start);
            lines.push(line);
            if is_last {
                return Ok(lines);
            }
        }
        Err(format!("no line {start} after {lines:?}").into())
    }
}

fn three_channels() -> Value {
    json!({
        "chat": {"case": 28},
        "mail": {
            "case": 575, "contact": 597632, "from": "user@acquire.io",
            "to": ["ann@example.com", "bob@example.com"],
        },
        "sms": {
            "case": 2219, "contact": 751069, "timeline": 2108,
            "from": "+12513188609", "to": "+919666929552",
        },
    })
}

#[tokio::test]
async fn orders() -> Result {
    let sandbox = Sandbox::start().await?;
    let service = Service::start(example("orders", &["0"], &sandbox)?).await?;
    let outcomes = async |event: &Value| {
        let answer = service.post("/orders/17/ready", event).await?;
        assert_eq!(answer.status(), 200);
        let outcomes: Vec<Value> = serde_json::from_str(&answer.text().await?)?;
        Result::Ok(outcomes)
    };
    let sent = outcomes(&three_channels()).await?;
    let channels: Vec<_> = sent.iter().map(|outcome| &outcome["channel"]).collect();
    assert_eq!(channels, ["chat", "mail", "sms"]);
    assert!(
        sent.iter().all(|outcome| outcome["message"].is_i64()),
        "{sent:?}"
    );
    let accepted = sandbox.received();
    assert_eq!(accepted.len(), 3);
    assert!(
        accepted
            .iter()
            .all(|received| received.verdict == Verdict::Accepted)
    );

    // A case that doesn't exist.
    let refused = outcomes(&json!({"chat": {"case": 27}})).await?;
    assert_eq!(refused[0]["next_step"], "fix_message");

    for (action, expected) in [
        (r#"{"type": "answer", "status": 429}"#, "send_again"),
        (r#"{"type": "answer", "status": 403}"#, "fix_setup"),
        (r#"{"type": "break", "stage": "received"}"#, "look_first"),
    ] {
        let rule = FaultRule::from_json(&format!(r#"{{"action": {action}}}"#))?;
        sandbox.set_faults(vec![rule])?;
        let failed = outcomes(&three_channels()).await?;
        assert_eq!(failed.len(), 3);
        assert!(
            failed
                .iter()
                .all(|outcome| outcome["next_step"] == expected),
            "{failed:?}"
        );
    }

    // None is sent when one is wrong.
    sandbox.set_faults(Vec::new())?;
    let before = sandbox.received().len();
    let mut wrong = three_channels();
    wrong["sms"]["to"] = "0012513188609".into();
    let answer = service.post("/orders/17/ready", &wrong).await?;
    assert_eq!(answer.status(), 422);
    assert!(answer.text().await?.starts_with("`to` "));
    assert_eq!(sandbox.received().len(), before);
    Ok(())
}

/// A server in place of Acquire that accepts messages, and answers when the test allows it.
async fn slow_server(
    arrived: mpsc::UnboundedSender<()>,
    release: watch::Receiver<bool>,
) -> Result<String> {
    let answer = async move || {
        arrived.send(()).ok();
        release
            .clone()
            .wait_for(|is_released| *is_released)
            .await
            .ok();
        axum::Json(json!({"data": {"id": 1, "data": {"caseMessageId": 1}}}))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let routes = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(url)
}

/// The caller goes away, then the service is stopped, and only then are the messages answered.
#[cfg(unix)]
#[tokio::test]
async fn orders_that_is_stopped_loses_no_verdict() -> Result {
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (release, is_released) = watch::channel(false);
    let sandbox = Sandbox::start().await?;
    let mut command = example("orders", &["0"], &sandbox)?;
    command.env("ACQUIRE_BASE_URL", slow_server(arrived, is_released).await?);
    let mut service = Service::start(command).await?;

    let event = three_channels();
    tokio::select! {
        answer = service.post("/orders/17/ready", &event) => return Err(format!("{answer:?}").into()),
        _ = async { for _ in 0..3 { arrivals.recv().await; } } => {}
    }
    let process = service.process.id().ok_or("it has ended")?;
    let kill = Command::new("kill").arg(process.to_string()).status();
    assert!(kill.await?.success());
    service.printed_until("stopping").await?;
    release.send(true)?;

    let printed = service.printed_until("stopped, ").await?;
    let calls = printed
        .iter()
        .filter(|line| line.contains("order{order=17}:acquire.call{"));
    let calls: Vec<_> = calls.collect();
    assert_eq!(calls.len(), 3, "{printed:?}");
    for call in calls {
        assert!(call.contains("acquire.delivery=accepted"), "{call}");
        assert!(call.contains("acquire.message_id=1"), "{call}");
    }
    assert_eq!(
        printed.last().map(String::as_str),
        Some("stopped, 0 messages have no verdict")
    );
    assert!(service.process.wait().await?.success());
    Ok(())
}

#[cfg(feature = "schemars")]
#[tokio::test]
async fn json_schema() -> Result {
    let sandbox = Sandbox::start().await?;
    let tool: Value = serde_json::from_str(&printed("json_schema", &[], &sandbox).await?)?;
    assert_eq!(tool["input_schema"]["title"], "Chat");

    let good = r#"{"channel": "chat", "case": 28, "note": "hi"}"#;
    let printed = printed("json_schema", &[good], &sandbox).await?;
    assert_eq!(printed, "accepted: Some(MessageId(1))\n");
    let received = accepted(&sandbox)?;
    let body: Value = serde_json::from_slice(&received.body)?;
    assert_eq!(body["message"]["type"], "note");

    let bad = r#"{"channel": "telegram", "case": 28, "text": "hi"}"#;
    let mut command = example("json_schema", &[bad], &sandbox)?;
    assert!(!command.output().await?.status.success());
    assert_eq!(sandbox.received().len(), 1);
    Ok(())
}
