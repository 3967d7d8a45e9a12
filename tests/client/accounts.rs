//! Many accounts on the same connections, and keys that change.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acquire_io::{ApiKey, Client, Delivery, ErrorKind, NextStep, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Script, Server, Step, Transport, message};

const SECRET: &str = "canarykey";

/// The keys that arrived, in their order.
fn keys(server: &Server) -> Vec<String> {
    let requests = server.received().requests;
    let lines = requests.iter().flat_map(|request| request.head.lines());
    let keys = lines.filter_map(|line| line.strip_prefix("authorization: Bearer "));
    keys.map(str::to_owned).collect()
}

#[tokio::test]
async fn accounts_share_their_connections() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let client = server.client()?.user_agent("shop/1").build()?;
    let mut expected = Vec::new();
    for number in 0..200 {
        let key = format!("key{number}");
        let account = client.account(format!("acme{number}"), key.as_str())?;
        account.send(message("hi")).await?;
        expected.push(key);
    }
    assert_eq!(keys(&server), expected);
    let received = server.received();
    assert_eq!(received.connections, 1);
    assert!(
        received
            .requests
            .iter()
            .all(|request| request.head.contains("user-agent: shop/1 acquire-io/"))
    );
    Ok(())
}

#[test]
fn an_account_has_its_own_url_and_the_settings_of_the_other() -> Result {
    let acme = Client::builder()
        .account_id("acme")
        .api_key("key")
        .timeout(Duration::from_secs(7))
        .proxy("http://a:1")
        .build()?;
    let other = acme.account("other", "key")?;
    assert_eq!(other.base_url(), "https://other.acquire.io");
    assert_eq!(other.timeout(), Duration::from_secs(7));
    assert_eq!(
        other.proxy().map(acquire_io::Proxy::url),
        Some("http://a:1".to_owned())
    );
    assert_eq!(acme.base_url(), "https://acme.acquire.io");
    let request = other.to_http_request(message("hi"))?;
    assert_eq!(request.uri().host(), Some("other.acquire.io"));

    for (account_id, key, setting) in [
        ("a.b", "key", "account_id"),
        ("", "key", "account_id"),
        ("other", "two words", "api_key"),
        ("other", "", "api_key"),
    ] {
        let error = acme
            .account(account_id, key)
            .err()
            .ok_or("it was accepted")?;
        assert_eq!(error.setting(), setting);
    }
    Ok(())
}

#[tokio::test]
async fn draining_one_waits_for_the_calls_of_all() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let client = server.client()?.build()?;
    let call = client
        .account("other", "key")?
        .send(message("hi"))
        .into_future();
    assert_eq!(client.drain(Duration::ZERO).await, 1);
    call.await?;
    assert_eq!(client.drain(Duration::ZERO).await, 0);
    Ok(())
}

/// `key1`, then `key2`, and so on, each with a line break at its end, as in a file.
fn rotating() -> ApiKey {
    let reads = Arc::new(AtomicUsize::new(0));
    ApiKey::read_by(move || {
        let number = reads.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok::<_, std::io::Error>(format!("key{number}\n")) }
    })
}

#[tokio::test]
async fn a_key_is_read_for_each_attempt() -> Result {
    let answers = |status| Script::answering(Answer::json(status, "{}"));
    let server = Server::start(Transport::Http1, [answers(429).repeated()])?;
    let client = server.client()?.api_key(rotating());
    let again = Retry::not_sent()
        .when_too_many_requests()
        .delays(Duration::ZERO, Duration::ZERO);
    let client = client.retry(again).build()?;
    let error = client
        .send(message("hi"))
        .await
        .err()
        .ok_or("it was accepted")?;
    assert_eq!(error.attempts(), 3);
    assert_eq!(keys(&server), ["key1", "key2", "key3"]);
    // Of another account, too.
    let account = client.account("other", rotating())?;
    drop(account.send(message("hi")).retry(Retry::never()).await);
    assert_eq!(keys(&server).last().map(String::as_str), Some("key1"));
    Ok(())
}

/// Even when a server repeats it.
#[tokio::test]
async fn a_key_that_is_read_is_masked() -> Result {
    let body = format!(r#"{{"error":{{"code":"BAD","message":"bad key {SECRET}"}}}}"#);
    let server = Server::answering(Answer::json(401, body))?;
    let key = ApiKey::read_by(|| async { Ok::<_, std::io::Error>(SECRET.to_owned()) });
    let builder = server.client()?.api_key(key.clone());
    let client = builder.clone().build()?;
    let error = client
        .send(message("hi"))
        .await
        .err()
        .ok_or("it was accepted")?;
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    let shown = format!(
        "{error} {error:?} {client:?} {builder:?} {key:?} {:?}",
        ApiKey::from(SECRET)
    );
    assert!(!shown.contains(SECRET), "{shown}");
    // Nor is it in a request that is not sent, for which it is not read.
    assert!(
        client
            .to_http_request(message("hi"))?
            .headers()
            .get("authorization")
            .is_none()
    );
    Ok(())
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let client = |key| {
        let builder = server.client()?.api_key(key);
        Result::Ok(builder.retry(Retry::never()).build()?)
    };
    let vault_is_down = ApiKey::read_by(|| async { Err::<String, _>("the vault is down") });
    let error = client(vault_is_down)?.send(message("hi")).await;
    let error = error.err().ok_or("it was accepted")?;
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::ApiKey, Delivery::NotSent)
    );
    assert_eq!(error.next_step(), NextStep::FixSetup);
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("the vault is down"));
    assert_eq!(
        error.to_string(),
        "sendChatMessage: the API key can't be read; not sent: fix the set-up, then send it again"
    );

    let no_key = ApiKey::read_by(|| async { Ok::<_, String>(format!("two {SECRET}")) });
    let error = client(no_key)?.send(message("hi")).await;
    let error = error.err().ok_or("it was accepted")?;
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::ApiKey, Delivery::NotSent)
    );
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert!(!source.unwrap_or_default().contains(SECRET));

    // Within the time limit of the call.
    let slow = ApiKey::read_by(pending::<Result<String>>);
    let call = client(slow)?
        .send(message("hi"))
        .timeout(Duration::from_millis(20));
    let error = call.await.err().ok_or("it was accepted")?;
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Timeout, Delivery::NotSent)
    );
    assert!(server.received().requests.is_empty());
    Ok(())
}

#[tokio::test]
async fn reading_a_key_is_tried_again_and_can_be_stopped() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let reads = Arc::new(AtomicUsize::new(0));
    let flaky = ApiKey::read_by(move || {
        let is_first = reads.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                Err("try later")
            } else {
                Ok("key".to_owned())
            }
        }
    });
    let client = server.client()?.api_key(flaky);
    let again = Retry::not_sent().delays(Duration::ZERO, Duration::ZERO);
    let sent = client.retry(again).build()?.send(message("hi")).await?;
    assert_eq!(sent.attempts(), 2);

    let slow = ApiKey::read_by(pending::<Result<String>>);
    let client = server.client()?.api_key(slow).build()?;
    let error = client
        .send(message("hi"))
        .stop_when(std::future::ready(()))
        .await;
    let error = error.err().ok_or("it was accepted")?;
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Stopped, Delivery::NotSent)
    );
    assert_eq!(server.received().requests.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_witness_holds_for_a_key_that_is_read() -> Result {
    let server = Server::start(Transport::Http1, [Script::new([Step::Message, Step::Hang])])?;
    let client = server.client()?.api_key(rotating()).build()?;
    let call = client
        .send(message("hi"))
        .timeout(Duration::from_millis(300));
    let error = call.await.err().ok_or("it was accepted")?;
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Timeout, Delivery::Unknown)
    );
    assert_eq!(keys(&server), ["key1"]);
    Ok(())
}
