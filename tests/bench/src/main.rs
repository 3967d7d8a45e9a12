//! Prints the table. With arguments it does one work, for a measurement.

mod table;

use std::net::SocketAddr;

use acquire_io_bench::answers::{ANSWERS, Into};
use acquire_io_bench::calls::Way;
use acquire_io_bench::server;
use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => table::print(),
        ["serve", hold] => serve(hold.parse()?),
        ["decode", name, into, rounds] => decode(name, into, rounds.parse()?),
        ["send", way, server, at_a_time, rounds] => send(
            Way::named(way)?,
            server.parse()?,
            at_a_time.parse()?,
            rounds.parse()?,
        ),
        _ => bail!("the arguments are this program's own; start it without"),
    }
}

#[tokio::main]
async fn serve(hold: usize) -> anyhow::Result<()> {
    use std::io::Write as _;

    let address = server::start(hold).await?;
    writeln!(std::io::stdout(), "{address}")?;
    // Until the other side closes it.
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}

fn decode(name: &str, into: &str, rounds: u64) -> anyhow::Result<()> {
    let answer = ANSWERS.iter().find(|answer| answer.name == name);
    let answer = answer.context("no such answer")?;
    let into = Into::ALL.into_iter().find(|known| known.name() == into);
    let into = into.context("nothing to decode into")?;
    for _ in 0..rounds {
        answer.decode(into)?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn send(way: Way, server: SocketAddr, at_a_time: usize, rounds: usize) -> anyhow::Result<()> {
    way.send(server, rounds, at_a_time).await
}
