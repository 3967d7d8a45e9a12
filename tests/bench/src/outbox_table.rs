//! The tables of the outbox.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use acquire_io_bench::measure::outbox::{self, Cost, Inserts};
use acquire_io_bench::measure::turns::Turns;
use acquire_io_bench::outbox::client;
use acquire_io_bench::river::River;
use acquire_io_bench::server::Server;
use acquire_io_bench::store::{Place, Rows, Store};
use anyhow::bail;

use crate::rows::{head, row};

/// Many messages.
const FULL: Rows = Rows {
    settled: 1_000_000,
    queued: 100_000,
};

/// How many messages are sent at a time.
const AT_A_TIME: [u32; 3] = [1, 16, 64];

/// A folder with River's source.
const RIVER: &str = "RIVER";

pub(crate) fn print() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let turns_of_this_process = Turns::of_this_process()?;
    let stores: Vec<_> = [Some(Store::Sqlite), Store::postgres()]
        .into_iter()
        .flatten()
        .collect();
    runtime.block_on(async {
        sending(&stores).await?;
        inserting(&stores).await?;
        memory().await?;
        for store in &stores {
            turns(store, &turns_of_this_process).await?;
        }
        for store in &stores {
            if let Store::Postgres(_) = store {
                river(store, &turns_of_this_process).await?;
            }
        }
        Ok(())
    })
}

async fn sending(stores: &[Store]) -> anyhow::Result<()> {
    const SLOW: Duration = Duration::from_millis(50);

    head(&[
        "store",
        "messages at a time",
        "server's latency, ms",
        "messages per second, worker / without an outbox",
        "at most, with the commits of this disk",
    ])?;
    for store in stores {
        for (at_a_time, latency) in [(64, SLOW), (8, Duration::ZERO), (64, Duration::ZERO)] {
            // A second or so.
            let messages = if latency.is_zero() {
                4_000
            } else {
                30 * at_a_time
            };
            let figures = outbox::throughput(store, at_a_time, messages, latency).await?;
            row(&[
                store.name().to_owned(),
                at_a_time.to_string(),
                latency.as_millis().to_string(),
                format!("{:.2}", figures.ratio),
                format!("{:.2}", figures.bound),
            ])?;
        }
    }
    Ok(())
}

async fn inserting(stores: &[Store]) -> anyhow::Result<()> {
    head(&[
        "from inserting to the server, idle worker",
        "inserted by another process, ms",
        "inserted by the worker's process, ms",
    ])?;
    for store in stores {
        let another = outbox::insert_to_wire(store, Inserts::AnotherProcess).await?;
        let same = outbox::insert_to_wire(store, Inserts::SameProcess).await?;
        row(&[
            store.name().to_owned(),
            format!("{another:.1}"),
            format!("{same:.1}"),
        ])?;
    }
    Ok(())
}

async fn memory() -> anyhow::Result<()> {
    head(&[
        "messages in a SQLite outbox",
        "peak memory of the worker, MiB",
    ])?;
    for messages in [1_000, 100_000] {
        let peak = outbox::peak_mib(messages).await?;
        row(&[messages.to_string(), format!("{peak:.1}")])?;
    }
    Ok(())
}

async fn turns(store: &Store, turns: &Turns) -> anyhow::Result<()> {
    let name = store.name();
    head(&[
        &format!("{name}, messages at a time"),
        "messages a turn",
        "a turn, ms",
        "with many / empty",
        "the store computes for a message, µs",
        "with many / empty",
        "messages per second",
        "with many / empty",
    ])?;
    let server = Server::spawn(0)?;
    let (empty_place, full_place) = (store.outbox(Rows::NONE).await?, store.outbox(FULL).await?);
    let (empty, full) = (empty_place.open().await?, full_place.open().await?);
    for at_a_time in AT_A_TIME {
        let outboxes = [(&empty_place, &empty), (&full_place, &full)];
        let [empty, full] = outbox::costs(outboxes, server.address, at_a_time, turns).await?;
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

/// The same work with River's SQL on the same server.
async fn river(store: &Store, turns: &Turns) -> anyhow::Result<()> {
    let Some(checkout) = std::env::var_os(RIVER) else {
        let mut output = std::io::stdout();
        return Ok(writeln!(
            output,
            "\nleft out: River, which is not in the variable {RIVER}: a checkout of github.com/riverqueue/river"
        )?);
    };
    head(&[
        "a turn / with River's SQL, messages at a time",
        "messages a turn",
        "of River",
        "a turn, ms",
        "of River, ms",
        "time of a turn for each message / River's",
        "computing for each message / River's",
    ])?;
    let server = Server::spawn(0)?;
    let (ours, theirs) = (store.outbox(Rows::NONE).await?, store.place()?);
    let Place::Database(database) = &theirs else {
        bail!("River has no other database than PostgreSQL");
    };
    let (outbox, river) = (
        ours.open().await?,
        River::new(Path::new(&checkout), &database.address()).await?,
    );
    for at_a_time in AT_A_TIME {
        let messages = outbox::messages(at_a_time);
        let (mut our_costs, mut their_costs) = (Vec::new(), Vec::new());
        for _ in 0..outbox::ROUNDS {
            let cost = outbox::cost(&ours, &outbox, server.address, at_a_time, turns);
            our_costs.push(cost.await?);
            river.insert(messages).await?;
            let (start, computed) = (Instant::now(), theirs.computing()?);
            let sent = river
                .send(client(server.address)?, messages.into(), at_a_time as usize)
                .await?;
            let computed = theirs.computing()?.saturating_sub(computed);
            their_costs.push(Cost::new(
                sent.messages,
                &sent.turns,
                start.elapsed(),
                computed,
            ));
        }
        let (ours, theirs) = (Cost::median(&our_costs), Cost::median(&their_costs));
        row(&[
            at_a_time.to_string(),
            format!("{:.1}", ours.messages_a_turn),
            format!("{:.1}", theirs.messages_a_turn),
            format!("{:.2}", ours.turn_ms),
            format!("{:.2}", theirs.turn_ms),
            format!("{:.2}", ours.turns_us / theirs.turns_us),
            format!("{:.2}", ours.computing_us / theirs.computing_us),
        ])?;
    }
    Ok(outbox.close().await?)
}
