//! The config file while others use it, behind links, and where it can't be written.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::*;

/// Each process writes a profile of its own.
#[tokio::test]
async fn changes_at_the_same_time_lose_nothing() -> Result {
    let home = Home::new()?;
    let link = home.path().join("link.toml");
    symlink(home.config(), &link)?;
    let commands: Vec<_> = (0..24)
        .map(|number| {
            let acquire = home
                .acquire("config set timeout 1s --quiet --profile")
                .args([format!("p{number}").as_str()]);
            // By its name, and by a link to it.
            match number % 2 {
                0 => acquire,
                _ => acquire.env("ACQUIRE_CONFIG", &link),
            }
        })
        .map(|acquire| tokio::spawn(acquire.run()))
        .collect();
    for command in commands {
        command.await??.ok()?;
    }
    let text = fs::read_to_string(home.config())?;
    let profiles: BTreeSet<_> = text.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(profiles.len(), 24, "{text}");
    Ok(())
}

#[tokio::test]
async fn links_are_followed() -> Result {
    let home = Home::new()?;
    let folder = home.path().join("dotfiles");
    fs::create_dir(&folder)?;
    let (link, second) = (home.path().join("link.toml"), folder.join("second.toml"));
    symlink("dotfiles/second.toml", &link)?;
    symlink("target.toml", &second)?;
    let set = |value: &str| {
        home.acquire("config set --quiet account_id")
            .args([value, "--config", "link.toml"])
    };
    // Dangling at first, then not.
    for account in ["one", "two"] {
        set(account).run().await?.ok()?;
        let expected = format!("[profiles.default]\naccount_id = \"{account}\"\n");
        assert_eq!(fs::read_to_string(folder.join("target.toml"))?, expected);
        assert!(link.is_symlink() && second.is_symlink());
    }
    fs::remove_file(folder.join("target.toml"))?;
    symlink("second.toml", folder.join("target.toml"))?;
    let run = set("three").run().await?;
    assert_eq!(run.code, Some(3), "{run}");
    assert!(
        run.stderr.contains("a symbolic link that leads to itself"),
        "{run}"
    );
    assert!(link.is_symlink() && second.is_symlink());
    Ok(())
}

#[tokio::test]
async fn what_is_not_known_stays() -> Result {
    let home = Home::with_config(
        "# First.\nfuture = 1 # new\n[profiles.default]\ncolour = 'red' # ours\ntimeout = 1.5\n[other]\na = 1\n",
    )?;
    home.acquire("config set --quiet timeout 2s")
        .run()
        .await?
        .ok()?;
    assert_eq!(
        fs::read_to_string(home.config())?,
        "# First.\nfuture = 1 # new\n[profiles.default]\ncolour = 'red' # ours\ntimeout = \"2s\"\n[other]\na = 1\n",
    );
    Ok(())
}

#[tokio::test]
async fn tables_in_any_form() -> Result {
    for (before, after) in [
        (
            "profiles = { live = { timeout = '1s' } }\n",
            "profiles = { live = { timeout = '1s' } , default = { attempts = 2 } }\n",
        ),
        (
            "profiles.default.timeout = '1s'\n",
            "profiles.default.timeout = '1s'\nprofiles.default.attempts = 2\n",
        ),
    ] {
        let home = Home::with_config(before)?;
        home.acquire("config set --quiet attempts 2")
            .run()
            .await?
            .ok()?;
        let text = fs::read_to_string(home.config())?;
        assert_eq!(
            text.replace(" ,", ",").replace("  ", " "),
            after.replace(" ,", ",")
        );
    }
    for text in ["profiles = 'canary'\n", "[profiles]\ndefault = 'canary'\n"] {
        let home = Home::with_config(text)?;
        let run = home.acquire("config set attempts 2").run().await?;
        assert_eq!(run.code, Some(3), "{run}");
        assert!(
            run.stderr.contains("has to be a table") && !run.stderr.contains(CANARY),
            "{run}"
        );
        assert_eq!(fs::read_to_string(home.config())?, text);
    }
    Ok(())
}

/// A limit on the size of files is a disk that is full.
#[tokio::test]
async fn a_file_that_cannot_be_written_stays_whole() -> Result {
    let text = format!(
        "# {}\n[profiles.default]\naccount_id = 'acme'\n",
        "a".repeat(4096)
    );
    let home = Home::with_config(&text)?;
    let full = format!(
        "ulimit -f 1; trap '' XFSZ; exec '{}' config set account_id other",
        env!("CARGO_BIN_EXE_acquire")
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &full])
        .env_clear()
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path().join(".config"))
        .output()?;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(fs::read_to_string(home.config())?, text);
    let folder = home.config();
    let names = fs::read_dir(folder.parent().unwrap_or(Path::new("")))?.count();
    assert_eq!(names, 2, "the file and its lock");
    Ok(())
}

#[tokio::test]
async fn names_of_new_profiles() -> Result {
    let home = Home::new()?;
    let long = "a".repeat(65);
    for name in ["", " a", "a\n", "\u{202e}a", &long] {
        let run = home
            .acquire("config set timeout 1s --profile")
            .args([name])
            .run()
            .await?;
        assert_eq!(run.code, Some(2), "{name:?} {run}");
        assert!(!home.config().exists());
    }
    home.acquire("config set timeout 1s --quiet --profile")
        .args(["Zweigstelle Süd"])
        .run()
        .await?
        .ok()?;
    Ok(())
}

/// The file or folder, its mode, and whether there is a warning.
#[tokio::test]
async fn a_warning_names_what_others_can_change() -> Result {
    let pem = rcgen::generate_simple_self_signed(["a".to_owned()])?
        .cert
        .pem();
    for (name, mode, warned) in [
        ("acquire/config.toml", 0o600, false),
        ("acquire/config.toml", 0o620, true),
        ("acquire/config.toml", 0o602, true),
        ("acquire", 0o755, false),
        ("acquire", 0o775, true),
        ("acquire", 0o777, true),
        // As /tmp: others can't replace the file.
        ("acquire", 0o1777, false),
        ("keys/live.key", 0o620, true),
        ("keys", 0o707, true),
        ("certificates/ca.pem", 0o666, true),
        ("certificates", 0o777, true),
        // Not the folder that it is in.
        (".", 0o777, false),
    ] {
        let home = Home::with_config(
            "[profiles.default]\naccount_id = 'acme'\napi_key_file = '../keys/live.key'\n\
             root_certificates = '../certificates/ca.pem'\n",
        )?;
        home.write(".config/keys/live.key", "k\n")?;
        home.write(".config/certificates/ca.pem", &pem)?;
        for folder in ["acquire", "keys", "certificates"] {
            set_mode(&home.path().join(".config").join(folder), 0o700)?;
        }
        let place = home.path().join(".config").join(name);
        set_mode(&place, mode)?;
        let place = place.canonicalize()?;
        let place = place.display();
        let warning = format!(
            "warning: others can change {place}, and with it the account, the key or the trusted certificates: chmod go-w {place}\n"
        );
        let expected = if warned { warning } else { String::new() };
        for command in ["config check", "chat send --case 28 --text hi --dry-run"] {
            let run = home.acquire(command).run().await?;
            assert_eq!(
                (run.code, &run.stderr),
                (Some(0), &expected),
                "{name} {run}"
            );
            home.acquire(command).args(["--quiet"]).run().await?.ok()?;
        }
    }
    Ok(())
}
