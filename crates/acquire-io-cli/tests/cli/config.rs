//! `acquire config`.

use std::fmt::Write as _;
use std::fs;

use crate::support::*;

#[tokio::test]
async fn path() -> Result {
    let home = Home::new()?;
    let path = home.config().display().to_string();
    assert_eq!(home.acquire("config path").run().await?.ok()?, path + "\n");
    let by_variable = home.acquire("config path").env("ACQUIRE_CONFIG", "a.toml");
    assert_eq!(by_variable.run().await?.ok()?, "a.toml\n");
    let by_option = home
        .acquire("config path --config b.toml")
        .env("ACQUIRE_CONFIG", "a.toml");
    assert_eq!(by_option.run().await?.ok()?, "b.toml\n");
    Ok(())
}

#[tokio::test]
async fn check() -> Result {
    let home = Home::new()?;
    let mut all = String::new();
    writeln!(
        all,
        "== nothing is set\n{}",
        home.acquire("config check").run().await?
    )?;

    home.write(".config/acquire/live.key", "canary\n")?;
    home.write(
        ".config/acquire/config.toml",
        "default_profile = 'live'\n\
         [profiles.live]\n\
         account_id = 'acme'\n\
         api_key_file = 'live.key'\n\
         attempts = 5\n\
         retry_too_many_requests = true\n\
         proxy = 'http://ann:canary@proxy.example:3128'\n\
         [profiles.test]\n\
         base_url = 'http://127.0.0.1:8080'\n\
         api_key = 'canary'\n",
    )?;
    let check = || home.acquire("config check");
    writeln!(all, "== usable\n{}", check().run().await?)?;
    let test = check().args(["--profile", "test", "--timeout", "1m"]);
    writeln!(all, "== another profile, an option\n{}", test.run().await?)?;
    let wrong = check()
        .env("ACQUIRE_ACCOUNT_ID", "canary.io")
        .env("ACQUIRE_API_KEY", "canary\n")
        .env("ACQUIRE_API_KEY_FILE", "canary")
        .env("ACQUIRE_PROXY", "canary canary")
        .env("ACQUIRE_ATTEMPTS", "0");
    writeln!(all, "== all that is wrong\n{}", wrong.run().await?)?;
    assert!(!all.contains(CANARY), "{all}");
    assert_text!(home, "check", all);
    Ok(())
}

#[tokio::test]
async fn a_new_user_makes_a_config_file() -> Result {
    let home = Home::new()?;
    let set = home.acquire("config set account_id acme").run().await?;
    assert_eq!(
        set.to_string(),
        "exit 0\nstderr: profile default: account_id is set\n"
    );
    let set_key = home
        .acquire("config set-key")
        .input("canary\n")
        .run()
        .await?;
    assert_eq!(
        set_key.to_string(),
        "exit 0\nstderr: profile default: api_key is set\n"
    );
    let expected = "[profiles.default]\naccount_id = \"acme\"\napi_key = \"canary\"\n";
    assert_eq!(fs::read_to_string(home.config())?, expected);
    let sent = home
        .acquire("chat send --case 28 --text hi --dry-run")
        .run()
        .await?
        .ok()?;
    assert!(sent.contains("\nhost: acme.acquire.io\n"), "{sent}");
    let checked = home.acquire("config check").run().await?.ok()?;
    let profile = "\nprofile                  default, since no other is named\n";
    assert!(checked.contains(profile), "{checked}");
    Ok(())
}

#[tokio::test]
async fn a_base_url_names_a_host_that_is_trusted() -> Result {
    let home = Home::new()?;
    let base_url = "config set base_url http://sandbox:8080";
    let refused = home.acquire(base_url).run().await?;
    assert_eq!(refused.code, Some(3), "{refused}");
    for (command, input) in [
        ("config set trust_host sandbox", ""),
        (base_url, ""),
        ("config set-key", "key\n"),
        ("config check", ""),
    ] {
        let run = home.acquire(command).input(input).run().await?;
        assert_eq!(run.code, Some(0), "{run}");
    }
    let send = "chat send --case 28 --text hi --dry-run";
    let sent = home.acquire(send).run().await?.ok()?;
    assert!(sent.contains("\nhost: sandbox:8080\n"), "{sent}");
    let other = home
        .acquire(send)
        .args(["--trust-host=other"])
        .run()
        .await?;
    assert_eq!(other.code, Some(3), "{other}");
    Ok(())
}

/// As `Client::from_env` has it.
#[tokio::test]
async fn two_places_in_one_layer_are_an_error() -> Result {
    let home = Home::new()?;
    let both = |command: &str| {
        let acquire = home.acquire(command).env("ACQUIRE_ACCOUNT_ID", "acme");
        let acquire = acquire.env("ACQUIRE_API_KEY", "key");
        acquire.env("ACQUIRE_BASE_URL", "http://127.0.0.1:1")
    };
    let problem =
        "two places to send to are set, by ACQUIRE_ACCOUNT_ID and by ACQUIRE_BASE_URL: remove one";
    let send = "chat send --case 28 --text hi --dry-run";
    for command in [send, "config check"] {
        let run = both(command).run().await?;
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.to_string().contains(problem), "{run}");
    }
    let profile =
        "[profiles.default]\naccount_id = 'acme'\nbase_url = 'http://127.0.0.1:1'\napi_key = 'k'\n";
    let run = Home::with_config(profile)?.acquire(send).run().await?;
    assert!(
        run.to_string().contains("two places to send to are set"),
        "{run}"
    );
    // A layer above decides.
    both(send).args(["--account-id=acme"]).run().await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn changes_keep_the_rest() -> Result {
    let home = Home::with_config(
        "# The accounts.\n\
         default_profile = \"live\" # for now\n\
         \n\
         [profiles.live] # the real one\n\
         timeout = \"10s\" # enough\n\
         # Ours.\n\
         account_id = \"acme\"\n\
         api_key_file = \"live.key\"\n\
         \n\
         [profiles.test]\n\
         base_url = \"http://127.0.0.1:1\"\n",
    )?;
    let mut all = String::new();
    for (command, input) in [
        ("config set timeout 20s --quiet", ""),
        ("config set attempts 7", ""),
        ("config set retry_too_many_requests true --profile test", ""),
        ("config set root_certificates ca.pem", ""),
        ("config set account_id acme2", ""),
        ("config set account_id test --profile test", ""),
        ("config set-key", "the-key"),
        ("config set user_type_parameter older --profile new", ""),
        ("config unset timeout --profile live", ""),
        ("config unset proxy --profile test", ""),
        ("config use test", ""),
    ] {
        home.write(
            "ca.pem",
            &rcgen::generate_simple_self_signed(["a".to_owned()])?
                .cert
                .pem(),
        )?;
        let run = home.acquire(command).input(input).run().await?;
        writeln!(all, "$ acquire {command}\n{run}")?;
    }
    writeln!(all, "{}", fs::read_to_string(home.config())?)?;
    assert_text!(home, "changes", all);
    Ok(())
}

/// None of these changes the file.
#[tokio::test]
async fn changes_that_are_refused() -> Result {
    let text = "[profiles.live]\napi_key = \"canary\"\n";
    let home = Home::with_config(text)?;
    let mut all = String::new();
    for (command, input) in [
        ("config set api_key canary", ""),
        ("config set account_id canary.io", ""),
        ("config set base_url http://canary.example", ""),
        ("config set timeout 10", ""),
        ("config set attempts many", ""),
        ("config set api_key_file canary", ""),
        ("config set-key", ""),
        ("config set-key", "canary canary"),
        ("config use test", ""),
        ("config unset timeout --profile test", ""),
        ("config set timeout 1s --config /dev/null/c.toml", ""),
    ] {
        let run = home.acquire(command).input(input).run().await?;
        assert!(!run.to_string().contains(CANARY), "{run}");
        writeln!(all, "{run}")?;
        assert_eq!(fs::read_to_string(home.config())?, text);
    }
    home.write(
        ".config/acquire/config.toml",
        "[profiles.live]\napi_key = canary",
    )?;
    let run = home.acquire("config set timeout 1s").run().await?;
    assert!(!run.to_string().contains(CANARY), "{run}");
    writeln!(all, "== a broken file\n{run}")?;
    assert_eq!(
        fs::read_to_string(home.config())?,
        "[profiles.live]\napi_key = canary"
    );
    assert_text!(home, "refused", all);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() -> Result {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let home = Home::new()?;
    let mode = |path: &std::path::Path| -> Result<u32> {
        Ok(fs::metadata(path)?.permissions().mode() & 0o777)
    };
    home.acquire("config set-key").input("k").run().await?;
    assert_eq!(mode(&home.config())?, 0o600);
    assert_eq!(mode(home.config().parent().unwrap_or(home.path()))?, 0o700);

    // A link stays, and what it leads to is written.
    let elsewhere = home.write("dotfiles/acquire.toml", "")?;
    set_mode(&elsewhere, 0o644)?;
    fs::remove_file(home.config())?;
    symlink(&elsewhere, home.config())?;
    home.acquire("config set account_id acme").run().await?;
    assert!(fs::symlink_metadata(home.config())?.is_symlink());
    assert_eq!(
        fs::read_to_string(&elsewhere)?,
        "[profiles.default]\naccount_id = \"acme\"\n"
    );
    assert_eq!(mode(&elsewhere)?, 0o600);
    // Nothing else was left there than the lock.
    assert_eq!(fs::read_dir(home.path().join("dotfiles"))?.count(), 2);
    Ok(())
}
