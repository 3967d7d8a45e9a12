//! The promise, held against servers on real sockets that fail in every way that we could think of, over
//! HTTP/1.1 and HTTP/2, plain and TLS. The table is in `snapshots/fault_matrix__table.snap`.
//!
//! A row states the verdict. [`Run::check`] holds it against what the server truly received: what is "not sent"
//! never arrived, what is accepted or refused arrived whole and was answered, nothing arrived twice, and no
//! request went uncounted.
//!
//! In the table, `1.1s` and `2s` are HTTP/1.1 and HTTP/2 in TLS. "Heads" counts requests of which the server read
//! the head, "messages" those that it read to the end; "disowned" are those that it said, over HTTP/2, not to
//! have processed. Of a second call's row it counts what came after the first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acquire_io::Delivery::{NotSent, Refused, Unknown};
use acquire_io::{Error, Retry, Sent};
use acquire_io_tests::fault::Expected::{self, Failed, NotTyped, Typed};
use acquire_io_tests::fault::{
    Answer, Identity, Last, Line, Part, Path, Row, Run, Script, Server, Step, Transport,
    client_builder, encoding, message, reserved_port, setting, socket_on, table,
};
use acquire_io_tests::{Result, documents};
use h2::Reason;
use http::StatusCode;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const ALL: &[Transport] = Transport::ALL;
const HTTP1: &[Transport] = Transport::HTTP1;
const HTTP2: &[Transport] = Transport::HTTP2;
const TLS: &[Transport] = Transport::TLS;
const HTTP1_PLAIN: &[Transport] = &[Transport::Http1];
const HTTP1_TLS: &[Transport] = &[Transport::Http1Tls];

/// For faults that are about time: long enough for a call to come as far as the fault, on a machine that isn't
/// busy with other things. See [`Row::run`].
const SHORT: Duration = Duration::from_secs(1);

const REFUSAL: &str = r#"{"error":{"code":"case_closed","message":"The case is closed"}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_matrix() -> Result {
    let rows: Vec<_> = [
        connecting()?,
        tls()?,
        ending(),
        waiting()?,
        answers_that_break()?,
        statuses()?,
        accepted_shapes()?,
        early_answers()?,
        pooled()?,
        http2()?,
        retries()?,
    ]
    .concat();
    // Rows about time run apart from the others, which would keep the machine busy.
    let (timed, others): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .enumerate()
        .partition(|(_, row)| row.is_about_time());
    let mut lines = run(others, 8).await?;
    lines.extend(run(timed, 32).await?);
    lines.sort_by_key(|(place, _)| *place);
    let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
    insta::assert_snapshot!("table", table(&lines));
    Ok(())
}

/// Every status there can be, but 204 and 304, which have no body. Each on a connection of its own: when a kept
/// one is free again is a matter of timing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_status_has_its_verdict() -> Result {
    let statuses = || (200..=999).filter(|status| !matches!(status, 204 | 304));
    let scripts: Vec<_> = statuses()
        .map(|status| answering(Answer::json(status, "{}").header("connection", "close")))
        .collect();
    let server = Server::start(Transport::Http1, scripts)?;
    let client = client_builder(Transport::Http1, server.address())?.build()?;
    for status in statuses() {
        let outcome = client.send(message("a message")).await;
        let verdict = outcome.as_ref().map(Sent::status).map_err(Error::delivery);
        let expected = match status {
            200..=299 => Ok(StatusCode::from_u16(status)?),
            408 | 460 | 499 => Err(Unknown),
            400..=499 => Err(Refused),
            _ => Err(Unknown),
        };
        assert_eq!(verdict, expected, "{status}");
    }
    assert_eq!(server.received().whole().count(), statuses().count());
    Ok(())
}

/// Faults whose verdict depends on which comes first. Only the promise is asserted, of each of many runs. How
/// often each verdict came is printed: see it with `--nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_promise_holds_whatever_comes_first() -> Result {
    const RUNS: u64 = 50;
    let places = Arc::new(Semaphore::new(8));
    let mut runs = JoinSet::new();
    for (name, transports, steps) in races()? {
        for &transport in transports {
            for run in 0..RUNS {
                // Each second run meets the fault on a connection that had been idle. There the two start at the
                // same time, and either is up to half a millisecond late, about as long as a call takes.
                let idle = run % 2 == 1;
                let late = Duration::from_micros(20 * run);
                let steps = [vec![Step::Spin(late)], steps.clone()].concat();
                let call_late = idle.then(|| Duration::from_micros(500).saturating_sub(late));
                let places = Arc::clone(&places);
                runs.spawn(async move {
                    let _place = places.acquire().await?;
                    let place = if idle { " on an idle connection" } else { "" };
                    let row = format!("{name}{place} over {}", transport.name());
                    let verdict = race(transport, steps, call_late)
                        .await
                        .map_err(|error| format!("{row}: {error}"))?;
                    Result::Ok(format!("{row}: {verdict:?}"))
                });
            }
        }
    }
    let mut verdicts = BTreeMap::new();
    while let Some(run) = runs.join_next().await {
        *verdicts.entry(run??).or_insert(0) += 1;
    }
    println!("{verdicts:#?}");
    Ok(())
}

type Race = (&'static str, &'static [Transport], Vec<Step>);

fn races() -> Result<Vec<Race>> {
    let refusal = Step::Send(Part::Whole, Answer::new(413));
    let refused = || [Step::Head, Step::ResetStream(Reason::REFUSED_STREAM)];
    let no_error = Step::GoAway(Last::Before, Reason::NO_ERROR);
    Ok(vec![
        ("FIN", ALL, vec![Step::Fin]),
        ("FIN without TLS's farewell", TLS, vec![Step::BareFin]),
        ("close", ALL, vec![Step::Close]),
        ("RST", ALL, vec![Step::Abort]),
        ("garbage", ALL, vec![Step::Bytes(vec![0xff; 64])]),
        (
            "an answer to nothing",
            HTTP1,
            vec![refusal.clone(), Step::Fin],
        ),
        // Each attempt comes on the same connection.
        (
            "REFUSED_STREAM",
            HTTP2,
            [refused(), refused(), refused()].concat(),
        ),
        ("GOAWAY", HTTP2, vec![no_error.clone()]),
        ("GOAWAY and FIN", HTTP2, vec![no_error, Step::Fin]),
        (
            "an answer and RST",
            ALL,
            vec![
                Step::Message,
                Step::Send(Part::Whole, accepted()?),
                Step::Abort,
            ],
        ),
        (
            "a refusal of what is not read, and close",
            ALL,
            vec![Step::Head, refusal, Step::Close],
        ),
    ])
}

async fn race(
    transport: Transport,
    steps: Vec<Step>,
    after_an_accepted_one: Option<Duration>,
) -> Result<Expected> {
    let scripts = if after_an_accepted_one.is_some() {
        let first = [
            Step::Message,
            Step::Send(Part::Whole, accepted()?),
            Step::UntilReleased,
        ];
        let first = Script::new([first.to_vec(), steps].concat());
        vec![first, answering(accepted()?)]
    } else {
        vec![Script::new(steps)]
    };
    let server = Server::start(transport, scripts)?;
    let retry = Retry::not_sent().delays(Duration::from_millis(1), Duration::from_millis(2));
    let client = client_builder(transport, server.address())?
        .retry(retry)
        .timeout(Duration::from_secs(5))
        .build()?;
    if let Some(late) = after_an_accepted_one {
        client.send(message("the first")).await?.chat()?;
        server.forget();
        server.release();
        let start = Instant::now();
        while start.elapsed() < late {
            tokio::task::yield_now().await;
        }
    }
    let outcome = client.send(message("a message")).await;
    drop(client);
    let received = server.finish().await?;
    let run = Run { outcome, received };
    // What the server answers, it may not have read.
    run.check("a message", true, false)?;
    Ok(run.verdict())
}

/// The server is restarted, or gone, between two calls: a client must not trust the connection that it kept.
#[tokio::test]
async fn a_restart_between_calls() -> Result {
    for &transport in ALL {
        let (port, address) = reserved_port()?;
        let first = Server::on(socket_on(address)?, transport, [answering(accepted()?)])?;
        let client = client_builder(transport, address)?
            .retry(Retry::never())
            .build()?;
        client.send(message("the first")).await?.chat()?;
        assert_eq!(first.received().whole().count(), 1);
        first.stop().await;

        let error = client.send(message("the second")).await.err();
        let verdict = error.map(|error| error.delivery());
        // Unknown if the client writes before it sees that the kept connection is closed.
        assert!(matches!(verdict, Some(NotSent | Unknown)), "{verdict:?}");

        let second = Server::on(socket_on(address)?, transport, [answering(accepted()?)])?;
        client.send(message("the third")).await?.chat()?;
        drop((client, port));
        assert_eq!(second.finish().await?.whole().count(), 1);
    }
    Ok(())
}

/// A dropped call tells its caller nothing. It sends at most one message, and none before its first poll.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_call() -> Result {
    type Stage = (&'static str, Vec<Step>, std::ops::RangeInclusive<usize>);
    let stages = || {
        let stages: [Stage; 5] = [
            ("the connection", vec![Step::Mark], 0..=1),
            ("the head", vec![Step::Head, Step::Mark], 0..=1),
            ("the message", vec![Step::Message, Step::Mark], 1..=1),
            (
                "the answer's head",
                vec![
                    Step::Message,
                    Step::Send(Part::Head, accepted()?),
                    Step::Mark,
                ],
                1..=1,
            ),
            (
                "half of the answer's body",
                vec![
                    Step::Message,
                    Step::Send(Part::HalfBody, accepted()?),
                    Step::Mark,
                ],
                1..=1,
            ),
        ];
        Result::Ok(stages)
    };
    for &transport in ALL {
        for (stage, steps, messages) in stages()? {
            let server = Server::start(transport, [Script::new(steps)])?;
            let client = client_builder(transport, server.address())?.build()?;
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

        let server = Server::start(transport, [answering(accepted()?)])?;
        let client = client_builder(transport, server.address())?.build()?;
        drop(client.send(message("never polled")).into_future());
        drop(client);
        assert_eq!(server.finish().await?.connections, 0);
    }
    Ok(())
}

/// A dropped call leaves the client as it was.
#[tokio::test]
async fn a_call_after_a_dropped_one() -> Result {
    for &transport in ALL {
        let unanswered = after_reading([Step::Mark]);
        // Over HTTP/2 the next call takes the same connection, over HTTP/1.1 another.
        let first = if transport.is_http2() {
            after_reading([
                Step::Mark,
                Step::NextMessage,
                Step::Send(Part::Whole, accepted()?),
            ])
        } else {
            unanswered
        };
        let server = Server::start(transport, [first, answering(accepted()?)])?;
        let client = client_builder(transport, server.address())?.build()?;
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

/// Nothing is asked for but `identity`. What comes compressed all the same is decoded, within the limit; what is not in
/// the encoding that it claims stays as it is, and so does what nobody here can decode.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compressed_answers() -> Result {
    use encoding::{bomb, gzip, raw_deflate, zlib};

    let encoded = |name: &str, encoding: &str, status, body: Vec<u8>, expected| {
        let answer = Answer::json(status, body).header("content-encoding", encoding);
        Row::new(name, ALL, [answering(answer)], expected)
    };
    let documented = documented()?;
    let half = |whole: Vec<u8>| whole[..whole.len() / 2].to_vec();
    let page = "<title>Welcome</title>";
    let unclear = r#"{"error":true}"#;
    let twice = Answer::json(200, raw_deflate(gzip(&documented)?)?)
        .header("content-encoding", "gzip")
        .header("content-encoding", "deflate");
    let mut rows = vec![
        encoded("gzip", "gzip", 200, gzip(&documented)?, Typed),
        encoded(
            "another name of it",
            "x-gzip",
            200,
            gzip(&documented)?,
            Typed,
        ),
        encoded("in capitals", "GZIP", 200, gzip(&documented)?, Typed),
        encoded("zlib", "deflate", 200, zlib(&documented)?, Typed),
        encoded(
            "without zlib's head",
            "deflate",
            200,
            raw_deflate(&documented)?,
            Typed,
        ),
        encoded(
            "identity",
            "identity",
            200,
            documented.clone().into(),
            Typed,
        ),
        encoded("an empty name", "", 200, documented.clone().into(), Typed),
        encoded(
            "two encodings",
            "deflate, gzip",
            200,
            gzip(zlib(&documented)?)?,
            Typed,
        ),
        Row::new("two headers", ALL, [answering(twice)], Typed),
        encoded(
            "half of gzip",
            "gzip",
            200,
            half(gzip(&documented)?),
            NotTyped,
        ),
        encoded(
            "half of zlib",
            "deflate",
            200,
            half(zlib(&documented)?),
            NotTyped,
        ),
        // It is what Acquire sends, only the header is wrong.
        encoded("no gzip", "gzip", 200, documented.clone().into(), Typed),
        encoded(
            "no deflate",
            "deflate",
            200,
            documented.clone().into(),
            Typed,
        ),
        encoded("nothing", "gzip", 200, Vec::new(), NotTyped),
        encoded(
            "unknown, but plain",
            "br",
            200,
            documented.clone().into(),
            Typed,
        ),
        encoded(
            "unknown",
            "br",
            200,
            vec![0x1b, 0x2e, 0x01, 0xf8],
            Failed(Unknown),
        ),
        encoded(
            "unknown below gzip",
            "br, gzip",
            200,
            gzip(b"\x1b\x2e")?,
            Failed(Unknown),
        ),
        encoded("a page", "gzip", 200, gzip(page)?, Failed(Unknown)),
        encoded(
            "a page that is no gzip",
            "gzip",
            200,
            page.into(),
            Failed(Unknown),
        ),
        encoded(
            "an error that says nothing",
            "gzip",
            200,
            gzip(unclear)?,
            Failed(Unknown),
        ),
        encoded(
            "an unknown refusal",
            "br",
            400,
            vec![0x1b, 0x2e, 0x01],
            Failed(Refused),
        ),
        encoded(
            "a refusal that is no gzip",
            "gzip",
            400,
            REFUSAL.into(),
            Failed(Refused),
        ),
        encoded(
            "half of a refusal with 200",
            "gzip",
            200,
            half(gzip(REFUSAL)?),
            Failed(Unknown),
        ),
    ];
    for status in [200, 400] {
        rows.extend([
            encoded(
                &format!("{status}, gzip"),
                "gzip",
                status,
                gzip(REFUSAL)?,
                Failed(Refused),
            ),
            encoded(
                &format!("{status}, zlib"),
                "deflate",
                status,
                zlib(REFUSAL)?,
                Failed(Refused),
            ),
        ]);
    }
    // A gigabyte of zeros in a megabyte, which takes longer than the whole test if it is not left alone.
    rows.extend([
        encoded("a bomb", "gzip", 200, bomb()?, Failed(Unknown)).response_limit(100_000),
        encoded("a bomb that refuses", "gzip", 400, bomb()?, Failed(Refused))
            .response_limit(100_000),
    ]);
    run(rows.into_iter().enumerate().collect(), 8).await?;
    Ok(())
}

/// Runs each row over each of its transports, and reports every row that fails.
async fn run(rows: Vec<(usize, Row)>, at_once: usize) -> Result<Vec<((usize, usize), Line)>> {
    let places = Arc::new(Semaphore::new(at_once));
    let mut runs = JoinSet::new();
    for (number, row) in rows {
        let row = Arc::new(row);
        for (place, transport) in row.transports().iter().copied().enumerate() {
            let (row, places) = (Arc::clone(&row), Arc::clone(&places));
            runs.spawn(async move {
                let _place = places.acquire().await?;
                Result::Ok(((number, place), row.run(transport).await?))
            });
        }
    }
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    while let Some(line) = runs.join_next().await {
        match line? {
            Ok(line) => lines.push(line),
            Err(error) => failures.push(error.to_string()),
        }
    }
    failures.sort();
    assert!(
        failures.is_empty(),
        "{} rows fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
    Ok(lines)
}

/// A script that starts by reading a whole request.
fn after_reading(steps: impl IntoIterator<Item = Step>) -> Script {
    Script::new([Step::Message].into_iter().chain(steps).collect::<Vec<_>>())
}

/// A script that answers one request.
fn answering(answer: Answer) -> Script {
    after_reading([Step::Send(Part::Whole, answer)])
}

fn documented() -> Result<String> {
    documents::text("sendChatMessage.response.newest")
}

fn accepted() -> Result<Answer> {
    Ok(Answer::json(200, documented()?))
}

fn connecting() -> Result<Vec<Row>> {
    let proxy = |name: &str, steps: Vec<Step>| {
        Row::new(name, HTTP1_TLS, [Script::bare(steps)], Failed(NotSent)).path(Path::Proxy)
    };
    let tunnel = Step::Send(Part::Head, Answer::new(200).without_length());
    Ok(vec![
        Row::new("nothing listens", ALL, [], Failed(NotSent)).path(Path::Nobody),
        Row::new("nothing listens, with retries", ALL, [], Failed(NotSent))
            .path(Path::Nobody)
            .retry(Retry::not_sent(), 3),
        Row::new("the host's name is unknown", HTTP1_TLS, [], Failed(NotSent)).path(Path::NoName),
        proxy(
            "the proxy refuses: 403",
            vec![
                Step::Head,
                Step::Send(Part::Whole, Answer::html(403, "<title>No</title>")),
                Step::Fin,
            ],
        ),
        proxy(
            "the proxy wants a password: 407",
            vec![
                Step::Head,
                Step::Send(Part::Whole, Answer::html(407, "<title>Who?</title>")),
                Step::Fin,
            ],
        ),
        proxy(
            "the proxy finds no host: 502",
            vec![
                Step::Head,
                Step::Send(Part::Whole, Answer::html(502, "<title>Bad Gateway</title>")),
                Step::Fin,
            ],
        )
        .retry(Retry::not_sent(), 3),
        proxy("the proxy closes", vec![Step::Head, Step::Fin]),
        proxy("the proxy resets", vec![Step::Head, Step::Abort]),
        proxy(
            "the proxy speaks no HTTP",
            vec![
                Step::Head,
                Step::Bytes(b"\x15\x03\x03\0\x02\x02\x28\r\n\r\n".to_vec()),
                Step::Fin,
            ],
        ),
        proxy(
            "the proxy closes the tunnel in the handshake",
            vec![Step::Head, tunnel.clone(), Step::Arrival, Step::Close],
        ),
        proxy("the proxy never answers", vec![]).connect_timeout(SHORT),
        Row::new(
            "a proxy that works",
            HTTP1_TLS,
            [Script::bare(vec![
                Step::Head,
                tunnel,
                Step::Tls(Identity::Right),
                Step::Message,
                Step::Send(Part::Whole, accepted()?),
            ])],
            Typed,
        )
        .path(Path::Proxy),
    ])
}

fn tls() -> Result<Vec<Row>> {
    let handshake =
        |name: &str, steps: Vec<Step>| Row::new(name, TLS, [Script::bare(steps)], Failed(NotSent));
    Ok(vec![
        handshake(
            "untrusted certificate",
            vec![Step::Tls(Identity::Untrusted)],
        ),
        handshake(
            "untrusted certificate, with retries",
            vec![Step::Tls(Identity::Untrusted)],
        )
        .retry(Retry::not_sent(), 3),
        handshake(
            "certificate of another host",
            vec![Step::Tls(Identity::OtherHost)],
        ),
        handshake(
            "plain HTTP behind https",
            vec![
                Step::Arrival,
                Step::Bytes(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec()),
                Step::Fin,
                Step::Hang,
            ],
        ),
        handshake(
            "TLS alert in the handshake",
            vec![
                Step::Arrival,
                Step::Bytes(b"\x15\x03\x03\0\x02\x02\x28".to_vec()),
                Step::Fin,
                Step::Hang,
            ],
        ),
        handshake(
            "FIN in the handshake",
            vec![Step::Arrival, Step::Fin, Step::Hang],
        ),
        handshake("RST in the handshake", vec![Step::Arrival, Step::Abort]),
        handshake("the handshake is never answered", vec![Step::Hang]).connect_timeout(SHORT),
        handshake(
            "the handshake is not answered within the whole time",
            vec![Step::Hang],
        )
        .timeout(SHORT),
        Row::new(
            "no TLS record in place of an answer",
            TLS,
            [after_reading([Step::BelowTls(
                b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
            )])],
            Failed(Unknown),
        ),
    ])
}

fn ending() -> Vec<Row> {
    let mut rows = Vec::new();
    for (how, end) in [("FIN", Step::Fin), ("RST", Step::Abort)] {
        let stages: [(&str, &[Step]); 2] = [
            ("the head", &[Step::Head]),
            ("the message", &[Step::Message]),
        ];
        rows.push(Row::new(
            format!("{how} before reading, once bytes have come"),
            HTTP1_PLAIN,
            [Script::new([Step::Arrival, end.clone(), Step::Hang])],
            Failed(Unknown),
        ));
        for (stage, steps) in stages {
            let steps = [steps, &[end.clone(), Step::Hang]].concat();
            rows.push(
                Row::new(
                    format!("{how} after {stage}"),
                    ALL,
                    [Script::new(steps)],
                    Failed(Unknown),
                )
                .raced(),
            );
        }
        rows.push(
            Row::new(
                format!("{how} within a large message"),
                ALL,
                [Script::new([Step::Body(100_000), end.clone(), Step::Hang])],
                Failed(Unknown),
            )
            .large(),
        );
    }
    rows.push(Row::new(
        "FIN after the message, without TLS's farewell",
        TLS,
        [after_reading([Step::BareFin])],
        Failed(Unknown),
    ));
    rows.push(
        Row::new(
            "RST after the message, with retries",
            ALL,
            [after_reading([Step::Abort])],
            Failed(Unknown),
        )
        .retry(Retry::not_sent(), 1),
    );
    rows
}

fn waiting() -> Result<Vec<Row>> {
    let row = |name: &str, expected, steps: Vec<Step>| {
        Row::new(name, ALL, [Script::new(steps)], expected)
    };
    let brief = Duration::from_millis(10);
    let rows = vec![
        row("never answers", Failed(Unknown), vec![Step::Message]).timeout(SHORT),
        row(
            "never answers, with retries",
            Failed(Unknown),
            vec![Step::Message],
        )
        .timeout(SHORT)
        .retry(Retry::not_sent(), 1),
        row(
            "never reads on after the head",
            Failed(Unknown),
            vec![Step::Head, Step::Hang],
        )
        .timeout(SHORT),
        row(
            "never reads on within a large message",
            Failed(Unknown),
            vec![Step::Body(100_000), Step::Hang],
        )
        .large()
        .timeout(SHORT),
        row(
            "a slow head",
            Typed,
            vec![
                Step::Message,
                Step::Slowly(Part::Head, accepted()?, brief),
                Step::Send(Part::Body, accepted()?),
            ],
        ),
        row(
            "a slow head, beyond the timeout",
            Failed(Unknown),
            vec![
                Step::Message,
                Step::Slowly(Part::HalfHead, accepted()?, brief),
            ],
        )
        .timeout(SHORT),
        row(
            "a slow body",
            Typed,
            vec![
                Step::Message,
                Step::Send(Part::Head, accepted()?),
                Step::Slowly(Part::Body, accepted()?, brief),
            ],
        ),
        row(
            "a slow body, beyond the timeout",
            NotTyped,
            vec![
                Step::Message,
                Step::Send(Part::HalfBody, accepted()?),
                Step::Hang,
            ],
        )
        .timeout(SHORT),
        row(
            "a slow refusal, beyond the timeout",
            Failed(Refused),
            vec![
                Step::Message,
                Step::Send(Part::HalfBody, Answer::json(400, REFUSAL)),
                Step::Hang,
            ],
        )
        .timeout(SHORT),
    ];
    Ok(rows)
}

fn answers_that_break() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (how, end) in [("FIN", Step::Fin), ("RST", Step::Abort)] {
        rows.push(Row::new(
            format!("{how} within an answer's head"),
            ALL,
            [after_reading([
                Step::Send(Part::HalfHead, accepted()?),
                end,
            ])],
            Failed(Unknown),
        ));
    }
    rows.extend([
        Row::new(
            "FIN within an answer's body",
            ALL,
            [after_reading([
                Step::Send(Part::HalfBody, accepted()?),
                Step::Fin,
            ])],
            NotTyped,
        ),
        Row::new(
            "FIN within a refusal's body",
            ALL,
            [after_reading([
                Step::Send(Part::HalfBody, Answer::json(400, REFUSAL)),
                Step::Fin,
            ])],
            Failed(Refused),
        ),
        Row::new(
            "Content-Length too long, then FIN",
            HTTP1,
            [after_reading([
                Step::Send(Part::Whole, accepted()?.wrong_length(10)),
                Step::Fin,
            ])],
            NotTyped,
        ),
        Row::new(
            "Content-Length too long",
            HTTP2,
            [answering(accepted()?.wrong_length(10))],
            NotTyped,
        ),
        Row::new(
            "Content-Length too short",
            ALL,
            [answering(accepted()?.wrong_length(-10))],
            NotTyped,
        ),
        Row::new(
            "two Content-Lengths",
            HTTP1,
            [answering(accepted()?.header("content-length", "3"))],
            Failed(Unknown),
        ),
        Row::new(
            "Content-Length is no number",
            HTTP1,
            [answering(
                accepted()?
                    .without_length()
                    .header("content-length", "many"),
            )],
            Failed(Unknown),
        ),
        Row::new(
            "no length: the body ends with the connection",
            HTTP1,
            [after_reading([
                Step::Send(Part::Whole, accepted()?.without_length()),
                Step::Fin,
            ])],
            Typed,
        ),
        Row::new(
            "no length, and FIN without TLS's farewell",
            HTTP1_TLS,
            [after_reading([
                Step::Send(Part::Whole, accepted()?.without_length()),
                Step::BareFin,
            ])],
            NotTyped,
        ),
    ]);
    let chunked = |name: &str, expected, body: String| {
        let answer = Answer::json(200, body)
            .without_length()
            .header("transfer-encoding", "chunked");
        Row::new(
            name,
            HTTP1,
            [after_reading([Step::Send(Part::Whole, answer), Step::Fin])],
            expected,
        )
    };
    let chunk = format!("{:x}\r\n{}\r\n", documented()?.len(), documented()?);
    rows.extend([
        chunked("chunked", Typed, format!("{chunk}0\r\n\r\n")),
        chunked(
            "chunked, the last chunk is missing",
            NotTyped,
            chunk.clone(),
        ),
        chunked(
            "chunked, a size is no number",
            NotTyped,
            format!("{chunk}zz\r\n\r\n"),
        ),
        chunked(
            "chunked, a size is beyond all bounds",
            NotTyped,
            format!("{}\r\n", "f".repeat(17)),
        ),
        chunked(
            "chunked, a chunk is longer than its size",
            NotTyped,
            "3\r\n{\"data\"\r\n".to_owned(),
        ),
    ]);
    let raw = |name: &str, transports, bytes: &[u8]| {
        Row::new(
            name,
            transports,
            [after_reading([Step::Bytes(bytes.to_vec()), Step::Fin])],
            Failed(Unknown),
        )
    };
    let endless = "x".repeat(1 << 20);
    rows.extend([
        raw(
            "garbage",
            ALL,
            b"\0\x01\x02\xff garbage \r\n\r\n garbage \r\n\r\n",
        ),
        raw(
            "HTTP/2 to an HTTP/1.1 client",
            HTTP1,
            b"\0\0\0\x04\0\0\0\0\0",
        ),
        raw(
            "HTTP/1.1 to an HTTP/2 client",
            HTTP2,
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
        ),
        raw("HTTP/9.9", HTTP1, b"HTTP/9.9 200 OK\r\n\r\n"),
        raw("a status of two digits", HTTP1, b"HTTP/1.1 20 OK\r\n\r\n"),
        raw(
            "a header without a name",
            HTTP1,
            b"HTTP/1.1 200 OK\r\n: nothing\r\n\r\n",
        ),
        raw(
            "a head of 1 MiB",
            HTTP1,
            format!("HTTP/1.1 200 OK\r\nx: {endless}\r\n\r\n").as_bytes(),
        ),
        Row::new(
            "a head of 1 MiB",
            HTTP2,
            [answering(accepted()?.header("x", &endless))],
            Failed(Unknown),
        ),
        Row::new(
            "a status that is no number",
            HTTP2,
            [answering(accepted()?.status("ok"))],
            Failed(Unknown),
        ),
    ]);
    Ok(rows)
}

fn statuses() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for status in [100, 102, 103] {
        rows.push(Row::new(
            format!("{status}, then 200"),
            ALL,
            [after_reading([
                Step::Send(Part::Head, Answer::interim(status)),
                Step::Send(Part::Whole, accepted()?),
            ])],
            Typed,
        ));
    }
    rows.extend([
        Row::new(
            "100, then nothing",
            ALL,
            [after_reading([Step::Send(
                Part::Head,
                Answer::interim(100),
            )])],
            Failed(Unknown),
        )
        .timeout(SHORT),
        Row::new(
            "101",
            ALL,
            [after_reading([
                Step::Send(Part::Head, Answer::interim(101).header("upgrade", "other")),
                Step::Fin,
            ])],
            Failed(Unknown),
        ),
        Row::new(
            "204",
            ALL,
            [answering(Answer::new(204).without_length())],
            NotTyped,
        ),
        Row::new("205", ALL, [answering(Answer::new(205))], NotTyped),
    ]);
    for status in [201, 202, 203, 206, 226, 299] {
        rows.push(Row::new(
            status.to_string(),
            ALL,
            [answering(Answer::json(status, documented()?))],
            Typed,
        ));
    }
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let answer = match status {
            304 => Answer::new(status).without_length(),
            _ => Answer::html(status, "<title>Elsewhere</title>"),
        };
        rows.push(Row::new(
            format!("{status} without Location"),
            ALL,
            [answering(answer.clone())],
            Failed(Unknown),
        ));
        // On the same server: a second request would be on its record.
        rows.push(Row::new(
            format!("{status} with Location"),
            ALL,
            [after_reading([
                Step::Send(Part::Whole, answer.header("location", "/elsewhere")),
                Step::Message,
                Step::Send(Part::Whole, accepted()?),
            ])],
            Failed(Unknown),
        ));
    }
    for status in [
        400, 401, 402, 403, 404, 405, 407, 409, 410, 413, 415, 418, 422, 425, 429, 431, 451, 498,
    ] {
        rows.push(Row::new(
            format!("{status} with JSON"),
            ALL,
            [answering(Answer::json(status, REFUSAL))],
            Failed(Refused),
        ));
    }
    // The first three are those that proxies answer after they passed the whole request on.
    for status in [
        408, 460, 499, 500, 501, 502, 503, 504, 507, 520, 524, 599, 600, 999,
    ] {
        rows.push(Row::new(
            format!("{status} with JSON"),
            ALL,
            [answering(Answer::json(status, REFUSAL))],
            Failed(Unknown),
        ));
    }
    for (status, verdict) in [
        (400, Refused),
        (401, Refused),
        (429, Refused),
        (500, Unknown),
        (502, Unknown),
        (503, Unknown),
    ] {
        let bodies = [
            (
                "HTML",
                Answer::html(status, "<html><head><title>No\nway</title></head></html>"),
            ),
            ("an empty body", Answer::new(status)),
            ("a huge body", Answer::html(status, "<p>".repeat(50_000))),
            (
                "invalid UTF-8",
                Answer::json(status, b"\xff\xfe{\"error\"".to_vec()),
            ),
            (
                "JSON of another shape",
                Answer::json(status, r#"[{"a":1}]"#),
            ),
            (
                "a text as the error",
                Answer::json(status, r#"{"error":"no"}"#),
            ),
            ("the documented answer", Answer::json(status, documented()?)),
            (
                "a body that is not gzip",
                Answer::json(status, REFUSAL).header("content-encoding", "gzip"),
            ),
        ];
        for (body, answer) in bodies {
            rows.push(
                Row::new(
                    format!("{status} with {body}"),
                    ALL,
                    [answering(answer)],
                    Failed(verdict),
                )
                .response_limit(10_000),
            );
        }
    }
    Ok(rows)
}

fn accepted_shapes() -> Result<Vec<Row>> {
    let row = |name: &str, answer: Answer, expected| {
        Row::new(
            format!("200 with {name}"),
            ALL,
            [answering(answer)],
            expected,
        )
    };
    let json = |name: &str, body: &str, expected| row(name, Answer::json(200, body), expected);
    let documented = documented()?;
    let half = &documented[..documented.len() / 2];
    // What is no object of Acquire's may be anything in between: a captive portal, a proxy, another host.
    let page = || Answer::html(200, "<title>Welcome</title>");
    let mut rows = vec![
        row("the documented answer", accepted()?, Typed),
        row(
            "the documented answer as text/plain",
            Answer::new(200)
                .header("content-type", "text/plain")
                .body(documented.clone()),
            Typed,
        ),
        json(
            "a byte order mark before the documented answer",
            &format!("\u{feff}{documented}"),
            Typed,
        ),
        json("half of the JSON", half, NotTyped),
        json("more after the JSON", &format!("{documented}!"), NotTyped),
        row("as much as the limit", accepted()?, Typed).response_limit(documented.len()),
        row("more than the limit", accepted()?, NotTyped).response_limit(documented.len() - 1),
        row("something, and a limit of 0", accepted()?, NotTyped).response_limit(0),
        row("an empty body", Answer::new(200), NotTyped),
        json("white space", " \r\n", NotTyped),
        row("HTML", page(), Failed(Unknown)),
        row(
            "HTML as JSON",
            Answer::json(200, page().body),
            Failed(Unknown),
        ),
        row("HTML, and a limit within it", page(), Failed(Unknown)).response_limit(10),
        row(
            "a text",
            Answer::new(200)
                .header("content-type", "text/plain")
                .body("OK"),
            Failed(Unknown),
        ),
        row(
            "invalid UTF-8 in JSON",
            Answer::json(200, b"{\"data\":\"\xff\"}".to_vec()),
            NotTyped,
        ),
        row(
            "invalid UTF-8",
            Answer::json(200, b"\xff\xfe{".to_vec()),
            Failed(Unknown),
        ),
        json("another shape", r#"{"data":{"id":"eight"}}"#, NotTyped),
        json("a JSON text", r#""sent""#, Failed(Unknown)),
        json("a number", "1", Failed(Unknown)),
        json("true", "true", Failed(Unknown)),
        json("[]", "[]", Failed(Unknown)),
        json(
            "the documented answer in a list",
            &format!("[{documented}]"),
            Failed(Unknown),
        ),
        json("null", "null", Failed(Unknown)),
        json("{}", "{}", Typed),
        json(
            "null as the error, without data",
            r#"{"error":null}"#,
            Typed,
        ),
        json(
            "an error and data of another shape",
            r#"{"error":{"code":"slow"},"data":{"id":"eight"}}"#,
            NotTyped,
        ),
        json(
            "an error and data",
            &documented.replacen('{', r#"{"error":{"code":"slow","message":"Slow"},"#, 1),
            Typed,
        ),
        json(
            "an error within the data",
            r#"{"data":{"id":1,"error":{"code":"slow","message":"Slow"}}}"#,
            Typed,
        ),
        // The rest may have been data.
        json(
            "half of an error",
            &REFUSAL[..REFUSAL.len() / 2],
            Failed(Unknown),
        ),
        row(
            "an error, as HTML",
            Answer::html(200, REFUSAL),
            Failed(Refused),
        ),
        row(
            "an error, and a limit within it",
            Answer::json(200, REFUSAL),
            Failed(Unknown),
        )
        .response_limit(20),
    ];
    let error = r#"{"code":"case_closed","message":"The case is closed"}"#;
    for (what, error, verdict) in [
        ("an error", error, Refused),
        (
            "a code alone as the error",
            r#"{"code":"case_closed"}"#,
            Refused,
        ),
        (
            "a message alone as the error",
            r#"{"message":"No"}"#,
            Refused,
        ),
        ("a text as the error", r#""no such case""#, Refused),
        ("a list as the error", &format!("[{error}]"), Refused),
        (
            "a list of texts as the error",
            r#"["no such case"]"#,
            Refused,
        ),
        ("true as the error", "true", Unknown),
        ("false as the error", "false", Unknown),
        ("a number as the error", "7", Unknown),
        ("an empty text as the error", r#""""#, Unknown),
        ("an empty list as the error", "[]", Unknown),
        ("an empty object as the error", "{}", Unknown),
        (
            "an error without code and message",
            r#"{"code":null,"more":1}"#,
            Unknown,
        ),
    ] {
        rows.push(json(
            &format!("{what}, without data"),
            &format!(r#"{{"error":{error}}}"#),
            Failed(verdict),
        ));
    }
    // With none of these a server has said that there is data.
    for data in ["null", "{}", "[]", "false", "0", r#""""#] {
        for (what, error, verdict) in [
            ("an error", error, Refused),
            ("true as the error", "true", Unknown),
        ] {
            rows.push(json(
                &format!("{what}, and {data} as data"),
                &format!(r#"{{"error":{error},"data":{data}}}"#),
                Failed(verdict),
            ));
        }
    }
    Ok(rows)
}

fn early_answers() -> Result<Vec<Row>> {
    let row = |name: &str, transports, answer: Answer, end: &[Step], expected| {
        let steps = [&[Step::Head, Step::Send(Part::Whole, answer)], end].concat();
        Row::new(name, transports, [Script::new(steps)], expected)
            .large()
            .partly_read()
    };
    let too_large = || Answer::json(413, REFUSAL);
    Ok(vec![
        row(
            "200 before a large message was read",
            ALL,
            accepted()?,
            &[Step::Hang],
            Typed,
        ),
        row(
            "413 before a large message was read",
            ALL,
            too_large(),
            &[Step::Hang],
            Failed(Refused),
        ),
        row(
            "413 before a large message was read, then FIN",
            ALL,
            too_large(),
            &[Step::Fin],
            Failed(Refused),
        ),
        row(
            "413 before a large message was read, then NO_ERROR",
            HTTP2,
            too_large(),
            &[Step::ResetStream(Reason::NO_ERROR)],
            Failed(Refused),
        ),
        row(
            "503 before a large message was read",
            ALL,
            Answer::new(503),
            &[Step::Hang],
            Failed(Unknown),
        ),
    ])
}

fn pooled() -> Result<Vec<Row>> {
    let row = |name: &str, transports, steps: Vec<Step>, expected| {
        let first = [
            vec![Step::Message, Step::Send(Part::Whole, accepted()?)],
            steps,
        ]
        .concat();
        Result::Ok(
            Row::new(
                name,
                transports,
                [Script::new(first), answering(accepted()?)],
                expected,
            )
            .after_an_accepted_one(),
        )
    };
    Ok(vec![
        row(
            "a second message on the same connection",
            ALL,
            vec![
                Step::Mark,
                Step::Message,
                Step::Send(Part::Whole, accepted()?),
            ],
            Typed,
        )?,
        row(
            "an idle connection is closed",
            ALL,
            vec![Step::Fin, Step::UntilClosed, Step::Mark],
            Typed,
        )?,
        row(
            "an idle connection is closed, without TLS's farewell",
            TLS,
            vec![Step::BareFin, Step::UntilClosed, Step::Mark],
            Typed,
        )?,
        row(
            "an idle connection gets bytes that nobody asked for",
            HTTP1,
            vec![
                Step::Bytes(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n".to_vec()),
                Step::UntilClosed,
                Step::Mark,
            ],
            Typed,
        )?,
        row(
            "an idle connection gets GOAWAY",
            HTTP2,
            vec![
                Step::GoAway(Last::This, Reason::NO_ERROR),
                Step::UntilClosed,
                Step::Mark,
            ],
            Typed,
        )?,
        row(
            "FIN after the second message",
            ALL,
            vec![Step::Mark, Step::Message, Step::Fin],
            Failed(Unknown),
        )?,
        row(
            "FIN after the second message, with retries",
            ALL,
            vec![Step::Mark, Step::Message, Step::Fin],
            Failed(Unknown),
        )?
        .retry(Retry::not_sent(), 1),
        row(
            "RST after the second message",
            ALL,
            vec![Step::Mark, Step::Message, Step::Abort],
            Failed(Unknown),
        )?,
        row(
            "RST after the second message's head",
            ALL,
            vec![Step::Mark, Step::Head, Step::Abort],
            Failed(Unknown),
        )?
        .raced(),
    ])
}

fn http2() -> Result<Vec<Row>> {
    let row = |name: &str, steps: Vec<Step>, expected| {
        Row::new(name, HTTP2, [Script::new(steps)], expected)
    };
    let refused = || vec![Step::Message, Step::ResetStream(Reason::REFUSED_STREAM)];
    let gone = |last, reason| vec![Step::Message, Step::GoAway(last, reason)];
    let mut rows = vec![
        row("REFUSED_STREAM", refused(), Failed(NotSent)),
        row(
            "REFUSED_STREAM after the head of a large message",
            vec![Step::Head, Step::ResetStream(Reason::REFUSED_STREAM)],
            Failed(NotSent),
        )
        .large()
        .partly_read(),
        row(
            "REFUSED_STREAM each time, with retries",
            [refused(), refused(), refused()].concat(),
            Failed(NotSent),
        )
        .retry(Retry::not_sent(), 3),
        row(
            "REFUSED_STREAM once, with retries",
            vec![
                Step::Message,
                Step::ResetStream(Reason::REFUSED_STREAM),
                Step::Message,
                Step::Send(Part::Whole, accepted()?),
            ],
            Typed,
        )
        .retry(Retry::not_sent(), 2),
        row(
            "REFUSED_STREAM after a 200",
            vec![
                Step::Message,
                Step::Send(Part::Head, accepted()?),
                Step::ResetStream(Reason::REFUSED_STREAM),
            ],
            NotTyped,
        ),
    ];
    for reason in [
        Reason::NO_ERROR,
        Reason::PROTOCOL_ERROR,
        Reason::INTERNAL_ERROR,
        Reason::FLOW_CONTROL_ERROR,
        Reason::STREAM_CLOSED,
        Reason::CANCEL,
        Reason::ENHANCE_YOUR_CALM,
        Reason::HTTP_1_1_REQUIRED,
        Reason::from(0xbeef),
    ] {
        rows.push(row(
            &format!("RST_STREAM {reason:?} after the message"),
            vec![Step::Message, Step::ResetStream(reason)],
            Failed(Unknown),
        ));
    }
    rows.extend([
        row(
            "RST_STREAM CANCEL after the head of a large message",
            vec![Step::Head, Step::ResetStream(Reason::CANCEL)],
            Failed(Unknown),
        )
        .large()
        .partly_read()
        .raced(),
        row(
            "RST_STREAM CANCEL after a 200",
            vec![
                Step::Message,
                Step::Send(Part::Head, accepted()?),
                Step::ResetStream(Reason::CANCEL),
            ],
            NotTyped,
        ),
        row(
            "RST_STREAM CANCEL within an answer's body",
            vec![
                Step::Message,
                Step::Send(Part::HalfBody, accepted()?),
                Step::ResetStream(Reason::CANCEL),
            ],
            NotTyped,
        ),
        row(
            "RST_STREAM CANCEL after a 400",
            vec![
                Step::Message,
                Step::Send(Part::Head, Answer::json(400, REFUSAL)),
                Step::ResetStream(Reason::CANCEL),
            ],
            Failed(Refused),
        ),
        row(
            "RST_STREAM NO_ERROR after the whole answer",
            vec![
                Step::Message,
                Step::Send(Part::Whole, accepted()?),
                Step::ResetStream(Reason::NO_ERROR),
            ],
            Typed,
        ),
    ]);
    for reason in [
        Reason::NO_ERROR,
        Reason::ENHANCE_YOUR_CALM,
        Reason::INTERNAL_ERROR,
    ] {
        rows.extend([
            row(
                &format!("GOAWAY {reason:?} below the stream"),
                gone(Last::Before, reason),
                Failed(NotSent),
            ),
            row(
                &format!("GOAWAY {reason:?} below the stream, then FIN"),
                [gone(Last::Before, reason), vec![Step::Fin]].concat(),
                Failed(NotSent),
            ),
            row(
                &format!("GOAWAY {reason:?} at the stream, then FIN"),
                [gone(Last::This, reason), vec![Step::Fin]].concat(),
                Failed(Unknown),
            ),
            row(
                &format!("GOAWAY {reason:?} at the stream, then RST"),
                [gone(Last::This, reason), vec![Step::Abort]].concat(),
                Failed(Unknown),
            ),
            row(
                &format!("GOAWAY {reason:?} above the stream, then FIN"),
                [gone(Last::Highest, reason), vec![Step::Fin]].concat(),
                Failed(Unknown),
            ),
            row(
                &format!("GOAWAY {reason:?} at the stream, then the answer"),
                vec![
                    Step::Message,
                    Step::GoAway(Last::This, reason),
                    Step::Send(Part::Whole, accepted()?),
                ],
                Typed,
            ),
        ]);
    }
    rows.extend([
        row(
            "GOAWAY at the stream, then below it",
            vec![
                Step::Message,
                Step::GoAway(Last::Highest, Reason::NO_ERROR),
                Step::GoAway(Last::Before, Reason::NO_ERROR),
            ],
            Failed(NotSent),
        ),
        row(
            "GOAWAY at the stream, then RST_STREAM CANCEL",
            vec![
                Step::Message,
                Step::GoAway(Last::This, Reason::NO_ERROR),
                Step::ResetStream(Reason::CANCEL),
            ],
            Failed(Unknown),
        ),
        row(
            "GOAWAY at the stream, then nothing",
            gone(Last::This, Reason::NO_ERROR),
            Failed(Unknown),
        )
        .timeout(SHORT),
        row(
            "GOAWAY at the stream, then FIN, with retries",
            [gone(Last::This, Reason::NO_ERROR), vec![Step::Fin]].concat(),
            Failed(Unknown),
        )
        .retry(Retry::not_sent(), 1),
        row(
            "GOAWAY below a large message's stream",
            vec![Step::Head, Step::GoAway(Last::Before, Reason::NO_ERROR)],
            Failed(NotSent),
        )
        .large()
        .partly_read(),
        Row::new(
            "GOAWAY below the stream once, with retries",
            HTTP2,
            [
                Script::new(gone(Last::Before, Reason::NO_ERROR)),
                answering(accepted()?),
            ],
            Typed,
        )
        .retry(Retry::not_sent(), 2),
        Row::new(
            "the window is never opened for a large message",
            &[Transport::Http2],
            [Script::bare([Step::Settings(vec![]), Step::Head])],
            Failed(Unknown),
        )
        .large()
        .timeout(SHORT),
        Row::new(
            "SETTINGS are never acknowledged",
            &[Transport::Http2],
            [Script::bare([
                Step::Settings(vec![]),
                Step::Message,
                Step::Send(Part::Whole, accepted()?),
            ])],
            Typed,
        ),
        Row::new(
            "no SETTINGS",
            &[Transport::Http2],
            [Script::bare([Step::Message])],
            Failed(Unknown),
        )
        .timeout(SHORT),
    ]);
    // The second message meets settings that came before the first one's answer, so they are known by then.
    let after_settings = |name: &str, value, expected| {
        Result::Ok(
            Row::new(
                name,
                HTTP2,
                [Script::new([
                    Step::Message,
                    Step::Settings(vec![value]),
                    Step::Send(Part::Whole, accepted()?),
                    Step::Mark,
                    // A client of h2 keeps such a connection open even when nobody waits for an answer any more.
                    Step::ReadUntilReleased,
                ])],
                expected,
            )
            .after_an_accepted_one()
            .timeout(SHORT),
        )
    };
    rows.extend([
        after_settings(
            "no stream is allowed",
            (setting::MAX_CONCURRENT_STREAMS, 0),
            Failed(NotSent),
        )?,
        after_settings(
            "streams have no window",
            (setting::INITIAL_WINDOW_SIZE, 0),
            Failed(Unknown),
        )?,
    ]);
    Ok(rows)
}

fn retries() -> Result<Vec<Row>> {
    let busy = |retry_after| Answer::json(429, REFUSAL).header("retry-after", retry_after);
    let then_accepted = |answer: Answer| {
        Result::Ok(Script::new([
            Step::Message,
            Step::Send(Part::Whole, answer),
            Step::Message,
            Step::Send(Part::Whole, accepted()?),
        ]))
    };
    let not_sent = Retry::not_sent;
    Ok(vec![
        Row::new(
            "429 once, retried by default",
            ALL,
            [then_accepted(busy("0"))?],
            Failed(Refused),
        )
        .retry(not_sent(), 1),
        Row::new(
            "429 once, retried when asked for",
            ALL,
            [then_accepted(busy("0"))?],
            Typed,
        )
        .retry(not_sent().when_too_many_requests(), 2),
        Row::new(
            "429 that asks for an hour",
            ALL,
            [then_accepted(busy("3600"))?],
            Failed(Refused),
        )
        .retry(not_sent().when_too_many_requests(), 1),
        Row::new(
            "503 once, retried by default",
            ALL,
            [then_accepted(Answer::new(503))?],
            Failed(Unknown),
        )
        .retry(not_sent(), 1),
        Row::new(
            "503 once, retried when asked for",
            ALL,
            [then_accepted(Answer::new(503))?],
            Typed,
        )
        .retry(not_sent().when_unavailable(), 2)
        .with_duplicates(),
        Row::new(
            "500 once, sent at least once",
            ALL,
            [then_accepted(Answer::new(500))?],
            Typed,
        )
        .retry(Retry::at_least_once(), 2)
        .with_duplicates(),
        Row::new(
            "FIN after each message, sent at least once",
            HTTP1_PLAIN,
            [after_reading([Step::Fin])],
            Failed(Unknown),
        )
        .retry(Retry::at_least_once(), 3)
        .with_duplicates(),
        Row::new(
            "untrusted certificate once, with retries",
            TLS,
            [
                Script::bare([Step::Tls(Identity::Untrusted)]),
                answering(accepted()?),
            ],
            Typed,
        )
        .retry(not_sent(), 2),
    ])
}
