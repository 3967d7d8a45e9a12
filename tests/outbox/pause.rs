//! A process that is stopped until its leases are over, while another worker runs and a person may decide, and that goes on
//! then.

use std::time::Duration;

use acquire_io::Client;
use acquire_io_outbox::{Filter, Found, Outbox, Row, State, Worker};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{
    Answer, Identity, Part, Script, Server, Step, Transport, root_certificate,
};

use crate::process::{Process, Program};
use crate::support::{Place, Running, connect, entry, in_full, on_each_store, row, until};

on_each_store! {
    a_process_that_is_stopped_before_it_sends_does_not_send_after_its_lease,
    a_process_that_is_stopped_while_it_connects_does_not_send_after_its_lease,
    a_process_that_is_stopped_before_the_answer_settles_what_it_sent,
    a_process_that_is_stopped_before_it_settles_an_answer_settles_it_later,
}

/// Long enough to reach each stage on a slow machine.
const LEASE: Duration = Duration::from_millis(3000);
const TIMEOUT: Duration = Duration::from_millis(2400);

/// Where it is stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// It knows of its claim, and has not begun to send.
    Claimed,
    /// The connection is being made, and the body was not taken.
    Connecting,
    /// The message has arrived, and was not answered.
    Sent,
    /// The answer has arrived, and no turn has settled it.
    Answered,
}

/// What a person decides while it is stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Person {
    Nobody,
    /// Asks without the override, which is refused.
    Waits,
    /// The override, and another worker sends it again.
    NotSent,
    /// The override, and the account is paused until the process has gone on.
    NotSentPaused,
    Accepted,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct End {
    arrived: usize,
    late: u64,
    attempts: u32,
    /// Whether what a person decided still holds.
    decided: bool,
}

fn server(stage: Stage) -> Result<Server> {
    let accepted = Answer::json(200, r#"{"data":{"id":1}}"#);
    let answer = Step::Send(Part::Whole, accepted.clone());
    let first = match stage {
        Stage::Claimed => Script::answering(accepted.clone()),
        Stage::Connecting => Script::bare([
            Step::Arrival,
            Step::Mark,
            Step::UntilReleased,
            Step::Tls(Identity::Right),
            Step::Message,
            answer,
        ]),
        Stage::Sent | Stage::Answered => {
            Script::new([Step::Message, Step::Mark, Step::UntilReleased, answer])
        }
    };
    // A handshake is what connecting waits for.
    let transport = match stage {
        Stage::Connecting => Transport::Http1Tls,
        _ => Transport::Http1,
    };
    Server::start(transport, [first, Script::answering(accepted)])
}

fn program(server: &Server, place: &Place) -> Result<Program> {
    Ok(Program::new(&place.file(), &server.base_url())
        .with("in_flight", 1)
        .with("lease", LEASE.as_millis())
        .with("timeout", TIMEOUT.as_millis())
        .variable("ROOT_CERTIFICATE", root_certificate()?))
}

/// One message, which a process has claimed and is stopped with at a stage.
struct Scene {
    place: Place,
    outbox: Outbox,
    server: Server,
    process: Process,
}

impl Scene {
    async fn new(place: Place, stage: Stage) -> Result<Self> {
        let server = server(stage)?;
        let outbox = place.open().await?;
        outbox.insert("acme", [entry(28, "a")]).await?;
        let mut program = program(&server, &place)?;
        match stage {
            Stage::Claimed => program = program.with("wait_at", "claimed"),
            Stage::Answered => program = program.with("wait_at", "answered"),
            Stage::Connecting | Stage::Sent => {}
        }
        let mut process = program.spawn()?;
        process.until("claimed a").await?;
        if stage != Stage::Claimed {
            server.marked().await?;
        }
        if stage == Stage::Answered {
            server.release();
            process.until("answered").await?;
        }
        process.stop().await?;
        Ok(Self {
            place,
            outbox,
            server,
            process,
        })
    }

    async fn decide(&self, person: Person) -> Result {
        let outbox = &self.outbox;
        let id = row(outbox, "a").await?.id;
        match person {
            Person::Nobody => {}
            Person::Waits => {
                let resolved = outbox.resolve(id, Found::NotSent, "ann").await;
                let error = resolved.err().ok_or("nobody had to wait")?;
                assert!(error.possible_from().is_some(), "{error}");
            }
            Person::NotSent => {
                outbox.resolve_now(id, Found::NotSent, "ann").await?;
                until(async || Ok(row(outbox, "a").await?.state == State::Accepted)).await?;
            }
            Person::NotSentPaused => {
                outbox.pause("acme", None, "lunch", "ann").await?;
                outbox.resolve_now(id, Found::NotSent, "ann").await?;
            }
            Person::Accepted => {
                outbox.resolve_now(id, Found::Accepted, "ann").await?;
            }
        }
        Ok(())
    }

    /// Lets the process go on, and waits for what comes of it.
    async fn go_on(mut self, stage: Stage, person: Person, expected: End) -> Result<(End, Row)> {
        // Its answer waits for it.
        self.server.release();
        self.process.go_on().await?;
        let reported = match (expected.late, expected.attempts) {
            (0, 1) => "accepted a",
            (0, _) if stage == Stage::Claimed => "requeued a too_late",
            // Too late for its own time limit, too.
            (0, _) => "requeued a",
            _ => "late a",
        };
        self.process.until(reported).await?;
        if person == Person::NotSentPaused {
            self.outbox.resume("acme", "ann").await?;
        }
        until(async || Ok(row(&self.outbox, "a").await?.state == State::Accepted)).await?;
        self.process.kill().await?;
        let (row, standing) = (
            row(&self.outbox, "a").await?,
            self.outbox.standing("acme").await?,
        );
        let history = self.outbox.history(row.id).await?;
        let late = history
            .iter()
            .filter(|it| it.what == "late_verdict")
            .count();
        assert_eq!(standing.late_verdicts, late as u64);
        let end = End {
            arrived: self.server.received().whole().count(),
            late: standing.late_verdicts,
            attempts: row.attempts,
            decided: row.decided_by.is_some(),
        };
        drop(self.place);
        Ok((end, row))
    }
}

/// Another worker.
fn other(scene: &Scene) -> Result<Running> {
    let client = Client::builder()
        .base_url(scene.server.base_url())
        .api_key("sandbox-key")
        .root_certificates_pem(root_certificate()?)
        .timeout(TIMEOUT)
        .build()?;
    let worker = Worker::new(scene.outbox.clone())
        .account("acme", client)
        .lease(LEASE);
    Ok(Running::new(worker))
}

async fn run(place: Place, stage: Stage, person: Person, expected: End) -> Result {
    let scene = Scene::new(place, stage).await?;
    let other = other(&scene)?;
    let outbox = scene.outbox.clone();
    until(async || Ok(outbox.list(Filter::unknown()).await?.len() == 1)).await?;
    assert_eq!(row(&outbox, "a").await?.code.as_deref(), Some("lease_over"));
    scene.decide(person).await?;
    let (end, row) = scene.go_on(stage, person, expected).await?;
    other.end().await?;
    assert_eq!(end, expected, "{stage:?}, {person:?}: {row:?}");
    Ok(())
}

/// Runs a stage with each of these, all at once, each in a place of its own.
async fn all<const N: usize>(place: Place, stage: Stage, table: [(Person, End); N]) -> Result {
    let mut runs = tokio::task::JoinSet::new();
    for (person, end) in table {
        runs.spawn(run(place.another().await?, stage, person, end));
    }
    while let Some(run) = runs.join_next().await {
        run??;
    }
    Ok(())
}

const fn end(arrived: usize, late: u64, attempts: u32) -> End {
    End {
        arrived,
        late,
        attempts,
        decided: false,
    }
}

/// Its time is over before the HTTP stack takes the body.
const NOT_BEGUN: [(Person, End); 4] = [
    (Person::Nobody, end(1, 0, 2)),
    (Person::Waits, end(1, 0, 2)),
    (Person::NotSent, end(1, 1, 2)),
    (
        Person::Accepted,
        End {
            decided: true,
            ..end(0, 1, 1)
        },
    ),
];

/// Only who overrides the wait sends it twice, and only where another worker claims it before the process goes on.
const BEGUN: [(Person, End); 5] = [
    (Person::Nobody, end(1, 0, 1)),
    (Person::Waits, end(1, 0, 1)),
    (Person::NotSent, end(2, 1, 2)),
    (Person::NotSentPaused, end(1, 0, 1)),
    (Person::Accepted, end(1, 0, 1)),
];

async fn a_process_that_is_stopped_before_it_sends_does_not_send_after_its_lease(
    place: Place,
) -> Result {
    all(place, Stage::Claimed, NOT_BEGUN).await
}

async fn a_process_that_is_stopped_while_it_connects_does_not_send_after_its_lease(
    place: Place,
) -> Result {
    all(place, Stage::Connecting, NOT_BEGUN).await
}

async fn a_process_that_is_stopped_before_the_answer_settles_what_it_sent(place: Place) -> Result {
    all(place, Stage::Sent, BEGUN).await
}

async fn a_process_that_is_stopped_before_it_settles_an_answer_settles_it_later(
    place: Place,
) -> Result {
    all(place, Stage::Answered, BEGUN).await
}

/// Stops a process while its turn waits for another writer, who inserts a message. Returns how often that was tried.
async fn stopped_while_its_turn_waits_for_the_file() -> Result<u32> {
    let (server, place) = (server(Stage::Claimed)?, Place::new()?);
    let outbox = place.open().await?;
    let mut process = program(&server, &place)?.spawn()?;
    until(async || Ok(outbox.standing("acme").await?.workers == 1)).await?;
    let writer = rusqlite::Connection::open(place.file())?;
    writer.execute_batch("BEGIN IMMEDIATE")?;
    let entries = outbox.parameter("acme", &[entry(28, "a")])?;
    writer.execute(acquire_io_outbox::sqlite::INSERT, [entries])?;
    // It looks every 200 ms.
    tokio::time::sleep(Duration::from_millis(300)).await;
    process.stop().await?;
    writer.execute_batch("COMMIT")?;
    tokio::time::sleep(LEASE).await;
    process.go_on().await?;
    process.until("accepted a").await?;
    process.kill().await?;
    assert_eq!(server.received().whole().count(), 1);
    Ok(row(&outbox, "a").await?.attempts)
}

/// Its turn begins before it is stopped, and claims after that: its lease counts from before the turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_stopped_while_its_turn_waits_for_the_file_tries_again() -> Result {
    for _ in 0..10 {
        match stopped_while_its_turn_waits_for_the_file().await? {
            // On a slow machine its turn may begin after that.
            1 => {}
            attempts => {
                assert_eq!(attempts, 2);
                return Ok(());
            }
        }
    }
    Err("what it claimed was never too late".into())
}

/// A process that is stopped in its turn: the server has given it the account's row, which others wait for.
async fn stopped_with_the_account(place: &Place, server: &Server) -> Result<Process> {
    let outbox = place.open().await?;
    let process = program(server, place)?.spawn()?;
    until(async || Ok(outbox.standing("acme").await?.workers == 1)).await?;
    let other = connect(place.database()?).await?;
    let lock = "BEGIN; SELECT FROM acquire_outbox.account WHERE account = 'acme' FOR UPDATE";
    other.batch_execute(lock).await?;
    outbox.insert("acme", [entry(28, "a")]).await?;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
      AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'";
    until(async || Ok(other.query_one(waiting, &[]).await?.get::<_, i64>(0) > 0)).await?;
    process.stop().await?;
    other.batch_execute("COMMIT").await?;
    Ok(process)
}

/// As [above](a_process_that_is_stopped_while_its_turn_waits_for_the_file_tries_again).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_stopped_in_its_turn_on_a_database_tries_again() -> Result {
    let Some(postgres) = acquire_io_test_postgres::Server::shared() else {
        return Ok(());
    };
    let (server, place) = (
        server(Stage::Claimed)?,
        Place::in_database(&postgres).await?,
    );
    let mut process = stopped_with_the_account(&place, &server).await?;
    tokio::time::sleep(LEASE).await;
    process.go_on().await?;
    process.until("accepted a").await?;
    process.kill().await?;
    assert_eq!(server.received().whole().count(), 1);
    assert_eq!(row(&place.open().await?, "a").await?.attempts, 2);
    Ok(())
}

/// The database ends the transaction of whoever doesn't go on within 30 seconds, which is too long for a short run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_stopped_in_its_turn_keeps_the_account_for_a_while_only() -> Result {
    let Some(postgres) = acquire_io_test_postgres::Server::shared().filter(|_| in_full()) else {
        return Ok(());
    };
    let (server, place) = (
        server(Stage::Claimed)?,
        Place::in_database(&postgres).await?,
    );
    let mut stopped = stopped_with_the_account(&place, &server).await?;
    let mut other = program(&server, &place)?.spawn()?;
    // Each wait for a line has a limit of its own.
    tokio::time::sleep(Duration::from_secs(25)).await;
    other.until("accepted a").await?;
    stopped.go_on().await?;
    let outbox = place.open().await?;
    outbox.insert("acme", [entry(28, "b")]).await?;
    until(async || Ok(row(&outbox, "b").await?.state == State::Accepted)).await?;
    for process in [stopped, other] {
        process.kill().await?;
    }
    assert_eq!(row(&outbox, "a").await?.attempts, 1);
    assert_eq!(server.received().whole().count(), 2);
    Ok(())
}
