//! The outcome of a message: what is printed, the exit code, and how many requests arrived.

use std::fmt::Write as _;

use acquire_io_sandbox::Sandbox;
use acquire_io_tests::fault::reserved_port;
use serde_json::{Value, json};

use crate::support::*;

const CHAT: &str = "chat send --case 28 --text canary";
const MAIL: &str = "mail send --case 575 --contact 597632 --from user@acquire.io --to a@example.com \
                    --subject canary --html canary";
const SMS: &str = "sms send --case 2219 --contact 751069 --timeline 2108 --from +12513188609 \
                   --to +919666929552 --text canary";

/// What meets the message.
const OUTCOMES: [&str; 7] = [
    "accepted",
    "refused",
    "rejected before it is sent",
    "wrong key",
    "connection refused",
    "server fails",
    "server is silent",
];

async fn table(message: &str, refused: &str, rejected: &str) -> Result<String> {
    let mut table = String::new();
    for outcome in OUTCOMES {
        for form in ["text", "json"] {
            let fault = match outcome {
                "server fails" => Some(json!({"action": {"type": "answer", "status": 500}})),
                "server is silent" => {
                    Some(json!({"action": {"type": "hang", "stage": "received"}}))
                }
                _ => None,
            };
            let sandbox = sandbox(fault).await?;
            let (_port, nobody) = reserved_port()?;

            let home = Home::new()?;
            let mut acquire = home.acquire(message).to(&sandbox);
            acquire = match outcome {
                "refused" => acquire.args(refused.split(' ')),
                "rejected before it is sent" => acquire.args(rejected.split(' ')),
                "wrong key" => acquire.env("ACQUIRE_API_KEY", CANARY),
                "connection refused" => {
                    let url = format!("http://{nobody}");
                    acquire
                        .env("ACQUIRE_BASE_URL", url)
                        .args(["--attempts", "2"])
                }
                "server is silent" => acquire.args(["--timeout", "1s"]),
                _ => acquire,
            };
            let run = acquire.args(["--output", form]).run().await?;
            assert!(!run.stderr.contains(CANARY), "{run}");
            if form == "json" && run.code != Some(2) {
                let report: Value = serde_json::from_str(run.stdout.trim_end())?;
                assert!(report.is_object(), "{run}");
            }
            let requests = sandbox.received().len();
            writeln!(table, "== {outcome}, {form}, {requests} requests\n{run}")?;
        }
    }
    Ok(table)
}

#[tokio::test]
async fn chat() -> Result {
    let refused = r#"--json {"/message/type":"telegram"}"#;
    let table = table(CHAT, refused, "--translate-lang-key english!").await?;
    assert_text!(Home::new()?, "chat", table);
    Ok(())
}

#[tokio::test]
async fn mail() -> Result {
    let table = table(
        MAIL,
        r#"--json {"/data/from":"other@example.com"}"#,
        "--cc nobody",
    )
    .await?;
    assert_text!(Home::new()?, "mail", table);
    Ok(())
}

#[tokio::test]
async fn sms() -> Result {
    let table = table(SMS, r#"--json {"/From":"+1"}"#, r#"--json {"nowhere":1}"#).await?;
    assert_text!(Home::new()?, "sms", table);
    Ok(())
}

#[tokio::test]
async fn too_many_requests_say_when_to_send_again() -> Result {
    let answer = json!({"type": "answer", "status": 429, "headers": {"retry-after": "1.5"}});
    let sandbox = sandbox(Some(json!({"action": answer}))).await?;
    let home = Home::new()?;
    let send = home.acquire(CHAT).to(&sandbox);
    let run = send.args(["--output", "json"]).run().await?;
    assert_eq!(run.code, Some(4), "{run}");
    let report: Value = serde_json::from_str(&run.stdout)?;
    let (step, seconds) = (&report["next_step"], &report["retry_after"]);
    assert_eq!((step, seconds), (&json!("send_again"), &json!(2)), "{run}");
    assert!(
        run.stderr.ends_with("\n  send it again after 2 s\n"),
        "{run}"
    );
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_named_by_where_it_came_from() -> Result {
    let sandbox = sandbox(None).await?;
    let url = sandbox.base_url();
    let home = Home::with_config(&format!(
        "[profiles.live]\nbase_url = '{url}'\napi_key = 'canary'\n\
         [profiles.file]\nbase_url = '{url}'\napi_key_file = 'file.key'\n"
    ))?;
    home.write("option.key", "canary\n")?;
    home.write(".config/acquire/file.key", "canary\n")?;
    let config = home.config().display().to_string();
    for (options, variable, source) in [
        (
            "--profile live",
            None,
            format!("{config}, profile live, api_key"),
        ),
        (
            "--profile file",
            None,
            format!("{config}, profile file, api_key_file"),
        ),
        (
            "--profile live --api-key-file option.key",
            None,
            "--api-key-file".to_owned(),
        ),
        ("--profile live", Some(CANARY), "ACQUIRE_API_KEY".to_owned()),
    ] {
        let mut send = home.acquire("chat send --case 28 --text hi");
        send = send.args(options.split(' '));
        if let Some(key) = variable {
            send = send.env("ACQUIRE_API_KEY", key);
        }
        let run = send.run().await?;
        assert_eq!(run.code, Some(4), "{run}");
        let said =
            format!("\n  the API key came from {source}; fix the set-up, then send it again\n");
        assert!(run.stderr.ends_with(&said), "{said}: {run}");
        assert!(!run.to_string().contains(CANARY), "{run}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_contact_is_reported() -> Result {
    let sandbox = sandbox(None).await?;
    let home = Home::new()?;
    let run = home
        .acquire("chat send --case 404 --text hi")
        .to(&sandbox)
        .run()
        .await?;
    assert_eq!(run.code, Some(4), "{run}");
    assert!(
        run.stderr.ends_with("do the IDs belong to this account?\n"),
        "{run}"
    );
    Ok(())
}

/// With a standard output that nobody reads.
async fn unread(home: &Home, arguments: &str, sandbox: &Sandbox) -> Result<Run> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    home.acquire(arguments).to(sandbox).run_to(writer).await
}

/// The outcome is the same whether it can be printed or not.
#[tokio::test]
async fn a_closed_standard_output_changes_no_outcome() -> Result {
    let home = Home::new()?;
    let sandbox = sandbox(None).await?;
    for form in ["text", "json"] {
        let accepted = unread(&home, &format!("{CHAT} --output {form}"), &sandbox).await?;
        assert_eq!(accepted.to_string(), "exit 0\n");
        let refused = format!("chat send --case 404 --text hi --output {form}");
        assert_eq!(unread(&home, &refused, &sandbox).await?.code, Some(4));
    }
    assert_eq!(sandbox.received().len(), 4);
    for arguments in [
        "openapi",
        "schema message",
        "man",
        "completions bash",
        "demo",
        "config path",
        "chat send --case 1 --text hi --dry-run",
    ] {
        assert_eq!(
            unread(&home, arguments, &sandbox).await?.to_string(),
            "exit 0\n",
            "{arguments}"
        );
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_standard_output_that_fails_is_reported() -> Result {
    let home = Home::new()?;
    let sandbox = sandbox(None).await?;
    for (case, code) in [(28, 1), (404, 4)] {
        let full = std::fs::File::options().write(true).open("/dev/full")?;
        let send = format!("chat send --case {case} --text hi --output json");
        let run = home.acquire(&send).to(&sandbox).run_to(full).await?;
        assert_eq!(run.code, Some(code), "{run}");
        assert!(
            run.stderr
                .contains("acquire: standard output: No space left"),
            "{run}"
        );
    }
    assert_eq!(sandbox.received().len(), 2);
    Ok(())
}
