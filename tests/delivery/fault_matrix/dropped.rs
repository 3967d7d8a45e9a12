//! Calls that are dropped: they send one message at most, and leave the client as it was.

use std::ops::RangeInclusive;

use super::faults::*;

/// How far the server comes before the call is dropped, and how many messages it may have then.
type Stage = (&'static str, Vec<Step>, RangeInclusive<usize>);

fn stages() -> [Stage; 5] {
    let half_of_the_body = vec![Message, half_body(accepted()), Mark];
    [
        ("the connection", vec![Mark], 0..=1),
        ("the head", vec![Head, Mark], 0..=1),
        ("the message", vec![Message, Mark], 1..=1),
        (
            "the answer's head",
            vec![Message, head(accepted()), Mark],
            1..=1,
        ),
        ("half of the answer's body", half_of_the_body, 1..=1),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_call_sends_one_message_at_most() -> Result {
    for &transport in ALL {
        for (stage, steps, messages) in stages() {
            let server = Server::start(transport, [Script::new(steps)])?;
            let client = server.client()?.build()?;
            tokio::select! {
                outcome = client.send(message("dropped")) => {
                    return Err(format!("{stage} over {transport:?}: {outcome:?}").into());
                }
                marked = server.marked() => marked?,
            }
            drop(client);
            let received = server.finish().await?;
            let context = format!("dropped after {stage} over {transport:?}");
            assert!(received.requests.len() <= 1, "{context}");
            assert!(messages.contains(&received.whole().count()), "{context}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_never_polled_sends_nothing() -> Result {
    for &transport in ALL {
        let server = Server::start(transport, [Script::new([Message, accept()])])?;
        let client = server.client()?.build()?;
        drop(client.send(message("never polled")).into_future());
        drop(client);
        assert_eq!(server.finish().await?.connections, 0);
    }
    Ok(())
}

#[tokio::test]
async fn the_next_call_after_a_dropped_one_is_accepted() -> Result {
    for &transport in ALL {
        // Over HTTP/2 the next call takes the same connection, over HTTP/1.1 another.
        let first = if transport.is_http2() {
            vec![Message, Mark, NextMessage, accept()]
        } else {
            vec![Message, Mark]
        };
        let second = Script::new([Message, accept()]);
        let server = Server::start(transport, [Script::new(first), second])?;
        let client = server.client()?.build()?;
        tokio::select! {
            outcome = client.send(message("dropped")) => {
                return Err(format!("{transport:?}: {outcome:?}").into());
            }
            marked = server.marked() => marked?,
        }
        client.send(message("the next")).await?.chat()?;
        drop(client);
        assert_eq!(server.finish().await?.whole().count(), 2);
    }
    Ok(())
}
