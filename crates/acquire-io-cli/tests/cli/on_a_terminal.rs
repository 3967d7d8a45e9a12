//! What one message prints on a terminal, in a pipe, and at Ctrl-C.

use std::net::TcpListener;
use std::process::Stdio;

use acquire_io_sandbox::Sandbox;
use acquire_io_tests::process::signal;
use acquire_io_tests::terminal::Terminal;
use serde_json::{Value, json};

use crate::support::*;

const CHAT: &str = "chat send --case 28 --text canary";
const SMS: &str = "sms send --case 2219 --contact 751069 --timeline 2108 --from +12513188609 \
                   --to +919666929552 --text canary";

/// On a terminal that has colours, unless the variables say otherwise.
async fn on_a_terminal(
    home: &Home,
    sandbox: &Sandbox,
    arguments: &str,
    variables: &[(&str, &str)],
) -> Result<(Option<i32>, String)> {
    let command = home
        .acquire_on_a_terminal(arguments)
        .env("ACQUIRE_BASE_URL", sandbox.base_url())
        .env("ACQUIRE_API_KEY", sandbox.api_key())
        .envs(variables.iter().copied());
    Terminal::start(command)?.finish().await
}

#[tokio::test]
async fn one_line_coloured_by_its_outcome() -> Result {
    let home = Home::new()?;
    let sandbox = sandbox(None).await?;
    let host = sandbox.base_url().replace("http://", "");
    let accepted = on_a_terminal(&home, &sandbox, CHAT, &[]).await?;
    assert_eq!(
        accepted,
        (
            Some(0),
            format!("\u{1b}[32maccepted\u{1b}[0m  {host}  case 28  message 1\n")
        )
    );
    let accepted = on_a_terminal(&home, &sandbox, SMS, &[]).await?;
    assert_eq!(
        accepted.1,
        format!("\u{1b}[32maccepted\u{1b}[0m  {host}  case 2219  +919666929552  message 2\n")
    );
    let wrong = [("ACQUIRE_API_KEY", "wrong")];
    let refused = on_a_terminal(&home, &sandbox, CHAT, &wrong).await?;
    assert_eq!(
        refused,
        (
            Some(4),
            format!(
                "acquire: \u{1b}[31mrefused \u{1b}[0m  {host}  case 28  sendChatMessage: 401 Unauthorized, \
                 ERROR_UNAUTHORIZED: the API key is not one of this sandbox\n  \
                 the API key came from ACQUIRE_API_KEY; fix the set-up, then send it again\n"
            )
        )
    );
    Ok(())
}

#[tokio::test]
async fn no_colour_where_none_is_wanted() -> Result {
    let home = Home::new()?;
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let sandbox = sandbox(None).await?;
        let host = sandbox.base_url().replace("http://", "");
        let shown = on_a_terminal(&home, &sandbox, CHAT, &[variable]).await?;
        assert_eq!(
            shown.1,
            format!("accepted  {host}  case 28  message 1\n"),
            "{variable:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn json_where_it_is_asked_for_or_piped() -> Result {
    let home = Home::new()?;
    let sandbox = sandbox(None).await?;
    let host = sandbox.base_url().replace("http://", "");
    let asked = on_a_terminal(&home, &sandbox, &format!("{CHAT} --output json"), &[]).await?;
    let piped = home.acquire(CHAT).to(&sandbox).run().await?.ok()?;
    for printed in [asked.1, piped] {
        let report: Value = serde_json::from_str(&printed)?;
        assert_eq!(report["delivery"], "accepted");
        assert_eq!(report["host"], host);
        assert_eq!(printed.lines().count(), 1);
    }
    let text = home
        .acquire(CHAT)
        .to(&sandbox)
        .args(["--output", "text"])
        .run()
        .await?;
    assert_eq!(
        text.ok()?,
        format!("accepted  {host}  case 28  message 3\n")
    );
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_not_set_is_asked_for() -> Result {
    let home = Home::new()?;
    let sandbox = sandbox(None).await?;
    for (key, code) in [(sandbox.api_key(), 0), (CANARY, 4)] {
        let command = home
            .acquire_on_a_terminal("chat send --case 28 --text hi")
            .env("ACQUIRE_BASE_URL", sandbox.base_url());
        let mut terminal = Terminal::start(command)?;
        terminal.wait_for_secret("API key: ").await?;
        terminal.type_text(&format!("{key}\n")).await?;
        let (ended, shown) = terminal.finish().await?;
        assert_eq!(ended, Some(code), "{shown}");
        assert!(!shown.contains(key), "{shown}");
        let from = "the API key came from the prompt; fix the set-up, then send it again\n";
        assert_eq!(shown.ends_with(from), code == 4, "{shown}");
    }
    Ok(())
}

/// A terminal's own Ctrl-C, once the server has the message.
#[tokio::test]
async fn ctrl_c_after_the_message_left() -> Result {
    let hang = json!({"action": {"type": "hang", "stage": "received"}});
    let (home, sandbox) = (Home::new()?, sandbox(Some(hang)).await?);
    let command = home
        .acquire_on_a_terminal(CHAT)
        .env("ACQUIRE_BASE_URL", sandbox.base_url())
        .env("ACQUIRE_API_KEY", sandbox.api_key())
        .env("NO_COLOR", "1");
    let mut terminal = Terminal::start(command)?;
    sandbox.wait_for(1, LONG).await?;
    terminal.type_text("\u{3}").await?;
    let host = sandbox.base_url().replace("http://", "");
    let (code, shown) = terminal.finish().await?;
    assert_eq!(code, Some(6), "{shown}");
    // The terminal shows what was typed.
    assert_eq!(
        shown.replace("^C", ""),
        format!(
            "acquire: unknown   {host}  case 28  sendChatMessage: stopped before an answer came\n  \
             look into the case before you send it again\n"
        )
    );
    Ok(())
}

/// The server accepts the connection, and says nothing of TLS.
#[tokio::test]
async fn signals_before_the_message_left() -> Result {
    for name in ["INT", "TERM"] {
        let home = Home::new()?;
        let server = TcpListener::bind("127.0.0.1:0")?;
        let host = server.local_addr()?.to_string();
        let mut program = home
            .acquire(CHAT)
            .env("ACQUIRE_BASE_URL", format!("https://{host}"))
            .env("ACQUIRE_API_KEY", "k")
            .start(Stdio::piped())?;
        let (_connection, _) = tokio::task::spawn_blocking(move || server.accept()).await??;
        drop(program.stdin.take());
        signal(&program, name).await?;
        let run: Run = program.wait_with_output().await?.try_into()?;
        assert_eq!(run.code, Some(5), "{run}");
        let report: Value = serde_json::from_str(&run.stdout)?;
        assert_eq!(report["delivery"], "not_sent");
        assert_eq!(report["next_step"], "send_again");
        assert_eq!(
            run.stderr,
            format!(
                "acquire: not sent  {host}  case 28  sendChatMessage: stopped before anything was sent\n  \
                 send it again\n"
            )
        );
    }
    Ok(())
}
