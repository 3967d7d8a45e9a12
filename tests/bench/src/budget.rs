//! What must not grow unseen: figures that hold on any machine, next to those of the last renewal.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use acquire_io::Channel;
use acquire_io_bench::answers::{ANSWERS, Answer, Into, OF_CHANNEL};
use acquire_io_bench::calls::Way;
use acquire_io_bench::measure::{build, decode, outbox, send};
use acquire_io_bench::store::Rows;
use anyhow::{Context as _, bail};

/// By which part a figure may be above its baseline. Compilers differ, and so do processors.
const TOLERANCE: f64 = 0.05;

const GENERATED: [&str; 2] = [
    "crates/acquire-io-api/src/generated.rs",
    "crates/acquire-io-mock/src/generated.rs",
];

type Figures = BTreeMap<String, f64>;

fn file() -> PathBuf {
    build::root().join("tests/bench/budget.json")
}

/// Compares with the committed baseline.
pub(crate) fn check() -> anyhow::Result<()> {
    let baseline = std::fs::read(file()).context("tests/bench/budget.json")?;
    let baseline: Figures = serde_json::from_slice(&baseline)?;
    let figures = measure()?;
    let mut over = String::new();
    for (name, figure) in &figures {
        let Some(budget) = baseline.get(name) else {
            writeln!(over, "{name}: {figure}, not in the budget")?;
            continue;
        };
        if *figure > budget * (1.0 + TOLERANCE) {
            writeln!(over, "{name}: {figure}, the budget is {budget}")?;
        }
    }
    for name in baseline.keys().filter(|name| !figures.contains_key(*name)) {
        writeln!(over, "{name}: in the budget, but not measured")?;
    }
    if !over.is_empty() {
        bail!(
            "over the budget:\n{over}Where that is worth it, renew the budget and say why in the commit: \
             cargo run --release -p acquire-io-bench -- budget --renew"
        );
    }
    Ok(())
}

/// Makes what is measured now the baseline.
pub(crate) fn renew() -> anyhow::Result<()> {
    let figures = serde_json::to_string_pretty(&measure()?)?;
    Ok(std::fs::write(file(), figures + "\n")?)
}

fn measure() -> anyhow::Result<Figures> {
    build::one_message()?;
    let mut figures = Figures::new();
    let mut add = |name: String, figure: f64| {
        figures.insert(name, round(figure));
    };

    let (ours, plain) = (build::crates(build::OURS)?, build::crates(build::PLAIN)?);
    add(
        "crates more than reqwest and serde".to_owned(),
        (ours.len() - plain.len()) as f64,
    );
    let size = build::size(build::OURS)? / build::size(build::PLAIN)?;
    add(
        "size of a program / with reqwest and serde".to_owned(),
        size,
    );
    for path in GENERATED {
        let text = std::fs::read_to_string(build::root().join(path)).context(path)?;
        add(format!("lines of {path}"), text.lines().count() as f64);
    }
    for channel in [Channel::Chat, Channel::Sms] {
        let plain = send::instructions(Way::Plain, channel)?;
        for (way, what) in [(Way::Ours, ""), (Way::OursTyped, ", the answer decoded")] {
            add(
                format!("instructions of one send, {channel}{what} / with reqwest and serde"),
                send::instructions(way, channel)? / plain,
            );
        }
    }
    for (channel, answer) in OF_CHANNEL {
        let floor = decode::instructions(Answer::named(answer)?, Into::Nothing)?;
        add(
            format!("instructions to find the IDs of {answer} / to skip it"),
            send::instructions_of_receipt(channel)? / floor,
        );
    }
    for answer in ANSWERS {
        let ratio = decode::instructions(answer, Into::Typed)?
            / decode::instructions(answer, Into::Nothing)?;
        add(
            format!("instructions to decode {} / to skip it", answer.name),
            ratio,
        );
    }
    outbox(&mut add)?;
    Ok(figures)
}

fn outbox(add: &mut impl FnMut(String, f64)) -> anyhow::Result<()> {
    /// Enough for the rounds of a measurement.
    const FEW: Rows = Rows {
        settled: 0,
        queued: 1_000,
    };
    const MANY: Rows = Rows {
        settled: 300_000,
        queued: 30_000,
    };

    let runtime = tokio::runtime::Runtime::new()?;
    let instructions = |rows| runtime.block_on(outbox::instructions(rows));
    let (without, few, many) = (
        instructions(None)?,
        instructions(Some(FEW))?,
        instructions(Some(MANY))?,
    );
    add(
        "instructions of a message through an outbox / without".to_owned(),
        few / without,
    );
    add(
        "instructions of a message through an outbox of 330000 / of 1000".to_owned(),
        many / few,
    );
    let peak = |messages| runtime.block_on(outbox::peak_mib(messages));
    add(
        "peak memory of a worker, 20000 messages / 1000".to_owned(),
        peak(20_000)? / peak(1_000)?,
    );
    Ok(())
}

fn round(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}
