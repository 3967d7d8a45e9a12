//! Which account IDs, keys, base URLs and time limits make a client, and what is said about those that don't.

use std::fmt::Write as _;
use std::time::Duration;

use acquire_io::{Client, Delivery};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Server, message};

use crate::from_env::{SECRET, built, from_env, printed, process};

/// One row for each value. The builder's outcome must be the same but for the setting's name, `names`, and for an empty
/// value: an empty variable counts as not set.
fn table<'a>(
    names: [&str; 2],
    values: &[&'a str],
    settings: impl Fn(&'a str) -> [Option<&'a str>; 3],
) -> Result<String> {
    let mut table = String::new();
    for value in values {
        let [account_id, api_key, base_url] = settings(value);
        let outcome = from_env(account_id, api_key, base_url)?;
        let by_builder = built(account_id, api_key, base_url);
        match value.is_empty() {
            true => writeln!(table, "{value:?}\n    {outcome}\n    {by_builder}")?,
            false => {
                assert_eq!(outcome, by_builder.replace(names[1], names[0]), "{value:?}");
                writeln!(table, "{value:?}\n    {outcome}")?;
            }
        }
    }
    Ok(table)
}

#[test]
fn account_ids() -> Result {
    let longest = "a".repeat(63);
    let too_long = "a".repeat(64);
    let values = [
        "acme",
        "ACME-2",
        "7",
        &longest,
        &too_long,
        "",
        "-a",
        "a-",
        "a.b",
        "a_b",
        "a b",
        "a@b",
        "a:443",
        "ü",
        "xn--a",
        "evil.example/",
        "evil.example#",
        "evil.example\\",
        "acme\n",
        "%61",
    ];
    let table = table(
        ["ACQUIRE_ACCOUNT_ID", "account_id"],
        &values,
        |account_id| [Some(account_id), Some("key"), None],
    )?;
    insta::assert_snapshot!("account_ids", table);
    Ok(())
}

#[test]
fn api_keys() -> Result {
    let values = [
        "k",
        "a.b-c_d~e+f/g==",
        "",
        "key\n",
        "key\r\nx-evil: 1",
        "two words",
        " key",
        "schlüssel",
        "Bearer k",
        "bearer",
        "\"k\"",
        "'k'",
        "k\u{7f}",
        "k\u{1}",
    ];
    let table = table(["ACQUIRE_API_KEY", "api_key"], &values, |api_key| {
        [Some("acme"), Some(api_key), None]
    })?;
    insta::assert_snapshot!("api_keys", table);
    Ok(())
}

#[test]
fn base_urls() -> Result {
    let values = [
        "http://127.0.0.1:1",
        "http://127.9.9.9:1/",
        "http://127.1",
        "http://[::1]:1",
        "https://localhost:1",
        "HTTP://LOCALHOST",
        "http://example.com",
        "https://acme.acquire.io",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "http://0.0.0.0:1",
        "http://10.0.0.1",
        "http://[::]:1",
        "ftp://127.0.0.1",
        "file:///etc/hosts",
        "http://user:pw@127.0.0.1",
        "http://user@127.0.0.1",
        "http://127.0.0.1/path",
        "http://127.0.0.1?query",
        "http://127.0.0.1#fragment",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "127.0.0.1:1",
        "http://",
        "garbage",
        "",
    ];
    let table = table(["ACQUIRE_BASE_URL", "base_url"], &values, |base_url| {
        [None, Some("key"), Some(base_url)]
    })?;
    insta::assert_snapshot!("base_urls", table);
    Ok(())
}

#[test]
fn what_is_missing() -> Result {
    let (account, key, url) = (Some("acme"), Some("key"), Some("http://127.0.0.1:1"));
    let settings = [
        ("nothing", [None, None, None]),
        ("the account", [account, None, None]),
        ("the key", [None, key, None]),
        ("the base URL", [None, None, url]),
        ("the account and the key", [account, key, None]),
        ("the base URL and the key", [None, key, url]),
        ("everything", [account, key, url]),
        ("everything, the account broken", [Some("a.b"), key, url]),
        (
            "everything, the base URL broken",
            [account, key, Some("http://example.com")],
        ),
    ];
    let mut table = String::new();
    for (given, [account_id, api_key, base_url]) in settings {
        writeln!(table, "given {given}")?;
        writeln!(
            table,
            "    from_env  {}",
            from_env(account_id, api_key, base_url)?
        )?;
        writeln!(
            table,
            "    builder   {}",
            built(account_id, api_key, base_url)
        )?;
    }
    insta::assert_snapshot!("what_is_missing", table);
    Ok(())
}

/// Not by the error, nor by the `Debug` of the error, the client or the builder: somebody may have set a key as the
/// account ID.
#[test]
fn no_value_is_shown() -> Result {
    let (key, loopback) = (SECRET, "http://127.0.0.1:1");
    for before_and_after in [
        ".a",
        "/",
        "_",
        "@b",
        " ",
        "\n",
        "-",
        "ü",
        SECRET.repeat(11).as_str(),
    ] {
        for account_id in [
            format!("{SECRET}{before_and_after}"),
            format!("{before_and_after}{SECRET}"),
        ] {
            shows_no_secret(
                "error: ACQUIRE_ACCOUNT_ID: ",
                [Some(&account_id), Some(key), None],
            )?;
        }
    }
    for api_key in [
        format!("{SECRET}\n"),
        format!("{SECRET} "),
        format!("ü{SECRET}"),
    ] {
        shows_no_secret(
            "error: ACQUIRE_API_KEY: ",
            [Some("acme"), Some(&api_key), None],
        )?;
    }
    for base_url in [
        SECRET.to_owned(),
        format!("{SECRET}://127.0.0.1"),
        format!("http://{SECRET}.example"),
        format!("http://{SECRET}@127.0.0.1"),
        format!("http://user:{SECRET}@127.0.0.1"),
        format!("http://127.0.0.1/{SECRET}"),
        format!("http://127.0.0.1?{SECRET}"),
    ] {
        shows_no_secret(
            "error: ACQUIRE_BASE_URL: ",
            [None, Some(key), Some(&base_url)],
        )?;
    }
    shows_no_secret(
        "error: ACQUIRE_ACCOUNT_ID: not set",
        [None, Some(key), None],
    )?;
    shows_no_secret(
        "error: ACQUIRE_API_KEY: not set",
        [Some(SECRET), None, None],
    )?;
    shows_no_secret(
        "ok: https://acme.acquire.io",
        [Some("acme"), Some(key), None],
    )?;
    shows_no_secret(
        "error: ACQUIRE_BASE_URL: is set",
        [Some(SECRET), Some(key), Some(loopback)],
    )?;

    let builder = Client::builder()
        .account_id(SECRET)
        .api_key(SECRET)
        .base_url(SECRET);
    assert!(!format!("{builder:?}").contains(SECRET));
    Ok(())
}

fn shows_no_secret(outcome: &str, [account_id, api_key, base_url]: [Option<&str>; 3]) -> Result {
    let printed = printed(&mut process(account_id, api_key, base_url))?;
    assert!(printed.starts_with(outcome), "{printed}");
    assert!(!printed.contains(SECRET), "{printed}");
    Ok(())
}

#[test]
fn the_error_names_the_setting() {
    let setting = |builder: acquire_io::ClientBuilder| {
        builder
            .build()
            .map(|_| ())
            .unwrap_err()
            .setting()
            .to_owned()
    };
    assert_eq!(setting(Client::builder().api_key("key")), "account_id");
    assert_eq!(
        setting(Client::builder().api_key("key").account_id("a.b")),
        "account_id"
    );
    assert_eq!(setting(Client::builder().account_id("acme")), "api_key");
    assert_eq!(
        setting(Client::builder().api_key("").account_id("acme")),
        "api_key"
    );
    assert_eq!(
        setting(Client::builder().api_key("key").base_url("garbage")),
        "base_url"
    );
    let error = Client::builder().build().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}: {}", error.setting(), error.problem())
    );
}

#[test]
fn long_keys() {
    let builder = Client::builder().account_id("acme");
    assert!(builder.clone().api_key("k".repeat(4096)).build().is_ok());
    assert!(builder.api_key("k".repeat(4097)).build().is_err());
}

#[test]
fn time_limits() -> Result {
    let builder = || Client::builder().account_id("acme").api_key("key");
    for (name, built) in [
        ("timeout", builder().timeout(Duration::ZERO).build()),
        (
            "connect_timeout",
            builder().connect_timeout(Duration::ZERO).build(),
        ),
    ] {
        let error = built.err().ok_or("zero was accepted")?;
        assert_eq!(error.setting(), name);
        assert!(error.problem().starts_with("is zero"), "{error}");
    }
    Ok(())
}

/// The longest durations must not overflow; with none nothing may go out.
#[tokio::test]
async fn the_longest_and_the_shortest_time_limit() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let client = Client::builder()
        .base_url(server.base_url())
        .api_key("key")
        .timeout(Duration::MAX)
        .connect_timeout(Duration::MAX)
        .build()?;
    let chat = message("hi");
    client.send(&chat).await?;
    client.send(&chat).timeout(Duration::MAX).await?;
    let error = client.send(&chat).timeout(Duration::ZERO).await;
    let error = error.err().ok_or("zero was accepted")?;
    assert_eq!((error.delivery(), error.attempts()), (Delivery::NotSent, 0));
    assert_eq!(error.problems()[0].field(), "timeout");
    assert_eq!(server.received().requests.len(), 2);
    Ok(())
}
