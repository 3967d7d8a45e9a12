//! Each setting does what it says, on the wire.

use std::time::{Duration, Instant};

use acquire_io_sandbox::Sandbox;
use acquire_io_tests::fault::{Answer, Part, Script, Server, Step, Transport, reserved_port};
use serde_json::{Value, json};

use crate::support::*;

const SEND: &str = "chat send --case 28 --text hi --output json";

/// The report of a message that is sent to a sandbox.
async fn report(sandbox: &Sandbox, options: &str) -> Result<Value> {
    let home = Home::new()?;
    let acquire = home
        .acquire(SEND)
        .to(sandbox)
        .args(options.split_whitespace());
    Ok(serde_json::from_str(&acquire.run().await?.stdout)?)
}

#[tokio::test]
async fn keys() -> Result {
    let home = Home::new()?;
    let key = |name: &str| home.write(&format!("{name}.key"), &format!("by-{name}\n"));
    let (by_option, by_variable) = (key("option")?, key("variable")?);
    key("file")?;
    home.write("folder/relative.key", "by-relative\r\n")?;
    let in_file = home.write("key.toml", "[profiles.default]\napi_key = 'in-file'")?;
    let by_file = home.write("file.toml", "[profiles.default]\napi_key_file = 'file.key'")?;
    let relative = home.write(
        "folder/c.toml",
        "[profiles.default]\napi_key_file = 'relative.key'",
    )?;

    // The config file, variables, options, what is put in; the key that arrives.
    type Row<'a> = (
        &'a std::path::Path,
        Vec<(&'a str, &'a str)>,
        Vec<&'a str>,
        &'a str,
    );
    let option = by_option.display().to_string();
    let variable = by_variable.display().to_string();
    let rows: [(Row<'_>, &str); 8] = [
        ((&in_file, vec![], vec![], ""), "in-file"),
        ((&by_file, vec![], vec![], ""), "by-file"),
        ((&relative, vec![], vec![], ""), "by-relative"),
        (
            (&by_file, vec![("ACQUIRE_API_KEY", "variable")], vec![], ""),
            "variable",
        ),
        (
            (
                &in_file,
                vec![("ACQUIRE_API_KEY_FILE", &variable)],
                vec![],
                "",
            ),
            "by-variable",
        ),
        (
            (
                &in_file,
                vec![("ACQUIRE_API_KEY", "variable")],
                vec!["--api-key-file", &option],
                "",
            ),
            "by-option",
        ),
        (
            (&in_file, vec![], vec!["--api-key-file", "-"], "put-in\n"),
            "put-in",
        ),
        (
            (
                &in_file,
                vec![("ACQUIRE_API_KEY_FILE", "-")],
                vec![],
                "put-in",
            ),
            "put-in",
        ),
    ];
    for ((config, variables, options, input), key) in rows {
        let sandbox = Sandbox::builder().api_key(key).start().await?;
        let mut acquire = home
            .acquire(SEND)
            .env("ACQUIRE_BASE_URL", sandbox.base_url());
        for (name, value) in variables {
            acquire = acquire.env(name, value);
        }
        let acquire = acquire
            .env("ACQUIRE_CONFIG", config)
            .args(options)
            .input(input);
        acquire.run().await?.ok()?;
        let header = &sandbox.received()[0].headers["authorization"];
        assert_eq!(header, &format!("Bearer {key}"));
    }
    Ok(())
}

#[tokio::test]
async fn attempts() -> Result {
    let (_port, nobody) = reserved_port()?;
    let url = format!("http://{nobody}");
    for attempts in [1, 2] {
        let home = Home::new()?;
        let run = home
            .acquire(SEND)
            .env("ACQUIRE_BASE_URL", &url)
            .env("ACQUIRE_API_KEY", "k")
            .args(["--attempts", &attempts.to_string()])
            .run()
            .await?;
        let report: Value = serde_json::from_str(&run.stdout)?;
        assert_eq!((run.code, &report["attempts"]), (Some(5), &json!(attempts)));
    }
    Ok(())
}

#[tokio::test]
async fn too_many_requests() -> Result {
    let busy = json!({"limit": 1, "action": {"type": "answer", "status": 429}});
    for (option, delivery, requests) in [
        ("", "refused", 1),
        ("--retry-too-many-requests=false", "refused", 1),
        ("--retry-too-many-requests", "accepted", 2),
        ("--retry-too-many-requests=true", "accepted", 2),
    ] {
        let sandbox = sandbox(Some(busy.clone())).await?;
        assert_eq!(
            report(&sandbox, option).await?["delivery"],
            delivery,
            "{option}"
        );
        assert_eq!(sandbox.received().len(), requests, "{option}");
    }
    Ok(())
}

#[tokio::test]
async fn timeout() -> Result {
    let silent = json!({"action": {"type": "hang", "stage": "received"}});
    let sandbox = sandbox(Some(silent)).await?;
    let start = Instant::now();
    let report = report(&sandbox, "--timeout 300ms").await?;
    assert_eq!(report["delivery"], "unknown");
    // The default is 30 seconds.
    assert!(start.elapsed() < Duration::from_secs(20));
    Ok(())
}

#[tokio::test]
async fn user_type_parameter() -> Result {
    for (spelling, query) in [
        ("newest", "x-user-type=user"),
        ("older", "-x-user-type=user"),
    ] {
        let sandbox = sandbox(None).await?;
        let options = format!("--as-agent --user-type-parameter {spelling}");
        assert_eq!(report(&sandbox, &options).await?["delivery"], "accepted");
        assert_eq!(sandbox.received()[0].uri.query(), Some(query));
    }
    Ok(())
}

#[tokio::test]
async fn proxy() -> Result {
    let refuse = [Step::Head, Step::Send(Part::Whole, Answer::new(403))];
    let proxy = Server::start(Transport::Http1, [Script::new(refuse)])?;
    let home = Home::new()?;
    let run = home
        .acquire(SEND)
        .env("ACQUIRE_API_KEY", CANARY)
        .args([
            "--account-id",
            "acme",
            "--attempts",
            "1",
            "--proxy",
            &proxy.base_url(),
        ])
        .run()
        .await?;
    assert_eq!(run.code, Some(5), "{run}");
    let received = proxy.received();
    assert_eq!((received.tunnels.len(), received.requests.len()), (1, 0));
    let head = &received.tunnels[0];
    assert!(head.starts_with("CONNECT acme.acquire.io:443 HTTP/1.1\r\n"));
    assert!(!head.contains(CANARY));
    Ok(())
}

/// Its user name and password go to the proxy alone, percent-decoded.
#[tokio::test]
async fn a_proxy_of_the_environment() -> Result {
    for (variable, excluded) in [
        ("HTTPS_PROXY", ""),
        ("https_proxy", "example.com"),
        ("ALL_PROXY", ""),
    ] {
        let refuse = [Step::Head, Step::Send(Part::Whole, Answer::new(403))];
        let proxy = Server::start(Transport::Http1, [Script::new(refuse)])?;
        let url = proxy.base_url().replace("http://", "http://ann:p%40ss@");
        let home = Home::new()?;
        let run = home
            .acquire(SEND)
            .env("ACQUIRE_API_KEY", CANARY)
            .env(variable, url)
            .env("NO_PROXY", excluded)
            .args(["--account-id", "acme", "--attempts", "1"])
            .run()
            .await?;
        assert_eq!(run.code, Some(5), "{run}");
        let received = proxy.received();
        assert_eq!((received.tunnels.len(), received.requests.len()), (1, 0));
        let head = received.tunnels[0].to_lowercase();
        // ann:p@ss
        let authorization = "proxy-authorization: basic yw5uonbac3m=\r\n";
        assert!(head.contains(authorization), "{head}");
        assert!(!head.contains(CANARY), "{head}");
    }
    Ok(())
}

#[tokio::test]
async fn root_certificates() -> Result {
    let identity = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let (certificate, key) = (identity.cert.pem(), identity.signing_key.serialize_pem());
    let sandbox = Sandbox::builder()
        .tls(certificate.clone(), key)
        .start()
        .await?;
    let home = Home::new()?;
    home.write("ca.pem", &certificate)?;
    home.write("empty.pem", "")?;
    let send = |options: &str| {
        home.acquire(SEND)
            .to(&sandbox)
            .args(options.split_whitespace())
    };

    let untrusted = send("--attempts 1").run().await?;
    assert_eq!(
        (untrusted.code, sandbox.received().len()),
        (Some(5), 0),
        "{untrusted}"
    );
    send("--root-certificates ca.pem").run().await?.ok()?;
    assert_eq!(sandbox.received().len(), 1);

    let empty = send("--root-certificates empty.pem").run().await?;
    assert_eq!(empty.code, Some(3), "{empty}");
    let expected = "acquire: --root-certificates: holds no certificate";
    assert!(empty.stderr.starts_with(expected), "{empty}");
    Ok(())
}
