//! Order and rate, over several processes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use acquire_io_outbox::{Entry, Filter, Found, Outbox, Rate, State, sqlite};
use acquire_io_sandbox::{Action, Answer, FaultRule, Received, Sandbox, Stage, Verdict};
use acquire_io_tests::Result;
use fastrand::Rng;

use crate::process::Program;
use crate::support::{LONG, Place, audit, entry, failing, insert, rows, text, until};

const LANES: i64 = 60;
const PROCESSES: usize = 6;
/// Messages of each lane: at first, and by each caller.
const EACH: usize = 4;
const CALLERS: usize = 3;

/// Each message is on the wire for a while, before it is recorded. Some are refused, or not sent; some outcomes are unknown.
fn faults() -> [FaultRule; 5] {
    let slow = Action::Delay {
        ms: 20,
        stage: Stage::Head,
    };
    let too_many = Answer::new(429).header("retry-after", "0");
    [
        FaultRule::new(slow),
        FaultRule::answer(too_many)
            .with_probability(0.01, 1)
            .times(5),
        FaultRule::answer(400).with_probability(0.02, 2),
        FaultRule::answer(503).with_probability(0.02, 3),
        FaultRule::answer(Answer::new(503).but_accept()).with_probability(0.02, 4),
    ]
}

/// A caller with a slow transaction of its own: its messages are there, with numbers, long before its commit.
fn insert_slowly(file: PathBuf, parameters: Vec<(String, bool)>, seed: u64) -> Result {
    let mut rng = Rng::with_seed(seed);
    let mut connection = rusqlite::Connection::open(file)?;
    connection.busy_timeout(LONG)?;
    for (parameter, commits) in parameters {
        let transaction = connection.transaction()?;
        transaction.execute(sqlite::INSERT, [parameter])?;
        std::thread::sleep(Duration::from_millis(rng.u64(20..200)));
        match commits {
            true => transaction.commit()?,
            false => transaction.rollback()?,
        }
        // Lets the workers in.
        std::thread::sleep(Duration::from_millis(rng.u64(20..100)));
    }
    Ok(())
}

/// One of each lane.
fn of_each_lane(key: &str) -> Vec<Entry> {
    (1..=LANES)
        .map(|lane| entry(28, format!("{lane}-{key}")).lane(format!("lane {lane}")))
        .collect()
}

/// A person resolves what the server left unknown, so that its lane goes on. Returns how many there were.
async fn resolve(outbox: &Outbox, sandbox: &Sandbox) -> Result<usize> {
    let mut resolved = 0;
    for row in outbox.list(Filter::unknown().limit(1000)).await? {
        // Of others, the worker may be about to report.
        if row.status != Some(503) {
            continue;
        }
        let received = sandbox.received();
        let mut accepted = received.iter().filter(|it| it.verdict == Verdict::Accepted);
        let found = match accepted.any(|it| text(it).is_ok_and(|text| Some(text) == row.key)) {
            true => Found::Accepted,
            false => Found::NotSent,
        };
        outbox.resolve_now(row.id, found, "ann").await?;
        resolved += 1;
    }
    Ok(resolved)
}

/// Holds the requests of each lane against each other: by lane, the number of the row, and when it was on the wire.
fn check_lanes(numbers: &BTreeMap<String, i64>, received: &[Received]) -> Result {
    /// By how much two clocks may differ in a moment.
    const TOLERANCE: Duration = Duration::from_millis(5);

    let mut lanes: BTreeMap<String, Vec<(SystemTime, &Received, i64)>> = BTreeMap::new();
    for it in received {
        let key = text(it)?;
        let (lane, _) = key.split_once('-').ok_or("no lane")?;
        let number = numbers.get(&key).ok_or("nobody inserted it")?;
        let lane = lanes.entry(lane.to_owned()).or_default();
        lane.push((it.time, it, *number));
    }
    assert_eq!(lanes.len(), usize::try_from(LANES)?);
    for (lane, mut requests) in lanes {
        requests.sort_by_key(|(time, ..)| *time);
        for pair in requests.windows(2) {
            let [(begun, earlier, number), (next, _, later)] = pair else {
                continue;
            };
            let ended = *begun + earlier.took;
            assert!(
                *next + TOLERANCE >= ended,
                "lane {lane}: {later} began before {number} had ended"
            );
            assert!(later >= number, "lane {lane}: {later} after {number}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lanes_are_in_order_and_one_at_a_time_whatever_fails_and_commits_late() -> Result {
    let sandbox = faults()
        .into_iter()
        .fold(Sandbox::builder(), |builder, rule| builder.fault(rule));
    let sandbox = sandbox.start().await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    for round in 0..EACH {
        outbox
            .insert("acme", of_each_lane(&format!("first-{round}")))
            .await?;
    }
    let program = Program::new(&place.file(), &sandbox.base_url()).with("in_flight", 12);
    let processes = (0..PROCESSES).map(|_| program.clone().spawn_quiet());
    let processes: Vec<_> = processes.collect::<Result<_>>()?;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let mut parameters = Vec::new();
        for round in 0..EACH {
            for (commits, name) in [(true, "committed"), (false, "rolled-back")] {
                let entries = of_each_lane(&format!("{name}-{caller}-{round}"));
                parameters.push((outbox.parameter("acme", &entries)?, commits));
            }
        }
        let file = place.file();
        callers.spawn_blocking(move || insert_slowly(file, parameters, caller as u64));
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    let resolved = AtomicUsize::new(0);
    let all = LANES as usize * EACH * (1 + CALLERS);
    until(async || {
        resolved.fetch_add(resolve(&outbox, &sandbox).await?, Ordering::Relaxed);
        let standing = outbox.standing("acme").await?;
        Ok(standing.count(State::Accepted) + standing.count(State::Refused) == all as u64)
    })
    .await?;
    drop(processes);
    let rows = rows(&outbox).await?;
    let refused = rows.iter().filter(|row| row.state == State::Refused);
    println!(
        "{} messages, {} refused, {} resolved, {} requests",
        rows.len(),
        refused.count(),
        resolved.into_inner(),
        sandbox.received().len()
    );
    let numbers = rows
        .iter()
        .map(|row| (row.key.clone().unwrap_or_default(), row.id.0));
    check_lanes(&numbers.collect(), &sandbox.received())?;
    audit(&outbox, &sandbox).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_never_send_faster_than_the_rate() -> Result {
    const RATE: f64 = 60.0;
    const BURST: u32 = 10;
    const MESSAGES: usize = 120;

    let sandbox = failing(FaultRule::delay(Duration::from_millis(10))).await?;
    let place = Place::new()?;
    let outbox = place.open().await?;
    let rate = Rate::per_second(RATE).burst(BURST);
    outbox.limit("acme", rate, "ann").await?;
    insert(&outbox, MESSAGES).await?;
    let begun = SystemTime::now();
    let program = Program::new(&place.file(), &sandbox.base_url()).with("in_flight", 16);
    let processes = (0..4).map(|_| program.clone().spawn_quiet());
    let processes: Vec<_> = processes.collect::<Result<_>>()?;
    let received = sandbox.wait_for(MESSAGES, LONG).await?;
    until(async || {
        let standing = outbox.standing("acme").await?;
        Ok(standing.count(State::Accepted) == MESSAGES as u64)
    })
    .await?;
    drop(processes);
    let most = |window: Duration| RATE * (window.as_secs_f64() + 0.002) + f64::from(BURST);
    // What arrives was claimed before, so that a slow machine can only be slower.
    let mut arrived: Vec<_> = received.iter().map(|it| it.time).collect();
    arrived.sort();
    for (count, at) in (1_u32..).zip(arrived) {
        let window = at.duration_since(begun)?;
        assert!(f64::from(count) <= most(window), "{count} in {window:?}");
    }
    // Each window of the claims, by the clock that they are counted by.
    let claimed = rows(&outbox).await?.into_iter().map(|row| row.claimed_at);
    let mut claimed: Vec<_> = claimed.collect::<Option<_>>().ok_or("not claimed")?;
    claimed.sort();
    for (first, from) in claimed.iter().enumerate() {
        for (count, until) in (1_u32..).zip(&claimed[first..]) {
            let window = until.duration_since(*from)?;
            assert!(f64::from(count) <= most(window), "{count} in {window:?}");
        }
    }
    assert_eq!(sandbox.received().len(), MESSAGES);
    audit(&outbox, &sandbox).await
}
