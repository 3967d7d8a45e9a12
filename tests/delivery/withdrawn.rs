//! A call that runs out of time, or is stopped, while it waits for its turn on an HTTP/2 connection is not sent, and
//! stays so when its turn comes.

use std::time::Duration;

use acquire_io::{Delivery, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Part, Script, Server, Step, Transport, message, setting};

/// Takes one request at a time, and answers the second when it is released.
fn server() -> Result<Server> {
    let one_at_a_time = Step::Settings(vec![(setting::MAX_CONCURRENT_STREAMS, 1)]);
    let answer = Step::Send(Part::Whole, Answer::json(200, r#"{"data":{"id":1}}"#));
    let steps = [
        one_at_a_time,
        Step::Message,
        answer.clone(),
        Step::Message,
        Step::Mark,
        Step::UntilReleased,
        answer.clone(),
        Step::Message,
        answer,
    ];
    Server::start(Transport::Http2, [Script::new(steps)])
}

async fn run() -> Result {
    let server = server()?;
    let client = server.client()?.retry(Retry::never()).build()?;
    let send = |text: &str| client.send(message(text));

    send("first").await?;
    let second = tokio::spawn(send("second").into_future());
    server.marked().await?;
    let late = send("late").timeout(Duration::from_millis(200));
    let error = late.await.err().ok_or("it was accepted")?;
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
    assert!(error.is_timeout());
    let stopped = send("stopped").stop_when(async {
        tokio::time::sleep(Duration::from_millis(200)).await;
    });
    let error = stopped.await.err().ok_or("it was accepted")?;
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
    assert!(error.is_stopped() && !error.is_timeout());

    server.release();
    second.await??;
    // Whatever the connection still has to send goes before this one.
    send("last").await?;
    drop(client);
    let received = server.finish().await?;
    // Whole or not.
    let bodies = received.requests.iter();
    let bodies: Vec<_> = bodies
        .map(|request| String::from_utf8_lossy(&request.body))
        .collect();
    let count = |text: &str| bodies.iter().filter(|body| body.contains(text)).count();
    assert_eq!(
        ["first", "second", "last"].map(count),
        [1, 1, 1],
        "{bodies:?}"
    );
    assert_eq!(["late", "stopped"].map(count), [0, 0], "{bodies:?}");
    Ok(())
}

#[tokio::test]
async fn in_one_thread() -> Result {
    run().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_two_threads() -> Result {
    for _ in 0..10 {
        run().await?;
    }
    Ok(())
}
