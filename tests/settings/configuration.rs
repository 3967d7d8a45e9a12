//! Which settings make a client, and what is said about those that don't.

use std::fmt::Write as _;
use std::process::{Command, Output};
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client, Delivery};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Server, root_certificate};

/// A word that no output may repeat.
const SECRET: &str = "canary";

fn process(account_id: Option<&str>, api_key: Option<&str>, base_url: Option<&str>) -> Command {
    let mut process = Command::new(env!("CARGO_BIN_EXE_client_from_env"));
    process.env_clear();
    let variables = [
        ("ACQUIRE_ACCOUNT_ID", account_id),
        ("ACQUIRE_API_KEY", api_key),
        ("ACQUIRE_BASE_URL", base_url),
    ];
    process.envs(
        variables
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    process
}

/// Each value is set with those of other variables that must not count.
#[test]
fn proxies() -> Result {
    let variables: &[&[(&str, &str)]] = &[
        &[],
        &[("HTTPS_PROXY", "http://a:1")],
        &[("https_proxy", "http://a:1")],
        &[("HTTPS_PROXY", ""), ("https_proxy", "http://a:1")],
        &[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:1")],
        &[
            ("HTTPS_PROXY", "http://a:1"),
            ("ALL_PROXY", "socks5h://b:1"),
        ],
        &[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://b:1")],
        &[("all_proxy", "https://b")],
        &[("HTTP_PROXY", "garbage"), ("http_proxy", "http://a:1")],
        &[("HTTPS_PROXY", "a:1")],
        &[("HTTPS_PROXY", "http://user:canary@a:1")],
        &[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "acquire.io")],
        &[
            ("HTTPS_PROXY", "http://a:1"),
            ("NO_PROXY", ""),
            ("no_proxy", "*"),
        ],
        &[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "example.com")],
        &[
            ("HTTPS_PROXY", "garbage canary"),
            ("NO_PROXY", ".acquire.io"),
        ],
        &[("HTTPS_PROXY", "socks5h://canary:1")],
        &[("ALL_PROXY", "socks5://canary:1")],
        &[("HTTPS_PROXY", "ftp://canary:1")],
        &[("HTTPS_PROXY", "http://user:can#ary@a:1")],
        &[("HTTPS_PROXY", "http://a:0")],
        &[("HTTPS_PROXY", "http://a/canary.pac")],
        &[("HTTPS_PROXY", "http://a:1\n")],
        &[("HTTPS_PROXY", "http://")],
        &[("HTTPS_PROXY", " ")],
    ];
    let mut table = String::new();
    for variables in variables {
        let mut process = process(Some("acme"), Some("key"), None);
        let printed = printed(process.envs(variables.iter().copied()))?;
        assert!(!printed.contains(SECRET), "{printed}");
        let outcome = printed
            .lines()
            .find(|line| line.starts_with("proxy: ") || line.starts_with("error: "));
        writeln!(
            table,
            "{variables:?}\n    {}",
            outcome.unwrap_or("no proxy")
        )?;
    }
    insta::assert_snapshot!("proxies", table);
    Ok(())
}

#[test]
fn a_proxy_that_is_asked_for() -> Result {
    let builder = Client::builder().api_key("key").proxy("http://a:1");
    let client = builder.clone().account_id("acme").build()?;
    let proxy = client.proxy().ok_or("no proxy")?;
    assert_eq!(
        (proxy.url().as_str(), proxy.source()),
        ("http://a:1", "proxy")
    );
    let both = builder.base_url("http://127.0.0.1:1").build();
    let error = both.err().ok_or("a proxy was dropped")?;
    assert_eq!(error.setting(), "proxy");
    Ok(())
}

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

#[test]
fn trusted_hosts() -> Result {
    let mut table = String::new();
    for (host, url) in [
        ("sandbox", "http://sandbox:8080"),
        ("SandBox", "http://sandbox:8080"),
        ("sandbox", "https://sandbox"),
        (
            "sandbox.test.svc.cluster.local",
            "http://sandbox.test.svc.cluster.local",
        ),
        ("10.0.0.7", "http://10.0.0.7:8080"),
        ("[fd00::7]", "http://[fd00::7]:8080"),
        ("sandbox", "http://127.0.0.1:1"),
        ("sandbox", "http://other:8080"),
        ("sandbox", "http://sandbox.evil.example"),
        ("sandbox", "http://sandbox@evil.example"),
        ("sandbox", "http://evil.example/sandbox"),
        ("example", "http://sandbox.example"),
        ("sandbox:8080", "http://sandbox:8080"),
        ("sandbox:80", "http://sandbox:80"),
        ("http://sandbox", "http://sandbox"),
        ("user@sandbox", "http://sandbox"),
        ("sandbox/", "http://sandbox"),
        ("", "http://sandbox"),
        ("*", "http://sandbox"),
        ("acme.acquire.io", "http://acme.acquire.io"),
        ("ACQUIRE.io", "http://acquire.io"),
        ("acme.acquire.io.", "http://acme.acquire.io."),
    ] {
        let builder = Client::builder()
            .base_url(url)
            .trust_host(host)
            .api_key("key");
        let outcome = match builder.build() {
            Ok(client) => format!("ok: {}", client.base_url()),
            Err(error) => format!("error: {error}"),
        };
        let of_environment =
            printed(process(None, Some("key"), Some(url)).env("ACQUIRE_TRUST_HOST", host))?;
        if !host.is_empty() {
            let by_variable = outcome
                .replace("base_url:", "ACQUIRE_BASE_URL:")
                .replace("trust_host:", "ACQUIRE_TRUST_HOST:");
            assert_eq!(of_environment.lines().next(), Some(by_variable.as_str()));
        }
        writeln!(table, "{host:?}, {url}\n    {outcome}")?;
    }
    insta::assert_snapshot!("trusted_hosts", table);
    Ok(())
}

/// By its name alone: the address is the resolver's.
#[tokio::test]
async fn a_trusted_host_gets_messages_in_plain_http() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let address = server.address();
    let client = Client::builder()
        .base_url(format!("http://sandbox:{}", address.port()))
        .trust_host("sandbox")
        .configure_http(move |http| http.resolve("sandbox", address))
        .api_key("key")
        .build()?;
    client.send(Chat::new(CaseId(28)).text("hi")).await?;
    assert_eq!(server.received().requests.len(), 1);
    Ok(())
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
    let chat = Chat::new(CaseId(28)).text("hi");
    client.send(&chat).await?;
    client.send(&chat).timeout(Duration::MAX).await?;
    let error = client.send(&chat).timeout(Duration::ZERO).await;
    let error = error.err().ok_or("zero was accepted")?;
    assert_eq!((error.delivery(), error.attempts()), (Delivery::NotSent, 0));
    assert_eq!(error.problems()[0].field(), "timeout");
    assert_eq!(server.received().requests.len(), 2);
    Ok(())
}

fn printed(process: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = process.output()?;
    let stderr = String::from_utf8(stderr)?;
    if !status.success() || !stderr.is_empty() {
        return Err(format!("{status}, {stderr}").into());
    }
    Ok(String::from_utf8(stdout)?)
}

/// The outcome of `Client::from_env`: the base URL or the error.
fn from_env(
    account_id: Option<&str>,
    api_key: Option<&str>,
    base_url: Option<&str>,
) -> Result<String> {
    let printed = printed(&mut process(account_id, api_key, base_url))?;
    Ok(printed.lines().next().unwrap_or_default().to_owned())
}

/// The outcome of the builder with the same settings.
fn built(account_id: Option<&str>, api_key: Option<&str>, base_url: Option<&str>) -> String {
    let mut builder = Client::builder();
    if let Some(account_id) = account_id {
        builder = builder.account_id(account_id);
    }
    if let Some(api_key) = api_key {
        builder = builder.api_key(api_key);
    }
    if let Some(base_url) = base_url {
        builder = builder.base_url(base_url);
    }
    match builder.build() {
        Ok(client) => format!("ok: {}", client.base_url()),
        Err(error) => format!("error: {error}"),
    }
}

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

/// Neither by the error nor by the `Debug` of the error, the client or the builder: a key may have been put
/// in the place of the account ID.
#[test]
fn no_value_is_told() -> Result {
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
            tells_nothing(
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
        tells_nothing(
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
        tells_nothing(
            "error: ACQUIRE_BASE_URL: ",
            [None, Some(key), Some(&base_url)],
        )?;
    }
    tells_nothing(
        "error: ACQUIRE_ACCOUNT_ID: not set",
        [None, Some(key), None],
    )?;
    tells_nothing(
        "error: ACQUIRE_API_KEY: not set",
        [Some(SECRET), None, None],
    )?;
    tells_nothing(
        "ok: https://acme.acquire.io",
        [Some("acme"), Some(key), None],
    )?;
    tells_nothing(
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

fn tells_nothing(outcome: &str, [account_id, api_key, base_url]: [Option<&str>; 3]) -> Result {
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

/// That no resolver is asked needs another name service to be shown, which a test can't set up. This is what it is for.
#[tokio::test]
async fn localhost_is_loopback() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let port = server.address().port();
    for name in ["localhost", "LocalHost"] {
        let client = Client::builder()
            .base_url(format!("http://{name}:{port}"))
            .api_key("key")
            .build()?;
        client.send(Chat::new(CaseId(28)).text("hi")).await?;
    }
    let hosts = server.received().requests;
    let host = format!("host: localhost:{port}\r\n");
    assert!(hosts.iter().all(|request| request.head.contains(&host)));
    assert_eq!(hosts.len(), 2);
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
