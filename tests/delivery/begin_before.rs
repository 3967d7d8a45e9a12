//! A call that must begin before a moment or not at all: for a worker that holds a lease on the message.

use std::time::{Duration, Instant};

use acquire_io::{Delivery, Error, NextStep, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{
    Answer, Identity, Part, Received, Script, Server, Step, Transport, message, setting,
};

/// Long enough for a call to reach the server, on a machine that isn't busy with other things.
const LATEST: Duration = Duration::from_millis(300);

/// No call here runs out of time.
const LONG: Duration = Duration::from_secs(60);

/// Would send again whatever may be sent again.
fn retry() -> Retry {
    Retry::at_least_once().delays(Duration::ZERO, Duration::ZERO)
}

fn answer() -> Step {
    Step::Send(Part::Whole, Answer::json(200, r#"{"data":{"id":1}}"#))
}

/// Nothing of the message arrived, not a byte of its body, and the call ended at once.
fn assert_too_late(error: &Error, received: &Received) {
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
    assert!(error.is_too_late(), "{error}");
    assert!(!error.is_timeout() && !error.is_connect(), "{error}");
    let after = Duration::ZERO;
    assert_eq!(error.next_step(), NextStep::SendAgain { after });
    assert_eq!(error.attempts(), 1, "{error}");
    let body = |request: &acquire_io_tests::fault::Request| request.body.len();
    let bytes: usize = received.requests.iter().map(body).sum();
    assert_eq!((bytes, received.whole().count()), (0, 0), "{error}");
}

#[tokio::test]
async fn a_moment_in_the_past_sends_nothing() -> Result {
    for &transport in Transport::ALL {
        let server = Server::start(transport, [Script::new([Step::Message, answer()])])?;
        let client = server.client()?.build()?;
        let past = Instant::now() - Duration::from_secs(1);
        let call = client.send(message("hi")).begin_before(past).retry(retry());
        let error = call.await.err().ok_or("it was sent")?;
        drop(client);
        let received = server.finish().await?;
        assert_too_late(&error, &received);
        assert_eq!(received.connections, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_moment_in_the_future_changes_nothing() -> Result {
    for &transport in Transport::ALL {
        let slow = [Step::Message, Step::Pause(LATEST * 2), answer()];
        let server = Server::start(transport, [Script::new(slow)])?;
        let client = server.client()?.build()?;
        // Beginning is all that it bounds: the answer comes later. On a busy machine even that takes time.
        let mut latest = LATEST;
        loop {
            let call = client.send(message("hi")).timeout(LONG);
            match call.begin_before(Instant::now() + latest).await {
                Ok(_) => break,
                Err(error) if error.is_too_late() && latest < LONG => latest *= 4,
                Err(error) => return Err(error.into()),
            }
        }
        drop(client);
        assert_eq!(server.finish().await?.whole().count(), 1);
    }
    Ok(())
}

/// The client began to connect in time, and is connected too late.
#[tokio::test]
async fn a_moment_that_passes_while_the_client_connects() -> Result {
    for &transport in Transport::TLS {
        let slow = [
            Step::Arrival,
            Step::Pause(LATEST * 2),
            Step::Tls(Identity::Right),
        ];
        let greeting = transport.is_http2().then_some(Step::Greet);
        let rest = [Step::Message, answer()];
        let steps: Vec<_> = slow.into_iter().chain(greeting).chain(rest).collect();
        let server = Server::start(transport, [Script::bare(steps)])?;
        let client = server.client()?.build()?;
        let call = client.send(message("hi")).timeout(LONG).retry(retry());
        let call = call.begin_before(Instant::now() + LATEST);
        let error = call.await.err().ok_or("it was sent")?;
        drop(client);
        let received = server.finish().await?;
        assert_too_late(&error, &received);
        assert_eq!(received.connections, 1);
    }
    Ok(())
}

/// The server takes one request at a time, and the first is under way until it is too late for the second.
#[tokio::test]
async fn a_moment_that_passes_while_the_call_waits_for_its_turn() -> Result {
    let transport = Transport::Http2;
    let one_at_a_time = Step::Settings(vec![(setting::MAX_CONCURRENT_STREAMS, 1)]);
    let steps = [
        one_at_a_time,
        Step::Message,
        answer(),
        Step::Message,
        Step::Mark,
        Step::Pause(LATEST * 2),
        answer(),
        Step::UntilClosed,
    ];
    let server = Server::start(transport, [Script::new(steps)])?;
    let client = server.client()?.build()?;
    // After it the client knows the settings.
    client.send(message("first")).await?;
    let second = tokio::spawn(client.send(message("second")).into_future());
    server.marked().await?;
    let late = client.send(message("late")).timeout(LONG).retry(retry());
    let error = late.begin_before(Instant::now() + LATEST).await;
    let error = error.err().ok_or("it was sent")?;
    second.await??;
    drop(client);
    let mut received = server.finish().await?;
    assert_eq!(received.whole().count(), 2);
    received.requests.retain(|request| !request.whole);
    assert_too_late(&error, &received);
    Ok(())
}

#[tokio::test]
async fn a_moment_that_passes_between_two_attempts() -> Result {
    let transport = Transport::Http1Tls;
    for (first, delivery) in [
        (Script::bare([Step::Close]), Delivery::NotSent),
        (
            Script::new([Step::Message, Step::Send(Part::Whole, Answer::new(503))]),
            Delivery::Unknown,
        ),
    ] {
        let accepting = Script::new([Step::Message, answer()]);
        let server = Server::start(transport, [first, accepting])?;
        let client = server.client()?.build()?;
        let pause = LATEST * 3;
        let call = client
            .send(message("hi"))
            .timeout(LONG)
            .retry(Retry::at_least_once().delays(pause, pause));
        // The delay between the attempts is at least half of the pause.
        let call = call.begin_before(Instant::now() + LATEST);
        let error = call.await.err().ok_or("it was sent")?;
        drop(client);
        let received = server.finish().await?;
        assert!(error.is_too_late(), "{error}");
        assert_eq!(
            (error.delivery(), error.attempts()),
            (delivery, 2),
            "{error}"
        );
        assert_eq!(received.connections, 1, "{error}");
    }
    Ok(())
}
