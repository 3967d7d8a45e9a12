//! Where a client connects: proxies, hosts that are trusted, loopback.

use std::fmt::Write as _;

use acquire_io::Client;
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Server, message};

use crate::from_env::{SECRET, printed, process};

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
    client.send(message("hi")).await?;
    assert_eq!(server.received().requests.len(), 1);
    Ok(())
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
        client.send(message("hi")).await?;
    }
    let hosts = server.received().requests;
    let host = format!("host: localhost:{port}\r\n");
    assert!(hosts.iter().all(|request| request.head.contains(&host)));
    assert_eq!(hosts.len(), 2);
    Ok(())
}
