//! Which value of a setting is used, and the errors about one that can't be.

use std::fmt::Write as _;

use crate::support::*;

/// Name, value in the file, variable, option.
const LAYERS: [(&str, &str, &str, &str); 11] = [
    ("account_id", "in-file", "in-env", "in-option"),
    (
        "base_url",
        "http://127.0.0.1:1",
        "http://127.0.0.2:1",
        "http://127.0.0.3:1",
    ),
    ("trust_host", "in-file", "in-env", "in-option"),
    ("api_key_file", "file.key", "env.key", "option.key"),
    ("timeout", "1s", "2m", "3h"),
    ("connect_timeout", "1s", "2m", "1h 3m"),
    ("attempts", "1", "2", "4"),
    ("retry_too_many_requests", "true", "false", "true"),
    (
        "proxy",
        "http://user:canary@file:1",
        "http://env:1",
        "http://option:1",
    ),
    ("root_certificates", "file.pem", "env.pem", "option.pem"),
    ("user_type_parameter", "older", "newest", "older"),
];

#[tokio::test]
async fn the_first_layer_decides() -> Result {
    let home = Home::new()?;
    let pem = rcgen::generate_simple_self_signed(["a".to_owned()])?
        .cert
        .pem();
    for layer in ["file", "env", "option"] {
        home.write(&format!("{layer}.key"), CANARY)?;
        home.write(&format!("{layer}.pem"), &pem)?;
    }
    let mut table = String::new();
    for (name, in_file, in_variable, in_option) in LAYERS {
        let option = format!("--{}={in_option}", name.replace('_', "-"));
        let variable = format!("ACQUIRE_{}", name.to_uppercase());
        for given in 0..4 {
            home.write("c.toml", "[profiles.default]\n")?;
            if given >= 1 {
                home.write(
                    "c.toml",
                    &format!("[profiles.default]\n{name} = '{in_file}'\n"),
                )?;
            }
            let mut acquire = home.acquire("config check --config c.toml");
            if given >= 2 {
                acquire = acquire.env(&variable, in_variable);
            }
            if given >= 3 {
                acquire = acquire.args([option.as_str()]);
            }
            let run = acquire.run().await?;
            assert!(!run.to_string().contains(CANARY), "{run}");
            let row = run
                .stdout
                .lines()
                .find(|line| line.starts_with(&format!("{name} ")));
            writeln!(table, "{}", row.ok_or(name)?)?;
        }
    }
    assert_text!(home, "layers", table);
    Ok(())
}

/// The account and the base URL are one thing: where messages go.
#[tokio::test]
async fn the_first_layer_that_names_a_target_decides_on_it_whole() -> Result {
    const URL: &str = "http://127.0.0.1:1";
    let file = |line: &str| format!("[profiles.default]\napi_key = 'k'\n{line}\n");
    let by_url = file(&format!("base_url = '{URL}'"));
    let by_account = file("account_id = 'in-file'");
    // The file, the variables, the options, the host.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
    let rows: [Row<'_>; 6] = [
        (&by_url, &[], "", "127.0.0.1:1"),
        (&by_url, &[], "--account-id acme", "acme.acquire.io"),
        (
            &by_url,
            &[("ACQUIRE_ACCOUNT_ID", "acme")],
            "",
            "acme.acquire.io",
        ),
        (&by_account, &[("ACQUIRE_BASE_URL", URL)], "", "127.0.0.1:1"),
        (
            &by_account,
            &[("ACQUIRE_BASE_URL", URL)],
            "--account-id acme",
            "acme.acquire.io",
        ),
        (
            &by_account,
            &[("ACQUIRE_ACCOUNT_ID", "acme")],
            "--base-url http://127.0.0.1:1",
            "127.0.0.1:1",
        ),
    ];
    for (config, variables, options, host) in rows {
        let home = Home::with_config(config)?;
        let mut acquire = home.acquire("chat send --case 1 --text hi --dry-run");
        for (name, value) in variables {
            acquire = acquire.env(name, value);
        }
        let printed = acquire.args(options.split_whitespace()).run().await?.ok()?;
        assert!(printed.contains(&format!("\nhost: {host}\n")), "{printed}");
    }
    Ok(())
}

/// Each row is wrong in one place. The value holds a word that may be of a key.
#[tokio::test]
async fn errors_name_the_place_and_no_value() -> Result {
    const VALUES: [(&str, &str); 11] = [
        ("account_id", "canary.acquire.io"),
        ("base_url", "http://canary.example"),
        ("api_key", "canary two"),
        ("api_key_file", "canary"),
        ("timeout", "canary"),
        ("connect_timeout", "1 canary"),
        ("attempts", "0 canary"),
        ("retry_too_many_requests", "canary"),
        ("proxy", "canary canary"),
        ("root_certificates", "canary"),
        ("user_type_parameter", "canary"),
    ];
    let home = Home::new()?;
    let mut table = String::new();
    for (name, value) in VALUES {
        let config = home.write("c.toml", &format!("[profiles.live]\n{name} = '{value}'\n"))?;
        let well = || {
            let mut acquire = home.acquire("chat send --case 28 --text hi --dry-run");
            if !name.starts_with("api_key") {
                acquire = acquire.env("ACQUIRE_API_KEY", "k");
            }
            if !matches!(name, "account_id" | "base_url") {
                acquire = acquire.env("ACQUIRE_ACCOUNT_ID", "acme");
            }
            acquire
        };
        let option = format!("--{}={value}", name.replace('_', "-"));
        let mut ways = vec![
            well()
                .env("ACQUIRE_CONFIG", config)
                .args(["--profile", "live"]),
            well().env(&format!("ACQUIRE_{}", name.to_uppercase()), value),
        ];
        if name != "api_key" {
            ways.push(well().args([option.as_str()]));
        }
        for acquire in ways {
            let run = acquire.run().await?;
            assert!(!run.to_string().contains(CANARY), "{run}");
            write!(table, "{run}")?;
        }
    }
    assert_text!(home, "errors", table);
    Ok(())
}

#[tokio::test]
async fn what_is_missing() -> Result {
    const SEND: &str = "sms send --case 1 --contact 1 --timeline 1 --from +1 --to +1 --text hi";
    let home = Home::new()?;
    let mut table = String::new();
    let two = "[profiles.live]\naccount_id = 'acme'\n[profiles.test]\naccount_id = 'test'\n";
    for (given, variables, config) in [
        ("nothing", vec![], ""),
        ("the account", vec![("ACQUIRE_ACCOUNT_ID", "acme")], ""),
        ("the key", vec![("ACQUIRE_API_KEY", "k")], ""),
        (
            "two profiles, none chosen",
            vec![("ACQUIRE_API_KEY", "k")],
            two,
        ),
        (
            "two keys",
            vec![
                ("ACQUIRE_ACCOUNT_ID", "acme"),
                ("ACQUIRE_API_KEY", CANARY),
                ("ACQUIRE_API_KEY_FILE", "k"),
            ],
            "",
        ),
        (
            "an empty account",
            vec![("ACQUIRE_ACCOUNT_ID", ""), ("ACQUIRE_API_KEY", "k")],
            "",
        ),
        (
            "an empty key",
            vec![("ACQUIRE_ACCOUNT_ID", "acme"), ("ACQUIRE_API_KEY", "")],
            "",
        ),
    ] {
        home.write("c.toml", config)?;
        let mut acquire = home.acquire(SEND).env("ACQUIRE_CONFIG", "c.toml");
        for (name, value) in variables {
            acquire = acquire.env(name, value);
        }
        let run = acquire.run().await?;
        assert!(!run.to_string().contains(CANARY), "{run}");
        writeln!(table, "== {given}\n{run}")?;
    }
    assert_text!(home, "missing", table);
    Ok(())
}

#[tokio::test]
async fn profiles() -> Result {
    let two = "[profiles.default]\naccount_id = 'a'\n[profiles.live]\naccount_id = 'b'\n";
    let chosen = format!("default_profile = 'live'\n{two}");
    let gone = format!("default_profile = 'gone'\n{two}");
    let home = Home::new()?;
    let mut table = String::new();
    for (file, arguments, variable) in [
        (two, "", None),
        (&chosen, "", None),
        (&chosen, "--profile default", None),
        (&chosen, "", Some("default")),
        (&chosen, "--profile live", Some("default")),
        (&gone, "", None),
        (&gone, "--profile live", None),
        (two, "--profile gone", None),
        (two, "", Some("gone")),
        ("", "--profile gone", None),
    ] {
        home.write(".config/acquire/config.toml", file)?;
        let mut acquire = home.acquire("chat send --case 28 --text hi --dry-run");
        acquire = acquire
            .args(arguments.split_whitespace())
            .env("ACQUIRE_API_KEY", "k");
        if let Some(profile) = variable {
            acquire = acquire.env("ACQUIRE_PROFILE", profile);
        }
        let run = acquire.run().await?;
        let host = run.stdout.lines().find(|line| line.starts_with("host: "));
        let file = file.lines().next().unwrap_or("an empty file");
        let said = host.unwrap_or(run.stderr.trim_end());
        writeln!(
            table,
            "{file} {arguments} {}\n    {said}",
            variable.unwrap_or_default()
        )?;
    }
    std::fs::remove_file(home.config())?;
    let run = home.acquire("config check --profile gone").run().await?;
    writeln!(table, "no file\n    {run}")?;
    let run = home
        .acquire("config check --config gone.toml")
        .run()
        .await?;
    writeln!(table, "no such file\n    {run}")?;
    let run = home
        .acquire("config check")
        .env("ACQUIRE_CONFIG", "gone.toml")
        .run()
        .await?;
    writeln!(table, "no such file\n    {run}")?;
    assert_text!(home, "profiles", table);
    Ok(())
}

#[tokio::test]
async fn config_files_that_are_wrong() -> Result {
    let home = Home::new()?;
    let mut table = String::new();
    for text in [
        "[profiles.live]\napi_key = canary",
        "[profiles.live]\napi_key = \"canary\ntimeout = '1s'",
        "[profiles.live]\ncanary",
        "[profiles.live]\napi_key = 'canary'\napi_key = 'canary'",
        "[profiles.live]\n# ü\napi_kee = 'canary'",
        "[profiles.live]\napi_key = ['canary']",
        "[profiles.live]\napi_key = { file = 'canary' }",
        "[profiles.live]\ntimeout = 1.5",
        "[profiles]\nlive = 'canary'",
        "profiles = 'canary'",
        "default_profile = ['canary']",
        "api_key = 'canary'",
    ] {
        home.write("c.toml", text)?;
        let run = home.acquire("config check --config c.toml").run().await?;
        assert!(!run.to_string().contains(CANARY), "{run}");
        writeln!(table, "{text}\n{run}")?;
    }
    std::fs::write(home.path().join("c.toml"), b"canary\xff")?;
    let run = home.acquire("config check --config c.toml").run().await?;
    writeln!(table, "not UTF-8\n{run}")?;
    assert_text!(home, "config_files", table);
    Ok(())
}

/// The program reads no setting then: none can be wrong.
#[tokio::test]
async fn the_sandbox_needs_no_setting() -> Result {
    let home = Home::with_config("broken")?;
    let send = "chat send --case 28 --text hi --sandbox";
    let run = home
        .acquire(send)
        .env("ACQUIRE_TIMEOUT", "broken")
        .env("ACQUIRE_BASE_URL", "http://example.com")
        .run()
        .await?;
    assert!(
        run.ok()?
            .contains(r#""host":"sandbox","delivery":"accepted""#)
    );
    for option in ["--account-id=acme", "--base-url=http://127.0.0.1:1"] {
        let run = home.acquire(send).args([option]).run().await?;
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains("cannot be used with"), "{run}");
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_variable_that_is_not_text_is_wrong() -> Result {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let home = Home::new()?;
    let send = home.acquire("chat send --case 28 --text hi");
    let run = send
        .env("ACQUIRE_API_KEY", OsStr::from_bytes(b"canary\xff"))
        .run()
        .await?;
    assert_eq!(
        run.to_string(),
        "exit 3\nstderr: acquire: ACQUIRE_API_KEY: is not UTF-8\n"
    );
    Ok(())
}

/// The config, the file whose mode is changed, the mode, and whether there is a warning.
#[cfg(unix)]
#[tokio::test]
async fn a_warning_names_a_key_that_others_can_read() -> Result {
    const KEY: &str = "[profiles.default]\naccount_id = 'acme'\napi_key = 'canary'\n";
    const KEY_FILE: &str = "[profiles.default]\naccount_id = 'acme'\napi_key_file = 'live.key'\n";
    let rows = [
        (KEY, "config.toml", 0o600, false),
        (KEY, "config.toml", 0o640, true),
        (KEY, "config.toml", 0o604, true),
        (KEY_FILE, "live.key", 0o400, false),
        (KEY_FILE, "live.key", 0o644, true),
        // It holds no key.
        (KEY_FILE, "config.toml", 0o644, false),
    ];
    for (config, name, mode, warned) in rows {
        let home = Home::with_config(config)?;
        home.write(".config/acquire/live.key", "canary\n")?;
        let path = home.config().with_file_name(name);
        set_mode(&path, mode)?;
        let path = path.display();
        let warning = format!(
            "warning: {path} holds the API key, and others can read it: chmod 600 {path}\n"
        );
        let expected = if warned { warning } else { String::new() };
        for command in ["config check", "chat send --case 28 --text hi --dry-run"] {
            let run = home.acquire(command).run().await?;
            assert_eq!((run.code, &run.stderr), (Some(0), &expected), "{run}");
            assert!(!run.stdout.contains(CANARY), "{run}");
            home.acquire(command).args(["--quiet"]).run().await?.ok()?;
        }
    }
    Ok(())
}
