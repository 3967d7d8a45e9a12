//! A server that never stops sending: the time limit of a call holds all the same, and so does the limit of an answer.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use acquire_io::{Client, Delivery, Error, Retry, Sent};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{
    Answer, Part, Script, Server, Step, Transport, client_builder, message,
};
use tokio::runtime::Builder;

const LIMIT: Duration = Duration::from_millis(500);

/// For a machine that is busy. Far below what a call would take that waits for the end of the flood.
const SLACK: Duration = Duration::from_secs(2);

type Outcome = std::result::Result<Sent, Error>;

/// Sends a message to a server that does these steps once it has it. The server has a thread and a runtime of its own, so
/// that it doesn't stop when the client is busy. Returns also how long the call took.
fn send(
    transport: Transport,
    runtime: &mut Builder,
    steps: &[Step],
    limit: Option<usize>,
) -> Result<(Outcome, Duration)> {
    let (address, started) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let script = Script::new([&[Step::Message], steps].concat());
    let server = thread::spawn(move || -> Result {
        Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(async {
                let server = Server::start(transport, [script])?;
                address.send(server.address())?;
                // An error means that the test has failed.
                let _ = stopped.await;
                server.stop().await;
                Ok(())
            })
    });
    let mut client = client_builder(transport, started.recv()?)?.retry(Retry::never());
    if let Some(bytes) = limit {
        client = client.response_limit(bytes);
    }
    let client: Client = client.build()?;
    let outcome = runtime.enable_all().build()?.block_on(async {
        let start = Instant::now();
        let outcome = client.send(message("hi")).timeout(LIMIT).await;
        (outcome, start.elapsed())
    });
    drop((client, stop));
    server.join().map_err(|_| "the server panicked")??;
    Ok(outcome)
}

fn runtimes() -> [(&'static str, Builder); 2] {
    [
        ("one thread", Builder::new_current_thread()),
        ("many threads", Builder::new_multi_thread()),
    ]
}

/// Not over plain HTTP/1.1, which only loopback has: there hyper parses up to 128 buffers of 400 kB before anything else of
/// its thread runs, which makes a limit late by a second, and by 15 in a build without optimisation.
#[test]
fn of_interim_answers_ends_with_the_time_limit() -> Result {
    for transport in [Transport::Http1Tls, Transport::Http2, Transport::Http2Tls] {
        for status in [100, 103] {
            for (threads, mut runtime) in runtimes() {
                let flood = Step::Endlessly(Part::Head, Answer::interim(status));
                let (outcome, took) = send(transport, &mut runtime, &[flood], None)?;
                let error = outcome.err().ok_or("it was accepted")?;
                assert_eq!(
                    error.delivery(),
                    Delivery::Unknown,
                    "{transport:?} {threads}"
                );
                assert!(took < LIMIT + SLACK, "{transport:?} {threads}: {took:?}");
            }
        }
    }
    Ok(())
}

/// What comes after the limit of an answer is not waited for.
#[test]
fn of_a_body_ends_with_the_limit_of_the_answer() -> Result {
    for (threads, mut runtime) in runtimes() {
        let answer = Answer::json(200, r#"{"data":{"id":1},"more":""#).without_length();
        let steps = [
            Step::Send(Part::Whole, answer),
            Step::Endlessly(Part::Body, Answer::new(200).body("x".repeat(1000))),
        ];
        let (outcome, took) = send(Transport::Http1, &mut runtime, &steps, Some(1 << 20))?;
        let sent = outcome?;
        assert_eq!(sent.body().len(), 1 << 20, "{threads}");
        assert!(took < LIMIT + SLACK, "{threads}: {took:?}");
    }
    Ok(())
}
