//! What a caller may change of the HTTP client, and what it can't.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acquire_io::{Client, Delivery, Error, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{
    Answer, Script, Server, Transport, message, reserved_port, root_certificate,
};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION};
use http::{HeaderMap, HeaderValue};

/// A client whose caller changed everything that the promise needs otherwise.
fn changed(base_url: &str) -> Result<Client> {
    let http = |http: reqwest::ClientBuilder| {
        http.redirect(reqwest::redirect::Policy::limited(5))
            .pool_idle_timeout(None)
            .connection_verbose(true)
            .tls_danger_accept_invalid_certs(true)
            .tls_danger_accept_invalid_hostnames(true)
            .user_agent("another")
            .default_headers(HeaderMap::from_iter([
                (AUTHORIZATION, HeaderValue::from_static("Bearer another")),
                (ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
            ]))
    };
    let builder = Client::builder().base_url(base_url).api_key("key");
    Ok(builder.retry(Retry::never()).configure_http(http).build()?)
}

async fn failed(client: &Client) -> Result<Error> {
    let failed = client.send(message("hi")).await.err();
    Ok(failed.ok_or("it was accepted")?)
}

#[tokio::test]
async fn a_redirect_is_not_followed() -> Result {
    for status in [301, 302, 303, 307, 308] {
        let redirect = Answer::new(status).header("location", "/elsewhere");
        let server = Server::answering(redirect)?;
        let error = failed(&changed(&server.base_url())?).await?;
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.delivery(), Delivery::Unknown);
        assert_eq!(server.received().requests.len(), 1, "{status}");
    }
    Ok(())
}

#[tokio::test]
async fn the_headers_are_ours() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    changed(&server.base_url())?.send(message("hi")).await?;
    let received = server.received().requests;
    let head = received[0].head.to_lowercase();
    assert!(head.contains("authorization: bearer key\r\n"), "{head}");
    assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
    assert!(head.contains("user-agent: acquire-io/"), "{head}");
    assert!(!head.contains("another"), "{head}");
    Ok(())
}

#[tokio::test]
async fn a_certificate_must_be_trusted() -> Result {
    let accepting = Script::answering(Answer::json(200, "{}"));
    let server = Server::start(Transport::Http1Tls, [accepting])?;
    let error = failed(&changed(&server.base_url())?).await?;
    assert!(error.is_tls(), "{error}");
    assert_eq!(error.delivery(), Delivery::NotSent);
    assert!(server.received().requests.is_empty());
    Ok(())
}

/// Whatever proxy the closure sets.
#[tokio::test]
async fn a_base_url_has_no_proxy() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let (_socket, nobody) = reserved_port()?;
    let client = Client::builder()
        .base_url(server.base_url())
        .api_key("key")
        .configure_http(
            move |http| match reqwest::Proxy::all(format!("http://{nobody}")) {
                Ok(proxy) => http.proxy(proxy),
                Err(_) => http,
            },
        )
        .build()?;
    client.send(message("hi")).await?;
    assert_eq!(server.received().requests.len(), 1);
    Ok(())
}

/// The closures run in order, once for each client.
#[tokio::test]
async fn what_has_no_setting_is_changed() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let builder = Client::builder()
        .base_url(server.base_url())
        .api_key("key")
        .configure_http(move |http| {
            counted.fetch_add(1, Ordering::SeqCst);
            http.http1_title_case_headers()
        })
        .configure_http(|http| http.tcp_keepalive(Duration::from_secs(30)));
    builder.clone().build()?.send(message("hi")).await?;
    let received = server.received().requests;
    assert!(received[0].head.contains("Accept-Encoding: identity"));
    builder.build()?;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    Ok(())
}

/// A closure's certificates are kept beside those of the setting.
#[tokio::test]
async fn certificates_of_the_closure_are_trusted() -> Result {
    let accepting = Script::answering(Answer::json(200, "{}"));
    let server = Server::start(Transport::Http1Tls, [accepting])?;
    let root = reqwest::Certificate::from_pem(root_certificate()?.as_bytes())?;
    let client = Client::builder()
        .base_url(server.base_url())
        .api_key("key")
        .configure_http(move |http| http.tls_certs_merge([root.clone()]))
        .build()?;
    client.send(message("hi")).await?;
    Ok(())
}
