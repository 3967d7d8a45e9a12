//! The table.

use std::time::{Duration, Instant};

use acquire_io::Channel;
use acquire_io_bench::answers::{ANSWERS, Answer, Into, OF_CHANNEL};
use acquire_io_bench::calls::Way;
use acquire_io_bench::measure::{batch, build, decode, heap, send, throughput};

use crate::outbox_table;
use crate::rows::{head, row};

pub(crate) fn print() -> anyhow::Result<()> {
    build::programs()?;
    decoding()?;
    receipts()?;
    sending()?;
    batches()?;
    outbox_table::print()?;
    building()?;
    generating()
}

fn decoding() -> anyhow::Result<()> {
    let peer = build::peer()?;
    build::criterion()?;
    head(&[
        "decoding an answer",
        "bytes",
        "instructions",
        "/ floor",
        "`Value` /",
        "openapi-generator /",
        "µs",
        "/ floor",
        "`Value` /",
    ])?;
    for answer in ANSWERS {
        let instructions = |into: Into| decode::instructions(answer, into);
        let (floor, typed, value) = (
            instructions(Into::Nothing)?,
            instructions(Into::Typed)?,
            instructions(Into::Value)?,
        );
        let peer = decode::instructions_of_peer(&peer, answer)?;
        let time = |into: Into| decode::nanoseconds(answer, into);
        let (floor_time, typed_time, value_time) =
            (time(Into::Nothing)?, time(Into::Typed)?, time(Into::Value)?);
        row(&[
            format!("`{}`", answer.name),
            answer.body.len().to_string(),
            format!("{typed:.0}"),
            format!("{:.2}", typed / floor),
            format!("{:.2}", value / typed),
            format!("{:.2}", peer / typed),
            format!("{:.1}", typed_time / 1000.0),
            format!("{:.2}", typed_time / floor_time),
            format!("{:.2}", value_time / typed_time),
        ])?;
    }
    Ok(())
}

/// The IDs of an answer, next to reading past all of it.
fn receipts() -> anyhow::Result<()> {
    head(&["finding the IDs of an answer", "instructions", "/ floor"])?;
    for (channel, answer) in OF_CHANNEL {
        let receipt = send::instructions_of_receipt(channel)?;
        let floor = decode::instructions(Answer::named(answer)?, Into::Nothing)?;
        row(&[
            format!("`{answer}`"),
            format!("{receipt:.0}"),
            format!("{:.2}", receipt / floor),
        ])?;
    }
    Ok(())
}

fn sending() -> anyhow::Result<()> {
    head(&[
        "sending",
        "acquire-io",
        "reqwest and serde",
        "ratio",
        "hyper",
    ])?;
    for channel in [Channel::Chat, Channel::Sms] {
        let plain = send::instructions(Way::Plain, channel)?;
        for (way, what) in [(Way::Ours, ""), (Way::OursTyped, ", the answer decoded")] {
            let ours = send::instructions(way, channel)?;
            let hyper = match (way, channel) {
                (Way::Ours, Channel::Chat) => {
                    format!("{:.0}", send::instructions(Way::Hyper, channel)?)
                }
                _ => String::new(),
            };
            row(&[
                format!("instructions of one send, {channel}{what}"),
                format!("{ours:.0}"),
                format!("{plain:.0}"),
                format!("{:.3}", ours / plain),
                hyper,
            ])?;
        }
        let (ours, plain) = (
            heap::per_call(Way::Ours, channel)?,
            heap::per_call(Way::Plain, channel)?,
        );
        row(&[
            format!("heap for each call in flight, {channel}, bytes"),
            format!("{ours:.0}"),
            format!("{plain:.0}"),
            format!("{:.3}", ours / plain),
            String::new(),
        ])?;
    }
    let runtime = tokio::runtime::Runtime::new()?;
    for at_a_time in [1, 16, 64, 256] {
        let ratio = throughput::ratio(Way::Ours, Way::Plain, at_a_time);
        row(&[
            format!("messages per second, {at_a_time} at a time"),
            String::new(),
            String::new(),
            format!("{:.3}", runtime.block_on(ratio)?),
            String::new(),
        ])?;
    }
    head(&["messages through one client", "µs each", "peak memory, MiB"])?;
    let counts = [1_000, 10_000, 100_000, 1_000_000];
    for sustained in runtime.block_on(throughput::sustained(Way::Ours, &counts))? {
        row(&[
            sustained.messages.to_string(),
            format!("{:.1}", sustained.microseconds),
            format!("{:.1}", sustained.peak_mib),
        ])?;
    }
    Ok(())
}

/// `acquire batch`, beside plain concurrent sends.
pub(crate) fn batches() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    head(&[
        "messages at a time",
        "server's latency, ms",
        "`acquire batch` / plain concurrent sends, per second",
    ])?;
    for latency in [Duration::ZERO, Duration::from_millis(50)] {
        for at_a_time in [8, 64] {
            // A few seconds with a latency, less without.
            let messages = match latency.is_zero() {
                true => 10_000,
                false => 80 * at_a_time,
            };
            let ratio = runtime.block_on(batch::ratio(at_a_time, messages, latency))?;
            row(&[
                at_a_time.to_string(),
                latency.as_millis().to_string(),
                format!("{ratio:.2}"),
            ])?;
        }
    }
    head(&["rows of `acquire batch`", "most memory, MiB"])?;
    for rows in [1_000, 100_000] {
        row(&[rows.to_string(), format!("{:.1}", batch::peak_mib(rows)?)])?;
    }
    Ok(())
}

fn building() -> anyhow::Result<()> {
    head(&[
        "a program that sends one message",
        "acquire-io",
        "reqwest and serde",
        "difference",
    ])?;
    let (ours, plain) = (build::crates(build::OURS)?, build::crates(build::PLAIN)?);
    row(&[
        "crates".to_owned(),
        ours.len().to_string(),
        plain.len().to_string(),
        (ours.len() - plain.len()).to_string(),
    ])?;
    let seconds = build::processor_seconds;
    let (ours, plain) = (seconds(build::OURS)?, seconds(build::PLAIN)?);
    row(&[
        "clean build, seconds of processor time".to_owned(),
        format!("{ours:.1}"),
        format!("{plain:.1}"),
        format!("{:.2} x", ours / plain),
    ])?;
    let (ours, plain) = (build::size(build::OURS)?, build::size(build::PLAIN)?);
    row(&[
        "size with `--release`, bytes".to_owned(),
        format!("{ours:.0}"),
        format!("{plain:.0}"),
        format!("{:.2} x", ours / plain),
    ])
}

fn generating() -> anyhow::Result<()> {
    let mut times = [(); 5].map(|()| {
        let start = Instant::now();
        xtask::generate::check(build::root()).map(|_| start.elapsed())
    });
    times.sort_by_key(|time| time.as_ref().ok().copied());
    let [_, _, median, ..] = times;
    head(&["`cargo xtask generate --check`", "ms"])?;
    row(&["everything".to_owned(), median?.as_millis().to_string()])
}
