//! `acquire init`: by a person on a terminal, and by a script.

use std::fmt::Write as _;
use std::fs;

use acquire_io_tests::terminal::Terminal;

use crate::support::*;

#[tokio::test]
async fn a_new_user_answers_two_questions() -> Result {
    let home = Home::new()?;
    let mut terminal = Terminal::start(home.acquire_on_a_terminal("init"))?;
    terminal.wait_for("Account (").await?;
    terminal.wait_for(": ").await?;
    terminal.type_text("https://acme.example.com/\n").await?;
    terminal.wait_for("neither acquire.io nor loopback").await?;
    terminal.wait_for("io): ").await?;
    terminal
        .type_text("https://acme.acquire.io/app/inbox\n")
        .await?;
    terminal.wait_for_secret("API key (not shown): ").await?;
    terminal.type_text("Bearer canary\n").await?;
    terminal.wait_for("begins with `Bearer`").await?;
    terminal.wait_for_secret("API key (not shown): ").await?;
    terminal.type_text("canary\n").await?;
    let (code, shown) = terminal.finish().await?;
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains(CANARY), "{shown}");
    assert_text!(home, "questions", shown);
    assert_eq!(
        fs::read_to_string(home.config())?,
        "[profiles.default]\naccount_id = \"acme\"\napi_key = \"canary\"\n"
    );
    home.acquire("config check").run().await?.ok()?;
    Ok(())
}

const THERE: &str =
    "[profiles.default]\naccount_id = \"acme\"\napi_key = \"canary\"\ntimeout = \"9s\"\n";

#[tokio::test]
async fn a_profile_is_replaced_after_a_yes_alone() -> Result {
    let home = Home::with_config(THERE)?;
    for answer in ["n\n", "\n", "\u{4}"] {
        let mut terminal = Terminal::start(home.acquire_on_a_terminal("init"))?;
        terminal.wait_for("[y/N] ").await?;
        terminal.type_text(answer).await?;
        let (code, shown) = terminal.finish().await?;
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.ends_with("nothing was changed\n"), "{shown}");
        assert_eq!(fs::read_to_string(home.config())?, THERE);
    }
    let mut terminal = Terminal::start(home.acquire_on_a_terminal("init --account other"))?;
    terminal
        .wait_for("There is a profile default already. Replace its account and API key? [y/N] ")
        .await?;
    terminal.type_text("y\n").await?;
    terminal.wait_for_secret("API key (not shown): ").await?;
    terminal.type_text("new-key\n").await?;
    let (code, shown) = terminal.finish().await?;
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(
        fs::read_to_string(home.config())?,
        "[profiles.default]\naccount_id = \"other\"\napi_key = \"new-key\"\ntimeout = \"9s\"\n"
    );
    Ok(())
}

#[tokio::test]
async fn the_end_of_the_answers_changes_nothing() -> Result {
    let home = Home::new()?;
    let mut terminal = Terminal::start(home.acquire_on_a_terminal("init"))?;
    terminal.wait_for("io): ").await?;
    terminal.type_text("\u{4}").await?;
    let (code, shown) = terminal.finish().await?;
    assert_eq!(code, Some(3), "{shown}");
    let mut terminal = Terminal::start(home.acquire_on_a_terminal("init --account acme"))?;
    terminal.wait_for_secret("API key (not shown): ").await?;
    terminal.type_text("\n").await?;
    let (code, shown) = terminal.finish().await?;
    assert_eq!(code, Some(3), "{shown}");
    assert!(!home.config().exists());
    Ok(())
}

#[tokio::test]
async fn without_a_terminal() -> Result {
    let home = Home::new()?;
    home.write("live.key", "canary\n")?;
    let mut all = String::new();
    for (arguments, input) in [
        ("init", "canary"),
        ("init --account acme", ""),
        ("init --account canary.io", "k"),
        ("init --account acme", "canary canary"),
        ("init --account acme --api-key-file gone.key", ""),
        ("init --account acme --profile live", "canary\n"),
        ("init --account acme", "other"),
        ("init --account acme --profile live", "other"),
        (
            "init --account https://acme-test.acquire.io --profile test --api-key-file live.key",
            "",
        ),
        (
            "init --account http://127.0.0.1:8080/ --profile box --api-key-file -",
            "k",
        ),
        ("init --quiet --account acme --profile quiet", "k"),
    ] {
        let run = home.acquire(arguments).input(input).run().await?;
        assert!(!run.to_string().contains(CANARY), "{run}");
        writeln!(all, "$ acquire {arguments}\n{run}")?;
    }
    writeln!(all, "{}", fs::read_to_string(home.config())?)?;
    assert_text!(home, "without_a_terminal", all);
    Ok(())
}

#[tokio::test]
async fn a_variable_that_comes_before_the_profile_is_reported() -> Result {
    let home = Home::new()?;
    let run = home
        .acquire("init --account acme")
        .env("ACQUIRE_API_KEY", CANARY)
        .input("k")
        .run()
        .await?;
    let warning = "warning: ACQUIRE_API_KEY is set, and overrides the config file: unset it\n";
    assert!(
        run.code == Some(0) && run.stderr.ends_with(warning),
        "{run}"
    );
    Ok(())
}
