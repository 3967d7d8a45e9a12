//! Environment variables beside the account, the key and the base URL, and which of two settings counts.

use std::fmt::Write as _;

use acquire_io::Client;
use acquire_io_tests::Result;
use acquire_io_tests::fault::root_certificate;

use crate::from_env::{SECRET, from_env, printed, process};

/// Which is meant?
#[test]
fn settings_that_exclude_each_other() -> Result {
    let url = "http://127.0.0.1:1";
    let builder = || Client::builder().api_key("key");
    for both in [
        builder().account_id("acme").base_url(url),
        builder().base_url(url).account_id("acme"),
        builder()
            .set("ACQUIRE_ACCOUNT_ID", "acme")?
            .set("ACQUIRE_BASE_URL", url)?,
    ] {
        let error = both.build().err().ok_or("one was dropped")?;
        assert!(error.to_string().contains("account ID"), "{error}");
    }
    let outcome = from_env(Some("acme"), Some("key"), Some(url))?;
    assert!(
        outcome.starts_with("error: ACQUIRE_BASE_URL: is set, and so is"),
        "{outcome}"
    );

    // What the program says counts in place of what its environment says.
    let of_environment = builder().set("ACQUIRE_ACCOUNT_ID", "acme")?;
    assert_eq!(of_environment.base_url(url).build()?.base_url(), url);
    let of_environment = builder().set("ACQUIRE_BASE_URL", url)?;
    let acme = of_environment.account_id("acme").build()?;
    assert_eq!(acme.base_url(), "https://acme.acquire.io");
    // A developer's sandbox, and a proxy of the program, or of the environment.
    let sandbox = builder().set("ACQUIRE_BASE_URL", url)?.proxy("http://a:1");
    assert!(sandbox.build()?.proxy().is_none());
    let sandbox = builder().base_url(url).set("ACQUIRE_PROXY", "http://a:1")?;
    assert!(sandbox.build()?.proxy().is_none());
    Ok(())
}

/// Each of the variables that the command line has too, as it says there.
#[test]
fn the_other_variables() -> Result {
    let folder = tempfile::tempdir()?;
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).map(|()| path.display().to_string())
    };
    let key_file = file("key", b"\xef\xbb\xbfcanary\r\n")?;
    let (empty, not_text) = (file("empty", b"\n")?, file("not_text", b"canary\xff")?);
    let large = file("large", &vec![b'k'; 70_000])?;
    let certificate = file("ca.pem", root_certificate()?.as_bytes())?;
    let missing = folder.path().join("canary").display().to_string();
    let cases: &[&[(&str, &str)]] = &[
        &[("ACQUIRE_API_KEY_FILE", &key_file)],
        &[("ACQUIRE_API_KEY_FILE", &empty)],
        &[("ACQUIRE_API_KEY_FILE", &not_text)],
        &[("ACQUIRE_API_KEY_FILE", &large)],
        &[("ACQUIRE_API_KEY_FILE", &missing)],
        &[
            ("ACQUIRE_API_KEY_FILE", &key_file),
            ("ACQUIRE_API_KEY", "key"),
        ],
        &[("ACQUIRE_TIMEOUT", "1m 30s")],
        &[("ACQUIRE_TIMEOUT", "0s")],
        &[("ACQUIRE_TIMEOUT", "canary")],
        &[("ACQUIRE_TIMEOUT", "")],
        &[("ACQUIRE_CONNECT_TIMEOUT", "0s")],
        &[
            ("ACQUIRE_ATTEMPTS", "5"),
            ("ACQUIRE_RETRY_TOO_MANY_REQUESTS", "true"),
        ],
        &[("ACQUIRE_ATTEMPTS", "0")],
        &[("ACQUIRE_RETRY_TOO_MANY_REQUESTS", "false")],
        &[("ACQUIRE_RETRY_TOO_MANY_REQUESTS", "yes")],
        &[("ACQUIRE_PROXY", "http://a:1")],
        &[("ACQUIRE_PROXY", "socks5://canary:1")],
        &[
            ("ACQUIRE_PROXY", "http://a:1"),
            ("HTTPS_PROXY", "http://b:1"),
        ],
        &[("ACQUIRE_ROOT_CERTIFICATES", &certificate)],
        &[("ACQUIRE_ROOT_CERTIFICATES", &key_file)],
        &[("ACQUIRE_USER_TYPE_PARAMETER", "older")],
        &[("ACQUIRE_USER_TYPE_PARAMETER", "canary")],
    ];
    let mut table = String::new();
    for variables in cases {
        let key = variables
            .iter()
            .all(|(name, _)| *name != "ACQUIRE_API_KEY_FILE");
        let mut process = process(Some("acme"), key.then_some("key"), None);
        let printed = printed(process.envs(variables.iter().copied()))?;
        let outcome = printed.lines().filter(|line| !line.is_empty());
        let outcome = outcome.collect::<Vec<_>>().join("\n    ");
        writeln!(table, "{variables:?}\n    {outcome}")?;
    }
    let folder = folder.path().display().to_string();
    let table = table.replace(&folder, "<folder>");
    let outcomes = table.lines().filter(|line| line.starts_with("    "));
    assert!(!outcomes.collect::<String>().contains(SECRET), "{table}");
    insta::assert_snapshot!("variables", table);
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_an_error() -> Result {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let mut process = process(Some("acme"), None, None);
    let printed = printed(process.env("ACQUIRE_API_KEY", OsStr::from_bytes(b"canary\xff")))?;
    assert!(
        printed.starts_with("error: ACQUIRE_API_KEY: is not UTF-8\n"),
        "{printed}"
    );
    assert!(!printed.contains(SECRET), "{printed}");
    Ok(())
}
