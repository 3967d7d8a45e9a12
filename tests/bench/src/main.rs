//! Prints the tables of `README.md` beside this crate, or checks the budget. With other arguments it does one
//! work, for a measurement.

mod budget;
mod outbox_table;
mod rows;
mod table;

use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use acquire_io_bench::answers::{Answer, Into};
use acquire_io_bench::calls::{self, Way};
use acquire_io_bench::measure::{build, throughput};
use acquire_io_bench::{outbox, server};
use acquire_io_outbox::Outbox;
use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => table::print(),
        ["outbox"] => outbox_table::print(),
        ["batch"] => {
            build::programs()?;
            table::batches()
        }
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
        ["worker", file, server, at_a_time, messages] => block_on(worker(
            file,
            server.parse()?,
            at_a_time.parse()?,
            messages.parse()?,
        )),
        ["without-worker", server, at_a_time, messages] => {
            let client = outbox::client(server.parse()?)?;
            let (messages, at_a_time) = (messages.parse()?, at_a_time.parse()?);
            block_on(outbox::send_without(client, messages, at_a_time))
        }
        _ => bail!("usage: acquire-io-bench [outbox | batch | budget [--renew]]"),
    }
}

#[tokio::main]
async fn serve(hold: usize, latency_ms: u64) -> anyhow::Result<()> {
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

/// Sends messages of an outbox, and prints the most memory that this took.
async fn worker(
    file: &str,
    server: SocketAddr,
    at_a_time: u32,
    messages: u64,
) -> anyhow::Result<()> {
    let outbox = Outbox::sqlite(file).await?;
    outbox::send(&outbox, outbox::client(server)?, messages, at_a_time).await?;
    outbox.close().await?;
    writeln!(std::io::stdout(), "{}", throughput::peak_mib()?)?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    work.await
}
