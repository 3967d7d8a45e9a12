//! Waiting for the calls that are under way, before a program ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use acquire_io::{Client, Retry};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Part, Script, Server, Step, Transport, message};

/// Far above what anything here takes.
const LONG: Duration = Duration::from_secs(60);

fn client(server: &Server) -> Result<Client> {
    Ok(server.client()?.retry(Retry::never()).build()?)
}

/// Takes a message on each connection, marks when all have come, and answers when it is released.
fn holding(messages: usize) -> Result<Server> {
    let script = Script::new([
        Step::Message,
        Step::UntilWhole(messages),
        Step::Mark,
        Step::UntilReleased,
        Step::Send(Part::Whole, Answer::json(200, r#"{"data":{"id":1}}"#)),
    ]);
    Server::start(Transport::Http1, [script])
}

#[tokio::test]
async fn with_nothing_under_way_it_returns_at_once() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let client = client(&server)?;
    assert_eq!(client.drain(Duration::ZERO).await, 0);
    client.send(message("hi")).await?;
    // Neither of these is under way any more, or yet.
    drop(client.send(message("hi")).into_future());
    let _unsent = client.send(message("hi"));
    assert_eq!(client.drain(Duration::MAX).await, 0);
    Ok(())
}

#[tokio::test]
async fn a_call_counts_from_when_it_becomes_a_future() -> Result {
    let server = Server::answering(Answer::json(200, "{}"))?;
    let client = client(&server)?;
    let call = client.send(message("hi")).into_future();
    assert_eq!(client.drain(Duration::ZERO).await, 1);
    drop(call);
    assert_eq!(client.drain(Duration::ZERO).await, 0);
    Ok(())
}

async fn spawned_calls_of_clones() -> Result {
    let server = holding(3)?;
    let client = client(&server)?;
    let tasks = [1, 2, 3].map(|_| {
        let clone = client.clone();
        tokio::spawn(clone.send(message("hi")).into_future())
    });
    server.marked().await?;
    assert_eq!(client.drain(Duration::from_millis(1)).await, 3);

    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.drain(LONG).await }
    });
    server.release();
    assert_eq!(waiting.await?, 0);
    for task in tasks {
        task.await??;
    }
    Ok(())
}

#[tokio::test]
async fn it_waits_for_spawned_calls_of_clones() -> Result {
    spawned_calls_of_clones().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_waits_for_spawned_calls_of_clones_in_threads() -> Result {
    for _ in 0..10 {
        spawned_calls_of_clones().await?;
    }
    Ok(())
}

/// What a task does with its result is done when the wait is over, up to its next `.await`.
#[test]
fn no_result_is_lost_when_the_runtime_ends() -> Result {
    let results = Arc::new(AtomicUsize::new(0));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let seen = Arc::clone(&results);
    runtime.block_on(async move {
        let server = holding(20)?;
        let client = client(&server)?;
        for _ in 0..20 {
            let call = client.send(message("hi")).into_future();
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let result = call.await;
                // Longer than the wait's end takes.
                thread::sleep(Duration::from_millis(1));
                seen.fetch_add(usize::from(result.is_ok()), Ordering::SeqCst);
            });
        }
        server.marked().await?;
        server.release();
        assert_eq!(client.drain(LONG).await, 0);
        Result::Ok(())
    })?;
    drop(runtime);
    assert_eq!(results.load(Ordering::SeqCst), 20);
    Ok(())
}
