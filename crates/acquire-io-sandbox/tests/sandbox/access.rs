//! Which requests a browser may make.

use acquire_io_sandbox::{Sandbox, SandboxBuilder};
use reqwest::Method;
use serde_json::json;

use crate::support::*;

const PATHS: [(Method, &str); 12] = [
    (Method::GET, "/"),
    (Method::GET, "/_sandbox/page/app.js"),
    (Method::GET, "/_sandbox/api"),
    (Method::GET, "/_sandbox/ledger"),
    (Method::GET, "/_sandbox/messages"),
    (Method::GET, "/_sandbox/state"),
    (Method::GET, "/_sandbox/openapi.json"),
    (Method::GET, "/_sandbox/events"),
    (Method::DELETE, "/_sandbox/ledger"),
    (Method::POST, "/_sandbox/faults"),
    (Method::POST, CHAT),
    (Method::OPTIONS, CHAT),
];

/// On every address, on every path, with the key and without.
#[tokio::test]
async fn foreign_pages_are_refused() -> Result {
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("host", "evil.example"),
        ("host", "127.0.0.1.evil.example:80"),
    ];
    for ip in [[127, 0, 0, 1], [0, 0, 0, 0]] {
        let sandbox = Sandbox::builder().ip(ip).start().await?;
        let url = format!("http://127.0.0.1:{}", sandbox.address().port());
        for client in [http1(), http2()] {
            for (method, path) in PATHS {
                for (name, value) in foreign {
                    for key in [None, Some(sandbox.api_key())] {
                        let mut request = client
                            .request(method.clone(), format!("{url}{path}"))
                            .header(name, value)
                            .header("content-type", "application/json")
                            .header("accept", "text/html")
                            .body(chat("foreign").to_string());
                        if let Some(key) = key {
                            request = request.bearer_auth(key);
                        }
                        let answer = request.send().await?;
                        let headers = answer.headers();
                        assert_eq!(answer.status(), 403, "{method} {path}, {name}: {value}");
                        assert!(!headers.contains_key("access-control-allow-origin"));
                        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
                    }
                }
            }
        }
        assert!(sandbox.received().is_empty());
        assert!(sandbox.faults().is_empty());
    }
    Ok(())
}

/// Without TLS, and not on loopback, an image of a foreign page comes with neither `Origin` nor `Sec-Fetch-Site`.
#[tokio::test]
async fn an_image_of_a_web_page_is_not_recorded() -> Result {
    let sandbox = Sandbox::start().await?;
    for client in [http1(), http2()] {
        for method in [Method::GET, Method::HEAD] {
            for path in ["/", "/favicon.ico", CHAT] {
                let answer = client
                    .request(method.clone(), format!("{}{path}", sandbox.base_url()))
                    .header("user-agent", "Mozilla/5.0")
                    .header("accept", "image/avif,image/webp,*/*;q=0.8")
                    .send()
                    .await?;
                assert_eq!(answer.status(), 404, "{method} {path}");
                assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            }
        }
    }
    assert!(sandbox.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_refusal_says_how_to_allow_it() -> Result {
    let sandbox = Sandbox::start().await?;
    for (name, value, expected) in [
        (
            "origin",
            "http://localhost:3000",
            "`--allow-origin http://localhost:3000`",
        ),
        ("origin", "null", "serve it from a web server"),
        ("host", "sandbox.test:80", "`--allow-host sandbox.test`"),
    ] {
        let request = post(&http1(), &sandbox, CHAT, chat("hi"));
        let answer = json_of(request.header(name, value).send().await?).await?;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(expected), "{message}");
    }
    Ok(())
}

fn allowing() -> SandboxBuilder {
    let builder = Sandbox::builder().allow_host("sandbox.test");
    builder.allow_origin("http://localhost:3000")
}

#[tokio::test]
async fn named_hosts_and_origins_are_allowed() -> Result {
    let sandbox = allowing().start().await?;
    let request = post(&http1(), &sandbox, CHAT, chat("hi")).header("host", "Sandbox.test:8080");
    assert_eq!(request.send().await?.status(), 200);

    // As a browser does: it asks, then sends.
    let origin = "http://localhost:3000";
    let asked = http1()
        .request(Method::OPTIONS, format!("{}{CHAT}", sandbox.base_url()))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .send()
        .await?;
    assert!(asked.status().is_success());
    for (name, value) in [
        ("access-control-allow-origin", origin),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "authorization,content-type"),
    ] {
        assert_eq!(asked.headers()[name], value);
    }
    for body in [chat("hi"), json!({})] {
        let request = post(&http1(), &sandbox, CHAT, body)
            .header("origin", origin)
            .header("sec-fetch-site", "cross-site");
        let answer = request.send().await?;
        // Also a refusal can be read.
        assert_eq!(answer.headers()["access-control-allow-origin"], origin);
        assert_eq!(answer.headers()["access-control-expose-headers"], "*");
    }
    assert_eq!(sandbox.received().len(), 3);

    let other =
        post(&http1(), &sandbox, CHAT, chat("hi")).header("origin", "http://localhost:3001");
    assert_eq!(other.send().await?.status(), 403);
    Ok(())
}

#[tokio::test]
async fn invalid_origins_and_hosts_are_errors() -> Result {
    for origin in ["*", "null", "localhost:3000", "http://localhost/path"] {
        let error = Sandbox::builder().allow_origin(origin).start().await.err();
        let message = error.ok_or("it started")?.to_string();
        assert!(message.starts_with("allowed origin"), "{message}");
    }
    let error = Sandbox::builder()
        .allow_host("http://a")
        .start()
        .await
        .err();
    let message = error.ok_or("it started")?.to_string();
    assert!(message.starts_with("allowed host"), "{message}");
    Ok(())
}
