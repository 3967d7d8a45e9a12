//! Order and rate, over several processes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use acquire_io_outbox::{Entry, Filter, Found, Outbox, Rate, Row, State, postgres, sqlite};
use acquire_io_sandbox::{Action, Answer, FaultRule, Received, Sandbox, Stage, Verdict};
use acquire_io_test_postgres::Database;
use acquire_io_tests::Result;
use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::process::Program;
use crate::support::{
    LONG, Place, all_accepted, audit, connect, entry, failing, insert, on_each_store, rows, text,
    until,
};

on_each_store! {
    lanes_are_in_order_and_one_at_a_time_whatever_fails_and_commits_late,
    several_processes_never_send_faster_than_the_rate,
}

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

/// What a caller inserts in a transaction of its own: the keys, the statement's parameter, and whether it commits.
struct Transaction {
    keys: Vec<String>,
    parameter: String,
    commits: bool,
}

/// By when a message was there for every worker to see.
type Committed = HashMap<String, SystemTime>;

/// A caller with slow transactions: its messages are there, with numbers, long before its commit.
async fn insert_slowly(place: &Place, all: Vec<Transaction>, seed: u64) -> Result<Committed> {
    let mut rng = Rng::with_seed(seed);
    match place {
        Place::File(_) => {
            let file = place.file();
            tokio::task::block_in_place(|| insert_slowly_in_file(file, all, &mut rng))?;
            // In a file only one can write, so the numbers are in the order of the commits.
            Ok(Committed::new())
        }
        Place::Database(database) => {
            let mut committed = Committed::new();
            let mut client = connect(database).await?;
            for each in all {
                let transaction = client.transaction().await?;
                let values: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[&each.parameter];
                transaction.execute(postgres::INSERT, values).await?;
                sleep(Duration::from_millis(rng.u64(20..200))).await;
                match each.commits {
                    true => transaction.commit().await?,
                    false => transaction.rollback().await?,
                }
                let now = SystemTime::now();
                committed.extend(each.keys.into_iter().map(|key| (key, now)));
                sleep(Duration::from_millis(rng.u64(..50))).await;
            }
            Ok(committed)
        }
    }
}

fn insert_slowly_in_file(file: PathBuf, all: Vec<Transaction>, rng: &mut Rng) -> Result {
    let mut connection = rusqlite::Connection::open(file)?;
    connection.busy_timeout(LONG)?;
    for each in all {
        let transaction = connection.transaction()?;
        transaction.execute(sqlite::INSERT, [each.parameter])?;
        std::thread::sleep(Duration::from_millis(rng.u64(20..200)));
        match each.commits {
            true => transaction.commit()?,
            false => transaction.rollback()?,
        }
        // Lets the workers in.
        std::thread::sleep(Duration::from_millis(rng.u64(20..100)));
    }
    Ok(())
}

/// Inserts one message of each lane, and commits only when a later one of some lane is on the wire.
async fn commit_late(outbox: &Outbox, sandbox: &Sandbox, database: &Database) -> Result<Committed> {
    let entries = of_each_lane("late");
    let parameter = outbox.parameter("acme", &entries)?;
    let mut client = connect(database).await?;
    let late = client.transaction().await?;
    late.execute(postgres::INSERT, &[&parameter]).await?;
    outbox.insert("acme", of_each_lane("early")).await?;
    sandbox.wait_for(1, LONG).await?;
    late.commit().await?;
    let now = SystemTime::now();
    Ok(keys(&entries).into_iter().map(|key| (key, now)).collect())
}

/// One of each lane.
fn of_each_lane(key: &str) -> Vec<Entry> {
    (1..=LANES)
        .map(|lane| entry(28, format!("{lane}-{key}")).lane(format!("lane {lane}")))
        .collect()
}

fn keys(entries: &[Entry]) -> Vec<String> {
    let keys = entries.iter().filter_map(Entry::get_key);
    keys.map(str::to_owned).collect()
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

/// Holds the requests of each lane against each other: one at a time, and in the order of the rows' numbers, unless the row
/// that comes later was not committed yet when the one before was claimed. Returns how many came late.
fn check_lanes(rows: &[Row], committed: &Committed, received: &[Received]) -> Result<usize> {
    /// By how much two clocks may differ in a moment.
    const TOLERANCE: Duration = Duration::from_millis(5);

    let rows = rows
        .iter()
        .map(|row| (row.key.clone().unwrap_or_default(), row));
    let rows: HashMap<_, _> = rows.collect();
    let mut lanes: HashMap<String, Vec<(SystemTime, &Received, &Row)>> = HashMap::new();
    for it in received {
        let key = text(it)?;
        let (lane, _) = key.split_once('-').ok_or("no lane")?;
        let row = rows.get(&key).ok_or("nobody inserted it")?;
        let lane = lanes.entry(lane.to_owned()).or_default();
        lane.push((it.time, it, *row));
    }
    assert_eq!(lanes.len(), usize::try_from(LANES)?);
    let mut late = 0;
    for (lane, mut requests) in lanes {
        requests.sort_by_key(|(time, ..)| *time);
        for pair in requests.windows(2) {
            let [(begun, earlier, before), (next, _, after)] = pair else {
                continue;
            };
            let ended = *begun + earlier.took;
            let (number, later) = (before.id.0, after.id.0);
            assert!(
                *next + TOLERANCE >= ended,
                "lane {lane}: {later} began before {number} had ended"
            );
            if later < number {
                let key = after.key.as_deref().unwrap_or_default();
                let commit = committed.get(key).copied();
                let commit = commit.unwrap_or(SystemTime::UNIX_EPOCH);
                let claimed = before.claimed_at.ok_or("not claimed")?;
                // That is its last claim: of an earlier one it isn't known when it was.
                let is_last = !requests
                    .iter()
                    .any(|(time, _, row)| row.id == before.id && time > begun);
                assert!(
                    !is_last || commit >= claimed,
                    "lane {lane}: {later} after {number}"
                );
                late += 1;
            }
        }
    }
    Ok(late)
}

/// Ends a connection of a worker each moment.
async fn end_connections(place: &Place) -> Result<()> {
    let client = connect(place.database()?).await?;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'acquire outbox' ORDER BY random() LIMIT 1";
    loop {
        sleep(Duration::from_millis(150)).await;
        client.execute(end, &[]).await?;
    }
}

async fn lanes_are_in_order_and_one_at_a_time_whatever_fails_and_commits_late(
    place: Place,
) -> Result {
    let sandbox = faults()
        .into_iter()
        .fold(Sandbox::builder(), |builder, rule| builder.fault(rule));
    let sandbox = sandbox.start().await?;
    let outbox = place.open().await?;
    let program = Program::new(&place.file(), &sandbox.base_url()).with("in_flight", 12);
    let processes = (0..PROCESSES).map(|_| program.clone().spawn_quiet());
    let processes: Vec<_> = processes.collect::<Result<_>>()?;
    let mut all = LANES as usize * EACH * (1 + CALLERS);
    let mut committed = Committed::new();
    if let Place::Database(database) = &place {
        committed = commit_late(&outbox, &sandbox, database).await?;
        all += 2 * LANES as usize;
    }
    for round in 0..EACH {
        outbox
            .insert("acme", of_each_lane(&format!("first-{round}")))
            .await?;
    }
    let place = Arc::new(place);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let mut transactions = Vec::new();
        for round in 0..EACH {
            for (commits, name) in [(true, "committed"), (false, "rolled-back")] {
                let entries = of_each_lane(&format!("{name}-{caller}-{round}"));
                transactions.push(Transaction {
                    keys: keys(&entries),
                    parameter: outbox.parameter("acme", &entries)?,
                    commits,
                });
            }
        }
        let place = Arc::clone(&place);
        callers.spawn(async move { insert_slowly(&place, transactions, caller as u64).await });
    }
    let mut faults = JoinSet::new();
    if let Place::Database(_) = &*place {
        let place = Arc::clone(&place);
        faults.spawn(async move { end_connections(&place).await });
    }
    while let Some(caller) = callers.join_next().await {
        committed.extend(caller??);
    }
    let resolved = AtomicUsize::new(0);
    until(async || {
        resolved.fetch_add(resolve(&outbox, &sandbox).await?, Ordering::Relaxed);
        let standing = outbox.standing("acme").await?;
        Ok(standing.count(State::Accepted) + standing.count(State::Refused) == all as u64)
    })
    .await?;
    assert!(faults.try_join_next().is_none(), "no connection was ended");
    drop(processes);
    let rows = rows(&outbox).await?;
    let late = check_lanes(&rows, &committed, &sandbox.received())?;
    // Otherwise it proves less. In a file no commit can be late.
    assert_eq!(late > 0, matches!(&*place, Place::Database(_)));
    let refused = rows.iter().filter(|row| row.state == State::Refused);
    println!(
        "{} messages, {} refused, {} resolved, {} requests, {late} after a later one that was claimed before they were committed",
        rows.len(),
        refused.count(),
        resolved.into_inner(),
        sandbox.received().len()
    );
    audit(&outbox, &sandbox).await
}

async fn several_processes_never_send_faster_than_the_rate(place: Place) -> Result {
    const RATE: f64 = 60.0;
    const BURST: u32 = 10;
    const MESSAGES: usize = 120;

    let sandbox = failing(FaultRule::delay(Duration::from_millis(10))).await?;
    let outbox = place.open().await?;
    let rate = Rate::per_second(RATE).burst(BURST);
    outbox.limit("acme", rate, "ann").await?;
    insert(&outbox, MESSAGES).await?;
    let begun = SystemTime::now();
    let program = Program::new(&place.file(), &sandbox.base_url()).with("in_flight", 16);
    let processes = (0..4).map(|_| program.clone().spawn_quiet());
    let processes: Vec<_> = processes.collect::<Result<_>>()?;
    let received = sandbox.wait_for(MESSAGES, LONG).await?;
    all_accepted(&outbox, MESSAGES).await?;
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
