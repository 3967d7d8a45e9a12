//! What each fault means: the client against servers on real sockets that fail in every way that we could think of, over
//! HTTP/1.1 and HTTP/2, plain and TLS.
//!
//! A line of [`faults!`] states the verdict. [`Run::check`] holds it against what the server received: what is "not sent"
//! never arrived, what is accepted or refused arrived whole and was answered, nothing arrived twice, and no request went
//! uncounted.
//!
//! What came of it is in `snapshots/delivery__fault_matrix__table.snap`. There `1.1s` and `2s` are HTTP/1.1 and HTTP/2 in
//! TLS. "Heads" counts requests whose head the server read, "messages" those that it read to the end; "disowned" are
//! those that it said, over HTTP/2, not to have processed. If a row is about a second message, only that one is counted.

use std::sync::Arc;
use std::time::Duration;

use acquire_io::{Delivery, Error, Retry, Sent};
use acquire_io_tests::Result;
use acquire_io_tests::fault::Step::*;
use acquire_io_tests::fault::{
    Answer, Identity, Last, Part, Path, Row, Script, Server, Step, Transport, Verdict, message,
    setting, table,
};
use h2::Reason;
use http::StatusCode;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Rows of the table: `fault, transports, [what the server does] => verdict, settings of the row`. After `then` is what it
/// does on the next connection; `bare` starts at the first byte, without TLS handshake and HTTP/2's greeting.
macro_rules! faults {
    ($(
        $fault:expr, $transports:expr, $($bare:ident)? [$($step:expr),* $(,)?]
        $(then [$($next:expr),* $(,)?])*
        => $verdict:expr $(, $setting:ident($($value:expr),*))*;
    )*) => {
        vec![$(
            Row::new(
                $fault,
                $transports,
                [script!($($bare)? [$($step),*]), $(Script::new([$($next),*]),)*],
                $verdict,
            )$(.$setting($($value),*))*,
        )*]
    };
}

macro_rules! script {
    ([$($step:expr),*]) => {
        Script::new(Vec::from([$($step),*]))
    };
    (bare [$($step:expr),*]) => {
        Script::bare(Vec::from([$($step),*]))
    };
}

mod again;
mod answers;
mod bodies;
mod connecting;
mod dropped;
mod http2;
mod races;
mod sending;
mod statuses;

const ALL: &[Transport] = Transport::ALL;
const HTTP1: &[Transport] = Transport::HTTP1;
const HTTP2: &[Transport] = Transport::HTTP2;
const TLS: &[Transport] = Transport::TLS;
const HTTP1_PLAIN: &[Transport] = &[Transport::Http1];
const HTTP1_TLS: &[Transport] = &[Transport::Http1Tls];
const HTTP2_PLAIN: &[Transport] = &[Transport::Http2];

/// Accepted, and the answer can be read as its type.
const TYPED: Verdict = Verdict::Typed;
/// Accepted, and the answer can't be read as its type.
const NOT_TYPED: Verdict = Verdict::NotTyped;
const REFUSED: Verdict = Verdict::Failed(Delivery::Refused);
const NOT_SENT: Verdict = Verdict::Failed(Delivery::NotSent);
const UNKNOWN: Verdict = Verdict::Failed(Delivery::Unknown);

/// For faults that are about time: long enough for a call to come as far as the fault, on a machine that isn't
/// busy with other things. See [`Row::run`].
const SHORT: Duration = Duration::from_secs(1);

/// A documented answer.
const DOCUMENTED: &str =
    include_str!("../../openapi/examples/sendChatMessage.response.newest.json");

const REFUSAL: &str = r#"{"error":{"code":"case_closed","message":"The case is closed"}}"#;

fn accepted() -> Answer {
    Answer::json(200, DOCUMENTED)
}

fn refusal(status: u16) -> Answer {
    Answer::json(status, REFUSAL)
}

fn accept() -> Step {
    whole(accepted())
}

fn whole(answer: Answer) -> Step {
    Send(Part::Whole, answer)
}

fn head(answer: Answer) -> Step {
    Send(Part::Head, answer)
}

fn half_head(answer: Answer) -> Step {
    Send(Part::HalfHead, answer)
}

fn half_body(answer: Answer) -> Step {
    Send(Part::HalfBody, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_matrix() -> Result {
    let rows = [
        connecting::connecting(),
        connecting::handshakes(),
        sending::ending(),
        sending::waiting(),
        answers::broken(),
        statuses::statuses(),
        bodies::accepted_shapes(),
        answers::early(),
        again::pooled(),
        http2::resets(),
        http2::goaways(),
        http2::settings(),
        again::retries(),
    ];
    insta::assert_snapshot!("table", run(rows.concat()).await?);
    Ok(())
}

/// Runs each row over each of its transports. Returns the table, or every row that fails.
async fn run(rows: Vec<Row>) -> Result<String> {
    // Rows about time run apart from the others, which would keep the machine busy.
    let (timed, others): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .enumerate()
        .partition(|(_, row)| row.is_about_time());
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    for (rows, at_once) in [(others, 8), (timed, 32)] {
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
        while let Some(line) = runs.join_next().await {
            match line? {
                Ok(line) => lines.push(line),
                Err(error) => failures.push(error.to_string()),
            }
        }
    }
    failures.sort();
    let (count, all) = (failures.len(), failures.join("\n"));
    assert!(failures.is_empty(), "{count} rows fail:\n{all}");
    lines.sort_by_key(|(place, _)| *place);
    let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
    Ok(table(&lines))
}
