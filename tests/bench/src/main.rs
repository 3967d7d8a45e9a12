//! Prints the tables of `README.md` beside this crate, or checks the budget. With other arguments it does one
//! work, for a measurement.

mod budget;
mod table;

use std::future::Future;
use std::time::Duration;

use acquire_io_bench::answers::{Answer, Into};
use acquire_io_bench::calls::{self, Way};
use acquire_io_bench::server;
use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => table::print(),
        ["budget"] => budget::check(),
        ["budget", "--renew"] => budget::renew(),
        ["serve", hold, latency] => serve(hold.parse()?, latency.parse()?),
        ["decode", name, into, rounds] => decode(name, into, rounds.parse()?),
        ["send", way, channel, server, at_a_time, rounds] => {
            let (way, channel) = (Way::named(way)?, calls::channel(channel)?);
            let (server, rounds) = (server.parse()?, rounds.parse()?);
            block_on(way.send(channel, server, rounds, at_a_time.parse()?))
        }
        ["receipt", channel, server, rounds] => {
            let receipts =
                calls::receipts(calls::channel(channel)?, server.parse()?, rounds.parse()?);
            block_on(receipts)
        }
        _ => bail!("usage: acquire-io-bench [budget [--renew]]"),
    }
}

#[tokio::main]
async fn serve(hold: usize, latency_ms: u64) -> anyhow::Result<()> {
    use std::io::Write as _;

    let latency = Duration::from_millis(latency_ms);
    let server = server::start(hold, latency).map_err(anyhow::Error::from_boxed)?;
    writeln!(std::io::stdout(), "{}", server.address())?;
    // Until the other side closes it.
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}

fn decode(name: &str, into: &str, rounds: u64) -> anyhow::Result<()> {
    let answer = Answer::named(name)?;
    let into = Into::ALL.into_iter().find(|known| known.name() == into);
    let into = into.context("nothing to decode into")?;
    for _ in 0..rounds {
        answer.decode(into)?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    work.await
}
