//! `acquire config check` accepts exactly the settings that a message can be sent with.

use crate::support::*;

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
            check_and_send(&home, |a| account(a).args([by_option.as_str()])).await?,
            check_and_send(&home, |a| account(a).args(["--config", "c.toml"])).await?,
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
        for run in check_and_send(&home, |a| account(a).env(&variable, value)).await? {
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
    let [check, send] = check_and_send(&home, |mut acquire| {
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
        let [check, _] = check_and_send(&home, |acquire| {
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
        let [check, send] = check_and_send(&home, |acquire| {
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
