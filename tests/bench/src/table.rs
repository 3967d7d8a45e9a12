//! The table.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use acquire_io_bench::answers::{ANSWERS, Into};
use acquire_io_bench::calls::Way;
use acquire_io_bench::measure::{heap, instructions, throughput};
use anyhow::Context as _;

pub(crate) fn print() -> anyhow::Result<()> {
    decode()?;
    one_send()?;
    in_flight()?;
    sustained()
}

fn line(text: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// A server in a process of its own.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(hold: usize) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", &hold.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        let stdout = process.stdout.take().context("the server has no output")?;
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Self {
            address: address.trim().parse()?,
            process,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends by itself otherwise, with its standard input.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn decode() -> anyhow::Result<()> {
    line(format_args!(
        "| decoding, instructions | bytes | floor | typed | Value | typed / floor | Value / typed |"
    ))?;
    line(format_args!("| --- | --: | --: | --: | --: | --: | --: |"))?;
    for answer in ANSWERS {
        let count =
            |into: Into| instructions::per_round(&["decode", answer.name, into.name()], 100);
        let (floor, typed, value) = (
            count(Into::Nothing)?,
            count(Into::Typed)?,
            count(Into::Value)?,
        );
        line(format_args!(
            "| {} | {} | {floor:.0} | {typed:.0} | {value:.0} | {:.2} | {:.2} |",
            answer.name,
            answer.body.len(),
            typed / floor,
            value / typed
        ))?;
    }
    line(format_args!(""))
}

fn one_send() -> anyhow::Result<()> {
    let server = Server::start(0)?;
    let address = server.address.to_string();
    let count = |way: Way| instructions::per_round(&["send", way.name(), &address, "1"], 100);
    let (ours, plain, hyper) = (count(Way::Ours)?, count(Way::Plain)?, count(Way::Hyper)?);
    line(format_args!(
        "| one send, instructions | ours | reqwest and serde | hyper | ours / reqwest and serde |"
    ))?;
    line(format_args!("| --- | --: | --: | --: | --: |"))?;
    line(format_args!(
        "| chat | {ours:.0} | {plain:.0} | {hyper:.0} | {:.3} |",
        ours / plain
    ))?;
    line(format_args!(""))
}

fn in_flight() -> anyhow::Result<()> {
    line(format_args!(
        "| heap per call in flight, bytes | ours | reqwest and serde | ratio |"
    ))?;
    line(format_args!("| --- | --: | --: | --: |"))?;
    let per_call = |way: Way| {
        let peak = |calls| heap::peak(way, Server::start(calls)?.address, calls);
        anyhow::Ok((peak(1000)? - peak(500)?) as f64 / 500.0)
    };
    let (ours, plain) = (per_call(Way::Ours)?, per_call(Way::Plain)?);
    line(format_args!(
        "| chat | {ours:.0} | {plain:.0} | {:.3} |",
        ours / plain
    ))?;
    line(format_args!(""))
}

fn sustained() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let server = Server::start(0)?;
    line(format_args!(
        "| in flight | throughput, ours / reqwest and serde |"
    ))?;
    line(format_args!("| --: | --: |"))?;
    for at_a_time in [1, 16, 64, 256] {
        let ratio = throughput::ratio(Way::Ours, Way::Plain, server.address, at_a_time, 3000);
        line(format_args!(
            "| {at_a_time} | {:.3} |",
            runtime.block_on(ratio)?
        ))?;
    }
    line(format_args!(""))
}
