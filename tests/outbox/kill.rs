//! Processes that are killed while they send, by a server that fails and restarts.

use std::collections::HashSet;
use std::env;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acquire_io_outbox::{Filter, Found, Outbox, State, StopReason, Worker};
use acquire_io_sandbox::{Arrivals, FaultRule, Received, Sandbox, Verdict};
use acquire_io_test_postgres::Server;
use acquire_io_tests::{Result, process};
use fastrand::Rng;
use tokio::process::Child;
use tokio::time::sleep;

use crate::process::Program;
use crate::support::{LONG, Place, audit_against, client_with, insert, rows, text};

const PROCESSES: usize = 4;
const IN_FLIGHT: u32 = 4;

/// The shortest, so that what a killed process was sending is unknown soon.
const LEASE: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_millis(800);

/// How many kills. Set `ACQUIRE_OUTBOX_KILLS` for more.
fn kills() -> Result<usize> {
    Ok(match env::var("ACQUIRE_OUTBOX_KILLS") {
        Ok(kills) => kills.parse()?,
        Err(_) => 12,
    })
}

/// What the server does to some messages.
const FAULTS: &str = r#"[
    {"action": {"type": "delay", "ms": 15}},
    {"match": {"probability": 0.003, "seed": 1}, "action": {"type": "delay", "ms": 1200}, "name": "timeout"},
    {"match": {"probability": 0.01, "seed": 2}, "action": {"type": "delay", "ms": 40, "stage": "head"}},
    {"match": {"probability": 0.003, "seed": 3}, "action": {"type": "answer", "status": 429, "headers": {"retry-after": "1"}}},
    {"match": {"probability": 0.01, "seed": 4}, "action": {"type": "answer", "status": 503}},
    {"match": {"probability": 0.01, "seed": 5}, "action": {"type": "answer", "status": 503, "accept": true}},
    {"match": {"probability": 0.01, "seed": 6}, "action": {"type": "answer", "status": 400}},
    {"match": {"probability": 0.005, "seed": 7}, "action": {"type": "break", "stage": "received", "how": "reset"}},
    {"match": {"probability": 0.005, "seed": 8}, "action": {"type": "break", "stage": "body", "how": "reset"}},
    {"match": {"probability": 0.005, "seed": 9}, "action": {"type": "break", "stage": "answer-head"}}
]"#;

/// A server at one address, which can be restarted, and the ledger of all its lives.
struct Service {
    sandbox: Sandbox,
    arrivals: Arrivals,
    ledger: Vec<Received>,
}

impl Service {
    async fn start() -> Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let sandbox = sandbox(any, FAULTS).await?;
        Ok(Self {
            arrivals: sandbox.arrivals(),
            sandbox,
            ledger: Vec::new(),
        })
    }

    /// Ends all that is under way to the server, whose ledger is complete then, and starts it with other faults.
    async fn restart(mut self, faults: &str) -> Result<Self> {
        let address = self.sandbox.address();
        self.sandbox.stop().await?;
        while let Some(received) = self.arrivals.next().await {
            self.ledger.push(Arc::unwrap_or_clone(received));
        }
        let sandbox = sandbox(address, faults).await?;
        Ok(Self {
            arrivals: sandbox.arrivals(),
            sandbox,
            ledger: self.ledger,
        })
    }
}

async fn sandbox(address: SocketAddr, faults: &str) -> Result<Sandbox> {
    let begun = Instant::now();
    loop {
        let rules = FaultRule::list_from_json(faults)?;
        let mut builder = Sandbox::builder()
            .port(address.port())
            .ledger_limits(1_000_000, 1 << 30);
        for rule in rules {
            builder = builder.fault(rule);
        }
        match builder.start().await {
            // Somebody may have the port for a moment.
            Err(_) if begun.elapsed() < LONG => sleep(Duration::from_millis(20)).await,
            started => return Ok(started?),
        }
    }
}

/// Processes that are killed and started again.
struct Processes {
    program: Program,
    running: Vec<Child>,
    kills: usize,
}

impl Processes {
    async fn kill(&mut self, number: usize) -> Result {
        self.running[number].kill().await?;
        self.kills += 1;
        self.running[number] = self.program.clone().spawn_quiet()?;
        Ok(())
    }

    /// Kills one, or now and then all at once: then nobody has the file open.
    async fn kill_some(&mut self, rng: &mut Rng) -> Result {
        if rng.u8(..12) == 0 {
            for process in &mut self.running {
                process.kill().await?;
            }
            self.kills += PROCESSES;
            self.running.clear();
            for _ in 0..PROCESSES {
                self.running.push(self.program.clone().spawn_quiet()?);
            }
            return Ok(());
        }
        let number = rng.usize(..PROCESSES);
        self.kill(number).await?;
        if rng.u8(..4) == 0 {
            // While it starts.
            sleep(Duration::from_millis(rng.u64(..60))).await;
            self.kill(number).await?;
        }
        Ok(())
    }

    /// Stops one until its leases are over.
    async fn stop_one(&self, rng: &mut Rng) -> Result {
        let stopped = &self.running[rng.usize(..PROCESSES)];
        process::stop(stopped).await?;
        sleep(LEASE + Duration::from_millis(200)).await;
        process::signal(stopped, "CONT").await
    }
}

/// Sends what is left.
async fn settle_all(outbox: &Outbox, sandbox: &Sandbox) -> Result {
    let worker = Worker::new(outbox.clone())
        .account("acme", client_with(sandbox, TIMEOUT)?)
        .in_flight(64)
        .lease(LEASE)
        .stop_after_unknown(None)
        .stop_after_refusals(None)
        .stop_when_settled();
    let report = tokio::time::timeout(3 * LONG, worker.run()).await??;
    assert_eq!(report.accounts["acme"].stopped, StopReason::Settled);
    Ok(())
}

/// Cancels a message, if it is queued.
async fn cancel(place: &Place, key: usize) -> Result {
    let outbox = place.open().await?;
    let row = outbox.get("acme", &key.to_string()).await?;
    // A worker may have it.
    let _ = outbox.cancel(row.ok_or("no row")?.id, "ann").await;
    Ok(outbox.close().await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_leaves_at_most_what_was_being_sent_unknown_and_nothing_is_sent_twice() -> Result {
    kill_and_audit(Place::new()?, None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_in_a_database_whose_server_is_killed_too() -> Result {
    // Of its own.
    let Some(server) = Server::start() else {
        return Ok(());
    };
    kill_and_audit(Place::in_database(&server).await?, Some(server)).await
}

/// Kills the server of the database, and starts it again.
fn kill_database(server: &Server, rng: &mut Rng) {
    tokio::task::block_in_place(|| {
        match rng.bool() {
            true => server.kill(),
            false => server.stop_immediately(),
        }
        server.start_again(&[]);
    });
}

#[allow(
    clippy::print_stdout,
    reason = "the figures, for whoever asks for them"
)]
async fn kill_and_audit(place: Place, server: Option<Arc<Server>>) -> Result {
    let (begun, kills) = (Instant::now(), kills()?);
    let messages = 500 + 50 * kills;
    let mut service = Service::start().await?;
    let outbox = place.open().await?;
    insert(&outbox, messages).await?;
    // Nobody but the workers has it open while they are killed.
    outbox.close().await?;
    let program = Program::new(&place.file(), &service.sandbox.base_url())
        .with("in_flight", IN_FLIGHT)
        .with("lease", LEASE.as_millis())
        .with("timeout", TIMEOUT.as_millis());
    let mut processes = Processes {
        running: (0..PROCESSES)
            .map(|_| program.clone().spawn_quiet())
            .collect::<Result<_>>()?,
        program,
        kills: 0,
    };
    let seed = 7;
    let mut rng = Rng::with_seed(seed);
    let (mut round, mut database_kills) = (0, 0);
    while processes.kills < kills {
        // In the midst of sending, wherever that is.
        let arrived = service.sandbox.received().len();
        let more = rng.usize(1..40);
        service.sandbox.wait_for(arrived + more, LONG).await?;
        sleep(Duration::from_millis(rng.u64(..20))).await;
        processes.kill_some(&mut rng).await?;
        round += 1;
        if let Some(server) = server.as_deref().filter(|_| round % 4 == 1) {
            kill_database(server, &mut rng);
            database_kills += 1;
        }
        match round % 10 {
            3 => cancel(&place, messages - round).await?,
            6 => processes.stop_one(&mut rng).await?,
            9 if round % 50 == 9 => service = service.restart(FAULTS).await?,
            _ => {}
        }
    }
    for process in &mut processes.running {
        process.kill().await?;
    }
    let kills = processes.kills + PROCESSES;

    let outbox = place.open().await?;
    settle_all(&outbox, &service.sandbox).await?;
    let service = service.restart("[]").await?;
    audit_against(&outbox, &service.ledger).await?;
    let unknown = outbox.list(Filter::unknown().limit(100_000)).await?;
    let of_kills = unknown
        .iter()
        .filter(|row| row.code.as_deref() == Some("lease_over"));
    let (of_kills, most) = (of_kills.count(), IN_FLIGHT as usize * kills);
    assert!(of_kills <= most, "{of_kills} of {most}");
    let failed = |it: &&Received| it.fault.as_deref().is_some_and(|name| name != "delay");
    println!(
        "seed {seed}: {kills} kills, {database_kills} of the database, {messages} messages, {} requests, {} with a fault; unknown {}, of kills {of_kills} of at \
         most {most}; {:?}",
        service.ledger.len(),
        service.ledger.iter().filter(failed).count(),
        unknown.len(),
        begun.elapsed(),
    );

    // A person looks at what Acquire has.
    let accepted = service
        .ledger
        .iter()
        .filter(|it| it.verdict == Verdict::Accepted);
    let accepted: HashSet<String> = accepted.map(text).collect::<Result<_>>()?;
    for row in &unknown {
        let found = match accepted.contains(row.key.as_deref().unwrap_or_default()) {
            true => Found::Accepted,
            false => Found::NotSent,
        };
        outbox.resolve_now(row.id, found, "ann").await?;
    }
    settle_all(&outbox, &service.sandbox).await?;
    let service = service.restart("[]").await?;
    for row in rows(&outbox).await? {
        assert!(
            matches!(
                row.state,
                State::Accepted | State::Refused | State::Cancelled
            ),
            "{row:?}"
        );
    }
    // Each that is accepted is in the ledger once, and no other.
    audit_against(&outbox, &service.ledger).await
}
