//! Faults whose verdict depends on which comes first, the call or the fault.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use acquire_io_tests::fault::Run;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::faults::*;

type Race = (&'static str, &'static [Transport], Vec<Step>);

fn races() -> Vec<Race> {
    let refuse = || whole(Answer::new(413));
    let refused = || [Head, ResetStream(Reason::REFUSED_STREAM)];
    let goaway = || GoAway(Last::Before, Reason::NO_ERROR);
    let on_the_same_connection = [refused(), refused(), refused()].concat();
    vec![
        ("FIN", ALL, vec![Fin]),
        ("FIN without TLS's farewell", TLS, vec![BareFin]),
        ("close", ALL, vec![Close]),
        ("RST", ALL, vec![Abort]),
        ("garbage", ALL, vec![Bytes(vec![0xff; 64])]),
        ("an answer to nothing", HTTP1, vec![refuse(), Fin]),
        ("REFUSED_STREAM", HTTP2, on_the_same_connection),
        ("GOAWAY", HTTP2, vec![goaway()]),
        ("GOAWAY and FIN", HTTP2, vec![goaway(), Fin]),
        ("an answer and RST", ALL, vec![Message, accept(), Abort]),
        (
            "a refusal of what is not read, and close",
            ALL,
            vec![Head, refuse(), Close],
        ),
    ]
}

/// Only the promise is asserted, of each of many runs. How often each verdict came is printed: see it with `--nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_promise_holds_whatever_comes_first() -> Result {
    const RUNS: u64 = 50;
    let places = Arc::new(Semaphore::new(8));
    let mut runs = JoinSet::new();
    for (name, transports, steps) in races() {
        for &transport in transports {
            for run in 0..RUNS {
                // Each second run meets the fault on a connection that had been idle. There the two start at the
                // same time, and either is up to half a millisecond late, about as long as a call takes.
                let idle = run % 2 == 1;
                let late = Duration::from_micros(20 * run);
                let steps = [vec![Spin(late)], steps.clone()].concat();
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

async fn race(
    transport: Transport,
    steps: Vec<Step>,
    after_an_accepted_one: Option<Duration>,
) -> Result<Verdict> {
    let scripts = if after_an_accepted_one.is_some() {
        let first = vec![Message, accept(), UntilReleased];
        let first = Script::new([first, steps].concat());
        vec![first, Script::new([Message, accept()])]
    } else {
        vec![Script::new(steps)]
    };
    let server = Server::start(transport, scripts)?;
    let retry = Retry::not_sent().delays(Duration::from_millis(1), Duration::from_millis(2));
    let client = server
        .client()?
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
