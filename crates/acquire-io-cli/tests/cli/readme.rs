//! The commands of the READMEs, typed into a shell, in a folder with the files that they name.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use acquire_io_sandbox::{Sandbox, Verdict};
use acquire_io_tests::terminal::{self, Terminal};
use regex::Regex;
use tokio::process::Command;

use crate::support::*;

/// Cargo's part of it: the program is built and tested already.
const CARGO: &str = r#"
cargo() {
  case "$*" in
    'run -p acquire-io-cli -- '*) shift 4; acquire "$@" ;;
    'install --locked --path '*) test -f "$REPOSITORY/$4/Cargo.toml" ;;
    'test --workspace') ;;
    *) echo "unexpected: cargo $*" >&2; return 1 ;;
  esac
}
"#;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The code of a README in a language.
fn blocks(readme: &str, language: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(repository().join(readme))?;
    let start = format!("\n```{language}\n");
    let blocks = text.split(&start).skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned());
    Ok(blocks.collect())
}

/// The variables of a shell in which the program is found, and reaches the sandbox.
fn surroundings(home: &Home, sandbox: &Sandbox, key: &str) -> Result<[(&'static str, String); 6]> {
    let program = Path::new(env!("CARGO_BIN_EXE_acquire"))
        .parent()
        .ok_or("no folder")?;
    let path = format!("{}:{}", program.display(), std::env::var("PATH")?);
    Ok([
        ("PATH", path),
        ("REPOSITORY", repository().display().to_string()),
        ("HOME", home.path().display().to_string()),
        (
            "XDG_CONFIG_HOME",
            home.path().join(".config").display().to_string(),
        ),
        ("ACQUIRE_BASE_URL", sandbox.base_url().to_owned()),
        ("ACQUIRE_API_KEY", key.to_owned()),
    ])
}

/// Runs a script with both outputs in one, and this as its standard input.
async fn shell(home: &Home, sandbox: &Sandbox, key: &str, script: &str) -> Result<Run> {
    let input = home.write("input", "typed-key\n")?;
    let output = Command::new("sh")
        .args(["-c", &format!("{CARGO}\nexec 2>&1\n{script}")])
        .env_clear()
        .envs(surroundings(home, sandbox, key)?)
        .current_dir(home.path())
        .stdin(Stdio::from(fs::File::open(input)?))
        .kill_on_drop(true)
        .output()
        .await?;
    output.try_into()
}

/// The rows that the page of this crate shows.
fn rows() -> Result<String> {
    let mut blocks = blocks("crates/acquire-io-cli/README.md", "json")?;
    Ok(blocks.swap_remove(0))
}

#[tokio::test]
async fn the_commands_of_the_readme_succeed() -> Result {
    let blocks = blocks("README.md", "sh")?;
    assert_eq!(blocks.len(), 2);
    for script in blocks {
        let (home, sandbox) = (Home::new()?, sandbox(None).await?);
        home.write("june.ndjson", &rows()?)?;
        let run = shell(
            &home,
            &sandbox,
            sandbox.api_key(),
            &format!("set -e\n{script}"),
        )
        .await?;
        assert_eq!(run.code, Some(0), "{script}\n{run}");
        if script.contains("june.ndjson") {
            assert!(home.path().join("june.ndjson.outbox").exists());
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_commands_of_the_page_succeed() -> Result {
    const PAGE: &str = "crates/acquire-io-cli/README.md";
    let scripts = blocks(PAGE, "sh")?;
    assert_eq!(scripts.len(), 5);
    for script in scripts {
        let (home, sandbox) = (Home::new()?, sandbox(None).await?);
        home.write("june.ndjson", &rows()?)?;
        home.write("summary.txt", "The customer called.")?;
        home.write("order.html", "<p>Your order is ready.</p>")?;
        home.write("order.txt", "Your order is ready.")?;
        home.write(
            "customers.csv",
            blocks(PAGE, "csv")?.first().ok_or("no table")?,
        )?;
        home.write(
            "hello.txt",
            blocks(PAGE, "text")?.first().ok_or("no template")?,
        )?;
        let run = shell(
            &home,
            &sandbox,
            sandbox.api_key(),
            &format!("set -e\n{script}"),
        )
        .await?;
        assert_eq!(run.code, Some(0), "{script}\n{run}");
        let received = sandbox.received();
        assert!(
            received
                .iter()
                .all(|received| received.verdict == Verdict::Accepted),
            "{received:?}"
        );
        if script.contains("customers.csv") {
            let [sms] = received.as_slice() else {
                return Err(format!("{received:?}").into());
            };
            let body = String::from_utf8_lossy(&sms.body);
            assert!(body.contains("Hi Ann, your order A-1 is ready."), "{body}");
            assert!(body.contains("+447911123456"), "{body}");
        }
    }
    Ok(())
}

/// On a terminal. A line `…` stands for any lines.
#[tokio::test]
async fn the_dialogues_of_the_page_are_what_happens() -> Result {
    let blocks = blocks("crates/acquire-io-cli/README.md", "console")?;
    assert_eq!(blocks.len(), 2);
    for dialogue in blocks {
        let (mut script, mut expected) = (String::new(), String::new());
        for line in dialogue.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => script.extend([command, "\n"]),
                None if line == "…" => expected.push_str("(?:.*\n)*"),
                None => expected.extend([&regex::escape(line), "\n"]),
            }
        }
        let (home, sandbox) = (Home::new()?, sandbox(None).await?);
        let shell = terminal::Command::new("sh")
            .args(["-c", &script])
            .env_clear()
            .envs(surroundings(&home, &sandbox, "left-from-another-account")?)
            .current_dir(home.path());
        let (_, shown) = Terminal::start(shell)?.finish().await?;
        let shown = sandboxed(&shown, &sandbox);
        assert!(
            Regex::new(&format!("^{expected}$"))?.is_match(&shown),
            "{dialogue}\n{shown}"
        );
    }
    Ok(())
}

/// As the page has it, which names an account.
fn sandboxed(printed: &str, sandbox: &Sandbox) -> String {
    printed.replace(
        &sandbox.base_url().replace("http://", ""),
        "acme.acquire.io",
    )
}

#[tokio::test]
async fn the_object_of_the_page_is_what_is_printed() -> Result {
    let blocks = blocks("crates/acquire-io-cli/README.md", "json")?;
    let (home, sandbox) = (Home::new()?, sandbox(None).await?);
    let send = home
        .acquire("chat send --case 2069 --text hi --output json")
        .to(&sandbox);
    let run = send.env("ACQUIRE_API_KEY", "wrong").run().await?;
    assert_eq!(blocks.last(), Some(&sandboxed(&run.stdout, &sandbox)));
    Ok(())
}

#[tokio::test]
async fn the_config_file_of_the_page_is_one() -> Result {
    let blocks = blocks("crates/acquire-io-cli/README.md", "toml")?;
    let home = Home::with_config(blocks.first().ok_or("no file")?)?;
    home.write(".config/acquire/live.key", "key")?;
    for profile in ["live", "test"] {
        let checked = home
            .acquire("config check --profile")
            .args([profile])
            .run()
            .await?;
        checked.ok()?;
    }
    Ok(())
}
