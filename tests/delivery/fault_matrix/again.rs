//! More than one message: a second one on a connection that was kept, and one that is tried again.

use acquire_io_tests::fault::{reserved_port, socket_on};

use super::faults::*;

pub(super) fn pooled() -> Vec<Row> {
    let late = || Bytes(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n".to_vec());
    let goaway = || GoAway(Last::This, Reason::NO_ERROR);
    // Each script starts with the first message and its answer.
    let rows = faults! {
        "a second message on the same connection", ALL, [Message, accept(), Mark, Message, accept()]
            then [Message, accept()] => TYPED;
        "an idle connection is closed", ALL, [Message, accept(), Fin, UntilClosed, Mark]
            then [Message, accept()] => TYPED;
        "an idle connection is closed, without TLS's farewell", TLS, [Message, accept(), BareFin, UntilClosed, Mark]
            then [Message, accept()] => TYPED;
        "an idle connection gets bytes that nobody asked for", HTTP1, [Message, accept(), late(), UntilClosed, Mark]
            then [Message, accept()] => TYPED;
        "an idle connection gets GOAWAY", HTTP2, [Message, accept(), goaway(), UntilClosed, Mark]
            then [Message, accept()] => TYPED;
        "FIN after the second message", ALL, [Message, accept(), Mark, Message, Fin]
            then [Message, accept()] => UNKNOWN;
        "FIN after the second message, with retries", ALL, [Message, accept(), Mark, Message, Fin]
            then [Message, accept()] => UNKNOWN, retry(Retry::not_sent(), 1);
        "RST after the second message", ALL, [Message, accept(), Mark, Message, Abort]
            then [Message, accept()] => UNKNOWN;
        "RST after the second message's head", ALL, [Message, accept(), Mark, Head, Abort]
            then [Message, accept()] => UNKNOWN, raced();
    };
    let second = rows.into_iter().map(Row::after_an_accepted_one);
    second.collect()
}

pub(super) fn retries() -> Vec<Row> {
    let busy = |retry_after| whole(refusal(429).header("retry-after", retry_after));
    let not_sent = Retry::not_sent;
    let failed = |status| whole(Answer::new(status));
    let untrusted = || Tls(Identity::Untrusted);
    faults! {
        "429 once, retried by default", ALL, [Message, busy("0"), Message, accept()]
            => REFUSED, retry(not_sent(), 1);
        "429 once, retried when asked for", ALL, [Message, busy("0"), Message, accept()]
            => TYPED, retry(not_sent().when_too_many_requests(), 2);
        "429 that asks for an hour", ALL, [Message, busy("3600"), Message, accept()]
            => REFUSED, retry(not_sent().when_too_many_requests(), 1);
        "503 once, retried by default", ALL, [Message, failed(503), Message, accept()]
            => UNKNOWN, retry(not_sent(), 1);
        "503 once, retried when asked for", ALL, [Message, failed(503), Message, accept()]
            => TYPED, retry(not_sent().when_unavailable(), 2), with_duplicates();
        "500 once, sent at least once", ALL, [Message, failed(500), Message, accept()]
            => TYPED, retry(Retry::at_least_once(), 2), with_duplicates();
        "FIN after each message, sent at least once", HTTP1_PLAIN, [Message, Fin]
            => UNKNOWN, retry(Retry::at_least_once(), 3), with_duplicates();
        "untrusted certificate once, with retries", TLS, bare [untrusted()] then [Message, accept()]
            => TYPED, retry(not_sent(), 2);
    }
}

/// The server is restarted, or gone, between two calls: the client must not trust the connection that it kept.
#[tokio::test]
async fn a_restart_between_calls() -> Result {
    for &transport in ALL {
        let (port, address) = reserved_port()?;
        let script = || [Script::new([Message, accept()])];
        let first = Server::on(socket_on(address)?, transport, script())?;
        let client = first.client()?.retry(Retry::never()).build()?;
        client.send(message("the first")).await?.chat()?;
        assert_eq!(first.received().whole().count(), 1);
        first.stop().await;

        let error = client.send(message("the second")).await.err();
        let verdict = error.map(|error| error.delivery());
        // Unknown if the client writes before it sees that the kept connection is closed.
        assert!(
            matches!(verdict, Some(Delivery::NotSent | Delivery::Unknown)),
            "{verdict:?}"
        );

        let second = Server::on(socket_on(address)?, transport, script())?;
        client.send(message("the third")).await?.chat()?;
        drop((client, port));
        assert_eq!(second.finish().await?.whole().count(), 1);
    }
    Ok(())
}
