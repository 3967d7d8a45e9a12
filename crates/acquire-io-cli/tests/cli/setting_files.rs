//! Files that settings name: `acquire config check` accepts exactly those that a message can be sent with.

use crate::support::*;

#[tokio::test]
async fn keys() -> Result {
    let home = Home::new()?;
    let long = CANARY.repeat(10_000);
    for (content, problem) in [
        ("", "the file is empty"),
        ("\n", "the file is empty"),
        ("canary canary", "holds a space"),
        ("canary\n\n", "holds a space"),
        ("Bearer canary", "begins with `Bearer`"),
        ("\"canary\"", "holds a quotation mark"),
        ("canary\u{1b}", "holds a space"),
        ("cänary canary", "holds a space"),
        (long.as_str(), "longer than"),
        (&long[..5000], "longer than"),
    ] {
        home.write("key", content)?;
        for run in check_and_send(&home, |acquire| {
            acquire
                .env("ACQUIRE_ACCOUNT_ID", "acme")
                .env("ACQUIRE_API_KEY_FILE", "key")
        })
        .await?
        {
            assert_eq!(run.code, Some(3), "{run}");
            assert!(
                run.stderr.starts_with("acquire: ACQUIRE_API_KEY_FILE: "),
                "{run}"
            );
            assert!(run.stderr.contains(problem), "{problem} {run}");
        }
        let run = home.acquire("config set-key").input(content).run().await?;
        assert_eq!(run.code, Some(3), "{run}");
        assert!(!run.to_string().contains(CANARY), "{run}");
    }
    Ok(())
}

/// Also those that have no end, and those that nobody writes to.
#[cfg(unix)]
#[tokio::test]
async fn files() -> Result {
    let home = Home::new()?;
    std::fs::create_dir(home.path().join("folder"))?;
    let made = std::process::Command::new("mkfifo")
        .arg(home.path().join("pipe"))
        .status()?;
    assert!(made.success());
    home.write(
        "garbage.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )?;
    for (name, file, problem) in [
        ("API_KEY_FILE", "gone", "can't be read"),
        ("API_KEY_FILE", "folder", "can't be read"),
        ("API_KEY_FILE", "pipe", "the file is empty"),
        ("API_KEY_FILE", "/dev/zero", "it is longer than 65536 bytes"),
        ("ROOT_CERTIFICATES", "gone", "can't be read"),
        ("ROOT_CERTIFICATES", "folder", "can't be read"),
        ("ROOT_CERTIFICATES", "pipe", "holds no certificate"),
        ("ROOT_CERTIFICATES", "/dev/zero", "it is longer than"),
        (
            "ROOT_CERTIFICATES",
            "garbage.pem",
            "a certificate that can't be read",
        ),
        ("CONFIG", "folder", "folder: "),
        ("CONFIG", "/dev/zero", "it is longer than"),
    ] {
        let variable = format!("ACQUIRE_{name}");
        for run in check_and_send(&home, |acquire| {
            let acquire = match name {
                "API_KEY_FILE" => acquire,
                _ => acquire.env("ACQUIRE_API_KEY", "k"),
            };
            acquire
                .env("ACQUIRE_ACCOUNT_ID", "acme")
                .env(&variable, file)
        })
        .await?
        {
            assert_eq!(run.code, Some(3), "{name} {file} {run}");
            assert!(run.stderr.contains(problem), "{name} {file} {run}");
            if name != "CONFIG" {
                let expected = format!("acquire: {variable}: ");
                assert!(run.stderr.starts_with(&expected), "{name} {file} {run}");
            }
        }
    }
    // An empty config file sets nothing.
    let run = home.acquire("config check --config pipe").run().await?;
    assert!(run.stderr.contains("no account"), "{run}");
    Ok(())
}

/// As `--api-key-file <(pass acquire)` gives it: the key comes when it is there.
#[cfg(unix)]
#[test]
fn a_key_from_a_program() -> Result {
    let script = format!(
        "exec '{}' chat send --case 28 --text hi --dry-run --account-id acme --api-key-file <(read -t 0.2 <> <(:); echo key)",
        env!("CARGO_BIN_EXE_acquire")
    );
    let home = Home::new()?;
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .env("HOME", home.path())
        .output()?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}
