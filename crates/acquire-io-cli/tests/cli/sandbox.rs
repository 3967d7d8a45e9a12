//! `acquire sandbox` prints what to do with it.

use std::process::Stdio;

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
