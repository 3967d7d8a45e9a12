//! `acquire config check` accepts exactly the settings that a message can be sent with.

use crate::support::*;

/// What both commands print about the same settings.
async fn both(home: &Home, with: impl Fn(Acquire) -> Acquire) -> Result<[Run; 2]> {
    let check = with(home.acquire("config check")).run().await?;
    let send = with(home.acquire("chat send --case 28 --text hi --dry-run"));
    let send = send.run().await?;
    for run in [&check, &send] {
        assert!(!run.to_string().contains(CANARY), "{run}");
    }
    assert_eq!(check.code, send.code, "{check}{send}");
    Ok([check, send])
}

/// The setting, a value that can't be used, and the problem.
const UNUSABLE: [(&str, &str, &str); 27] = [
    ("timeout", "0s", "is zero"),
    ("timeout", "0ms 0s", "is zero"),
    ("timeout", "0", "is zero"),
    ("timeout", "-1s", "is not a duration"),
    ("timeout", "99999999999999y", "is not a duration"),
    ("timeout", "", "is not a duration"),
    ("connect_timeout", "0s", "is zero"),
    ("connect_timeout", "99999999999999y", "is not a duration"),
    ("attempts", "0", "is not a number"),
    ("attempts", "4294967296", "is not a number"),
    ("attempts", "-1", "is not a number"),
    ("retry_too_many_requests", "yes", "is neither"),
    ("proxy", "socks5h://canary:1", "supported are"),
    ("proxy", "socks4://canary:1", "supported are"),
    ("proxy", "ftp://canary", "supported are"),
    ("proxy", "http://", "is not a URL"),
    ("proxy", "http://user:canary@", "is not a URL"),
    ("proxy", "http://canary:99999", "is not a URL"),
    ("proxy", "http://canary:0", "port 0"),
    ("proxy", "http://a:1/canary", "has a path"),
    ("proxy", "", "is empty"),
    ("base_url", "http://127.0.0.1:0", "port 0"),
    ("base_url", "", "is not a URL"),
    ("account_id", "", "is empty"),
    ("api_key_file", "", "can't be read"),
    ("root_certificates", "", "can't be read"),
    ("user_type_parameter", "", "is neither"),
];

#[tokio::test]
async fn unusable_values() -> Result {
    let home = Home::new()?;
    for (name, value, problem) in UNUSABLE {
        let (option, variable) = (
            format!("--{}", name.replace('_', "-")),
            format!("ACQUIRE_{}", name.to_uppercase()),
        );
        let account = |acquire: Acquire| {
            let acquire = match name {
                "api_key_file" => acquire,
                _ => acquire.env("ACQUIRE_API_KEY", "k"),
            };
            match name {
                "account_id" | "base_url" => acquire,
                _ => acquire.env("ACQUIRE_ACCOUNT_ID", "acme"),
            }
        };
        home.write(
            "c.toml",
            &format!("[profiles.default]\n{name} = '{value}'\n"),
        )?;
        let by_option = format!("{option}={value}");
        let runs = [
            both(&home, |a| account(a).args([by_option.as_str()])).await?,
            both(&home, |a| account(a).args(["--config", "c.toml"])).await?,
        ];
        let sources = [option.clone(), format!("c.toml, profile default, {name}")];
        for (run, source) in runs
            .iter()
            .flatten()
            .zip(sources.iter().flat_map(|s| [s, s]))
        {
            assert_eq!(run.code, Some(3), "{name} {value} {run}");
            let line = run.stderr.lines().next().unwrap_or_default();
            let expected = format!("acquire: {source}: ");
            assert!(line.starts_with(&expected), "{name} {value} {run}");
            assert!(line.contains(problem), "{name} {value} {run}");
        }
        // An empty variable is not set; the rest is as it should be, but for what is missing.
        for run in both(&home, |a| account(a).env(&variable, value)).await? {
            let is_missing = matches!(name, "account_id" | "base_url" | "api_key_file");
            let expected = if value.is_empty() && !is_missing {
                0
            } else {
                3
            };
            assert_eq!(run.code, Some(expected), "{name} {value} {run}");
            let named = run.stderr.starts_with(&format!("acquire: {variable}: "));
            assert_eq!(named, !value.is_empty(), "{name} {value} {run}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn empty_variables_count_as_not_set() -> Result {
    let home = Home::with_config(
        "default_profile = 'live'\n[profiles.live]\naccount_id = 'acme'\napi_key = 'k'\n",
    )?;
    let [check, send] = both(&home, |mut acquire| {
        for name in [
            "ACQUIRE_ACCOUNT_ID",
            "ACQUIRE_BASE_URL",
            "ACQUIRE_API_KEY",
            "ACQUIRE_API_KEY_FILE",
            "ACQUIRE_TIMEOUT",
            "ACQUIRE_CONNECT_TIMEOUT",
            "ACQUIRE_ATTEMPTS",
            "ACQUIRE_RETRY_TOO_MANY_REQUESTS",
            "ACQUIRE_PROXY",
            "ACQUIRE_ROOT_CERTIFICATES",
            "ACQUIRE_USER_TYPE_PARAMETER",
            "ACQUIRE_CONFIG",
            "ACQUIRE_PROFILE",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
            "NO_COLOR",
        ] {
            acquire = acquire.env(name, "");
        }
        acquire
    })
    .await?;
    assert!(
        check.stdout.contains("\nprofile                  live, "),
        "{check}"
    );
    assert!(
        check
            .stdout
            .contains("\nproxy                    not set\n"),
        "{check}"
    );
    assert!(send.stdout.contains("\nhost: acme.acquire.io\n"), "{send}");
    // An empty file variable beside a key is no second key, and the other way around.
    home.write("k", "k\n")?;
    for (key, file) in [("k", ""), ("", "k")] {
        let [check, _] = both(&home, |acquire| {
            acquire
                .env("ACQUIRE_API_KEY", key)
                .env("ACQUIRE_API_KEY_FILE", file)
        })
        .await?;
        assert_eq!(
            (check.code, check.stderr.as_str()),
            (Some(0), ""),
            "{check}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn empty_names_are_refused_as_options() -> Result {
    let home = Home::new()?;
    for (option, said) in [
        ("--profile=", "acquire: --profile: is empty; "),
        (
            "--config=",
            "error: a value is required for '--config <FILE>'",
        ),
    ] {
        let run = home.acquire("config check").args([option]).run().await?;
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.starts_with(said), "{run}");
    }
    Ok(())
}

#[tokio::test]
async fn the_proxy_in_use_is_shown() -> Result {
    const FILE: &str = "[profiles.default]\nproxy = 'http://user:canary@file:1'\n";
    let from_file =
        "http://file:1 with user name and password, from c.toml, profile default, proxy";
    let excluded = "not used, though HTTPS_PROXY is set; NO_PROXY excludes the account";
    let home = Home::new()?;
    // The config file, variables, options; what is shown, or why nothing can be sent.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);
    let rows: [Row<'_>; 14] = [
        ("", &[], "", "not set", ""),
        (FILE, &[("HTTPS_PROXY", "http://env:1")], "", from_file, ""),
        (FILE, &[("NO_PROXY", "*")], "", from_file, ""),
        (
            FILE,
            &[],
            "--proxy=option:1",
            "http://option:1, from --proxy",
            "",
        ),
        (
            "",
            &[("HTTPS_PROXY", "http://env:1")],
            "",
            "http://env:1, from HTTPS_PROXY",
            "",
        ),
        (
            "",
            &[("https_proxy", "env:1")],
            "",
            "http://env:1, from https_proxy",
            "",
        ),
        (
            "",
            &[("ALL_PROXY", "https://user:canary@env")],
            "",
            "https://env with user name and password, from ALL_PROXY",
            "",
        ),
        (
            "",
            &[("HTTPS_PROXY", "http://env:1"), ("NO_PROXY", "acquire.io")],
            "",
            excluded,
            "",
        ),
        (
            "",
            &[("HTTPS_PROXY", "canary!:"), ("no_proxy", "*")],
            "",
            excluded,
            "",
        ),
        ("", &[("HTTP_PROXY", "http://env:1")], "", "not set", ""),
        (
            "",
            &[
                ("HTTPS_PROXY", "http://env:1"),
                ("ACQUIRE_BASE_URL", "http://127.0.0.1:1"),
            ],
            "",
            "not used, though HTTPS_PROXY is set; base_url is on loopback",
            "",
        ),
        (
            "",
            &[("HTTPS_PROXY", "socks5h://canary:1")],
            "",
            "wrong, from HTTPS_PROXY",
            "HTTPS_PROXY: has a scheme that is not supported",
        ),
        (
            "",
            &[("all_proxy", "http://user:canary@")],
            "",
            "wrong, from all_proxy",
            "all_proxy: is not a URL",
        ),
        (
            "",
            &[("ACQUIRE_PROXY", "quic://canary:1")],
            "",
            "wrong, from ACQUIRE_PROXY",
            "ACQUIRE_PROXY: has a scheme",
        ),
    ];
    for (file, variables, option, shown, problem) in rows {
        home.write("c.toml", file)?;
        let [check, send] = both(&home, |acquire| {
            let mut acquire = acquire
                .env("ACQUIRE_CONFIG", "c.toml")
                .env("ACQUIRE_API_KEY", "k");
            if !variables
                .iter()
                .any(|(name, _)| *name == "ACQUIRE_BASE_URL")
            {
                acquire = acquire.env("ACQUIRE_ACCOUNT_ID", "acme");
            }
            for (name, value) in variables {
                acquire = acquire.env(name, value);
            }
            acquire.args(option.split_whitespace())
        })
        .await?;
        let row = format!("\nproxy                    {shown}\n");
        assert!(check.stdout.contains(&row), "{check}");
        for run in [check, send] {
            assert_eq!(
                run.code,
                Some(if problem.is_empty() { 0 } else { 3 }),
                "{run}"
            );
            let expected = format!("acquire: {problem}");
            assert!(
                problem.is_empty() || run.stderr.starts_with(&expected),
                "{run}"
            );
        }
    }
    Ok(())
}

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
        for run in both(&home, |acquire| {
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
        for run in both(&home, |acquire| {
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
