//! What the feature `test-util` gives to tests of other programs.

use std::error::Error as _;
use std::fmt::Write as _;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acquire_io::{Channel, Delivery, ErrorKind, MessageId, NextStep, Retry, test_util};
use acquire_io_tests::Result;
use acquire_io_tests::fault::message;
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn an_error_of_each_kind() -> Result {
    let mut table = String::new();
    for kind in ErrorKind::ALL.iter().copied() {
        let (error, unknown) = (
            test_util::error(Channel::Chat, kind),
            test_util::unknown(Channel::Chat, kind),
        );
        for error in [&error, &unknown] {
            assert_eq!(error.kind(), kind);
            assert_eq!(error.is_input(), kind == ErrorKind::Input);
            assert_eq!(error.is_tls(), kind == ErrorKind::Tls);
            assert_eq!(error.is_timeout(), kind == ErrorKind::Timeout);
            assert_eq!(error.is_stopped(), kind == ErrorKind::Stopped);
            assert_eq!(error.is_too_late(), kind == ErrorKind::TooLate);
            assert_eq!(error.source().is_some(), kind == ErrorKind::ApiKey);
        }
        let is_unknown = unknown.delivery() == Delivery::Unknown;
        assert_eq!(is_unknown, kind != ErrorKind::Input);
        writeln!(table, "{kind}\n    {error}\n    {unknown}")?;
    }
    insta::assert_snapshot!("kinds", table);
    Ok(())
}

#[test]
fn an_accepted_message_of_each_channel() -> Result {
    for channel in [Channel::Chat, Channel::Mail, Channel::Sms] {
        let sent = test_util::sent(channel, MessageId(7));
        assert_eq!(
            (sent.channel(), sent.message_id()),
            (channel, Some(MessageId(7)))
        );
        assert_eq!((sent.status().as_u16(), sent.attempts()), (200, 1));
        let receipt = sent.receipt();
        assert_eq!(
            (receipt.delivery, receipt.message_id),
            (Delivery::Accepted, Some(MessageId(7)))
        );
    }
    test_util::sent(Channel::Chat, MessageId(7)).chat()?;
    test_util::sent(Channel::Mail, MessageId(7)).mail()?;
    test_util::sent(Channel::Sms, MessageId(7)).sms()?;
    Ok(())
}

/// By the rules of a call.
#[test]
fn what_comes_of_an_answer() -> Result {
    let answered = |status: u16, body: &'static str| {
        let answer = http::Response::builder()
            .status(status)
            .header("retry-after", "7");
        Result::Ok(test_util::answered(Channel::Sms, answer.body(body)?))
    };
    assert!(answered(202, "")?.is_ok());
    for (status, body, kind, delivery) in [
        (
            200,
            r#"{"error":{"code":"CODE"}}"#,
            ErrorKind::Refused,
            Delivery::Refused,
        ),
        (200, "<p>", ErrorKind::Unclear, Delivery::Unknown),
        (302, "", ErrorKind::Unclear, Delivery::Unknown),
        (400, "", ErrorKind::Refused, Delivery::Refused),
        (401, "", ErrorKind::Unauthorized, Delivery::Refused),
        (403, "", ErrorKind::Unauthorized, Delivery::Refused),
        (407, "", ErrorKind::Unauthorized, Delivery::Refused),
        (408, "", ErrorKind::Unclear, Delivery::Unknown),
        (429, "", ErrorKind::TooManyRequests, Delivery::Refused),
        (503, "", ErrorKind::Server, Delivery::Unknown),
    ] {
        let error = answered(status, body)?.err().ok_or("it was accepted")?;
        assert_eq!(
            (error.kind(), error.delivery()),
            (kind, delivery),
            "{status}"
        );
        assert_eq!(error.channel(), Channel::Sms);
    }
    let busy = answered(429, "")?.err().ok_or("it was accepted")?;
    let after = Duration::from_secs(7);
    assert_eq!(busy.next_step(), NextStep::SendAgain { after });
    Ok(())
}

#[tokio::test]
async fn a_client_that_a_test_answers() -> Result {
    let acquire = test_util::client(async |request| {
        let (head, body) = request.into_parts();
        assert_eq!(head.headers["authorization"], "Bearer test-key");
        assert_eq!(head.uri.query(), Some("x-user-type=user"));
        let message: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        assert_eq!(message["message"]["message"], "hi");
        http::Response::new(r#"{"data":{"id":7}}"#)
    });
    let sent = acquire.build()?.send(message("hi")).await?;
    assert_eq!(sent.message_id(), Some(MessageId(7)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_is_skipped_by_a_paused_clock() -> Result {
    let start = Instant::now();
    let acquire = test_util::client(|_| pending::<http::Response<&str>>()).build()?;
    let error = acquire.send(message("hi")).timeout(HOUR).await;
    let error = error.err().ok_or("it was accepted")?;
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Timeout, Delivery::Unknown)
    );
    assert!(start.elapsed() >= HOUR);
    assert!(start.elapsed() < HOUR + Duration::from_secs(1));
    Ok(())
}

/// The answer comes within the limit, by the same clock.
#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_waited_for() -> Result {
    let acquire = test_util::client(async |_| {
        tokio::time::sleep(HOUR / 2).await;
        http::Response::new("{}")
    });
    let acquire = acquire.timeout(HOUR).build()?;
    let call = tokio::spawn(acquire.send(message("hi")).into_future());
    tokio::task::yield_now().await;
    assert_eq!(acquire.drain(HOUR / 4).await, 1);
    assert_eq!(acquire.drain(HOUR / 2).await, 0);
    call.await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_delays_of_retries_are_skipped() -> Result {
    let start = Instant::now();
    let attempts = Arc::new(AtomicUsize::new(0));
    let acquire = test_util::client(move |_| {
        let status = match attempts.fetch_add(1, Ordering::SeqCst) {
            0 => 429,
            _ => 200,
        };
        async move {
            let mut answer = http::Response::new("{}");
            *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
            answer
                .headers_mut()
                .insert("retry-after", http::HeaderValue::from_static("1800"));
            answer
        }
    });
    let again = Retry::not_sent()
        .when_too_many_requests()
        .max_retry_after(HOUR);
    let sent = acquire
        .timeout(HOUR)
        .retry(again)
        .build()?
        .send(message("hi"))
        .await?;
    assert_eq!(sent.attempts(), 2);
    assert!(start.elapsed() >= HOUR / 2);
    Ok(())
}

/// `begin_before` has the same clock.
#[tokio::test(start_paused = true)]
async fn a_lease_ends_by_a_paused_clock() -> Result {
    let acquire = test_util::client(async |_| http::Response::new("{}")).build()?;
    let latest = (Instant::now() + HOUR).into_std();
    let in_time = acquire.send(message("hi")).begin_before(latest);
    in_time.await?;
    tokio::time::advance(2 * HOUR).await;
    let error = acquire.send(message("hi")).begin_before(latest).await;
    let error = error.err().ok_or("it was accepted")?;
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::TooLate, Delivery::NotSent)
    );
    Ok(())
}
