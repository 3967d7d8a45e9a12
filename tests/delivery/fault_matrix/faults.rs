//! How a row of the matrix is written, and how rows are run.

use std::sync::Arc;
pub(super) use std::time::Duration;

pub(super) use acquire_io::{Delivery, Error, Retry, Sent};
pub(super) use acquire_io_tests::Result;
pub(super) use acquire_io_tests::fault::Step::*;
use acquire_io_tests::fault::table;
pub(super) use acquire_io_tests::fault::{
    Answer, Identity, Last, Part, Path, Row, Script, Server, Step, Transport, Verdict, message,
    setting,
};
pub(super) use h2::Reason;
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
pub(super) use {faults, script};

pub(super) const ALL: &[Transport] = Transport::ALL;
pub(super) const HTTP1: &[Transport] = Transport::HTTP1;
pub(super) const HTTP2: &[Transport] = Transport::HTTP2;
pub(super) const TLS: &[Transport] = Transport::TLS;
pub(super) const HTTP1_PLAIN: &[Transport] = &[Transport::Http1];
pub(super) const HTTP1_TLS: &[Transport] = &[Transport::Http1Tls];
pub(super) const HTTP2_PLAIN: &[Transport] = &[Transport::Http2];

/// Accepted, and the answer can be read as its type.
pub(super) const TYPED: Verdict = Verdict::Typed;
/// Accepted, and the answer can't be read as its type.
pub(super) const NOT_TYPED: Verdict = Verdict::NotTyped;
pub(super) const REFUSED: Verdict = Verdict::Failed(Delivery::Refused);
pub(super) const NOT_SENT: Verdict = Verdict::Failed(Delivery::NotSent);
pub(super) const UNKNOWN: Verdict = Verdict::Failed(Delivery::Unknown);

/// For faults that are about time: long enough for a call to come as far as the fault, on a machine that isn't
/// busy with other things. See [`Row::run`].
pub(super) const SHORT: Duration = Duration::from_secs(1);

/// A documented answer.
pub(super) const DOCUMENTED: &str =
    include_str!("../../../openapi/examples/sendChatMessage.response.newest.json");

pub(super) const REFUSAL: &str =
    r#"{"error":{"code":"case_closed","message":"The case is closed"}}"#;

pub(super) fn accepted() -> Answer {
    Answer::json(200, DOCUMENTED)
}

pub(super) fn refusal(status: u16) -> Answer {
    Answer::json(status, REFUSAL)
}

pub(super) fn accept() -> Step {
    whole(accepted())
}

pub(super) fn whole(answer: Answer) -> Step {
    Send(Part::Whole, answer)
}

pub(super) fn head(answer: Answer) -> Step {
    Send(Part::Head, answer)
}

pub(super) fn half_head(answer: Answer) -> Step {
    Send(Part::HalfHead, answer)
}

pub(super) fn half_body(answer: Answer) -> Step {
    Send(Part::HalfBody, answer)
}

/// Runs each row over each of its transports. Returns the table, or every row that fails.
pub(super) async fn run(rows: Vec<Row>) -> Result<String> {
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
