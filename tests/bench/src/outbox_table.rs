//! The table of the outbox.

use std::time::Duration;

use acquire_io_bench::measure::outbox::{self, Inserts};
use acquire_io_bench::measure::turns::Turns;
use acquire_io_bench::outbox::{Folder, Rows};
use acquire_io_bench::server::Server;
use acquire_io_outbox::Outbox;

use crate::rows::{head, row};

/// Many messages.
const FULL: Rows = Rows {
    settled: 1_000_000,
    queued: 100_000,
};

pub(crate) fn print() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        sending().await?;
        inserting().await?;
        memory().await?;
        turns().await
    })
}

async fn sending() -> anyhow::Result<()> {
    const SLOW: Duration = Duration::from_millis(50);

    head(&[
        "worker / sends without an outbox, messages at a time",
        "server's latency, ms",
        "messages per second",
    ])?;
    for (at_a_time, latency) in [(64, SLOW), (8, Duration::ZERO), (64, Duration::ZERO)] {
        // A second or so.
        let messages = if latency.is_zero() {
            4_000
        } else {
            30 * at_a_time
        };
        let ratio = outbox::throughput(at_a_time, messages, latency).await?;
        row(&[
            at_a_time.to_string(),
            latency.as_millis().to_string(),
            format!("{ratio:.2}"),
        ])?;
    }
    Ok(())
}

async fn inserting() -> anyhow::Result<()> {
    head(&["from inserting to the server, idle worker", "ms"])?;
    for (inserts, name) in [
        (Inserts::AnotherProcess, "inserted by another process"),
        (Inserts::SameProcess, "inserted by the worker's process"),
    ] {
        let milliseconds = outbox::insert_to_wire(inserts).await?;
        row(&[name.to_owned(), format!("{milliseconds:.1}")])?;
    }
    Ok(())
}

async fn memory() -> anyhow::Result<()> {
    head(&["messages in the outbox", "peak memory of the worker, MiB"])?;
    for messages in [1_000, 100_000] {
        let peak = outbox::peak_mib(messages).await?;
        row(&[messages.to_string(), format!("{peak:.1}")])?;
    }
    Ok(())
}

async fn turns() -> anyhow::Result<()> {
    let turns = Turns::of_this_process()?;
    head(&[
        "messages at a time",
        "messages a turn",
        "a turn, ms",
        "/ with many",
        "the store computes for a message, µs",
        "/ with many",
        "messages per second",
        "/ with many",
    ])?;
    let server = Server::spawn(0)?;
    let folder = Folder::new("turns")?;
    let empty = Outbox::sqlite(folder.outbox("empty", Rows::NONE).await?).await?;
    let full = Outbox::sqlite(folder.outbox("full", FULL).await?).await?;
    for at_a_time in [1, 16, 64] {
        let [empty, full] =
            outbox::costs([&empty, &full], server.address, at_a_time, &turns).await?;
        row(&[
            at_a_time.to_string(),
            format!("{:.1}", empty.messages_a_turn),
            format!("{:.2}", empty.turn_ms),
            format!("{:.2}", full.turn_ms / empty.turn_ms),
            format!("{:.0}", empty.computing_us),
            format!("{:.2}", full.computing_us / empty.computing_us),
            format!("{:.0}", empty.per_second),
            format!("{:.2}", full.per_second / empty.per_second),
        ])?;
    }
    empty.close().await?;
    full.close().await?;
    Ok(())
}
