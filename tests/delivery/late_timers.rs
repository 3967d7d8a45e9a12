//! A process that is stopped while its answer arrives, by Ctrl-Z, a frozen container or a closed lid, and goes on after
//! its time limit: the answer lies in the socket, and is found.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use acquire_io_tests::fault::{
    Answer, Identity, Part, Script, Server, Step, Transport, root_certificate,
};
use acquire_io_tests::{Result, process};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The limit of each call. Long enough for the message to arrive before it.
const LIMIT: Duration = Duration::from_secs(1);

/// The program `send_within`, under way.
struct Sender(Child);

impl Sender {
    fn start(server: &Server, runtime: &str) -> Result<Self> {
        let program = Command::new(env!("CARGO_BIN_EXE_send_within"))
            .args([&server.base_url(), runtime])
            .arg(LIMIT.as_millis().to_string())
            .env("ROOT_CERTIFICATE", root_certificate()?)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self(program))
    }

    /// Stops it until its limit has passed, and some more. `meanwhile` is done while it is stopped. Returns whether it was
    /// stopped within its limit: on a busy machine it may be too late.
    async fn stop(&self, started: Instant, meanwhile: impl FnOnce()) -> Result<bool> {
        // The call has begun: its limit ends before this.
        let end = Instant::now() + LIMIT;
        process::stop(&self.0).await?;
        let is_in_time = started.elapsed() < LIMIT;
        sleep(Duration::from_millis(100)).await;
        meanwhile();
        tokio::time::sleep_until((end + Duration::from_millis(300)).into()).await;
        process::signal(&self.0, "CONT").await?;
        Ok(is_in_time)
    }

    /// What it prints.
    async fn outcome(self) -> Result<String> {
        let output = self.0.wait_with_output().await?;
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }
}

/// Runs it many times on each kind of runtime, and counts the outcomes.
async fn outcomes<F: Future<Output = Result<String>> + Send + 'static>(
    times: usize,
    run: impl Fn(&'static str) -> F,
) -> Result<Vec<String>> {
    let places = Arc::new(Semaphore::new(10));
    let mut runs = JoinSet::new();
    for runtime in ["current_thread", "multi_thread"] {
        for _ in 0..times {
            let (places, run) = (Arc::clone(&places), run(runtime));
            runs.spawn(async move {
                let _place = places.acquire().await?;
                Result::Ok(format!("{runtime}: {}", run.await?))
            });
        }
    }
    let mut outcomes = Vec::new();
    while let Some(outcome) = runs.join_next().await {
        outcomes.push(outcome??);
    }
    outcomes.sort();
    outcomes.dedup();
    Ok(outcomes)
}

/// A call that is stopped before the rest of its answer arrives, again until it is stopped in time.
async fn stopped_before(part: Part, runtime: &'static str) -> Result<String> {
    loop {
        let answer = Answer::json(200, r#"{"data":{"id":1}}"#);
        let mut steps = vec![Step::Message];
        // Where the head has come before, the body is missing.
        if let Part::Body = part {
            steps.push(Step::Send(Part::Head, answer.clone()));
        }
        steps.extend([Step::Mark, Step::UntilReleased, Step::Send(part, answer)]);
        let server = Server::start(Transport::Http1, [Script::new(steps)])?;
        let started = Instant::now();
        let sender = Sender::start(&server, runtime)?;
        server.marked().await?;
        let is_in_time = sender.stop(started, || server.release()).await?;
        let outcome = sender.outcome().await?;
        if is_in_time {
            return Ok(outcome);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_came_while_the_process_was_stopped_is_found() -> Result {
    let expected = [
        "current_thread: accepted, typed",
        "multi_thread: accepted, typed",
    ];
    for part in [Part::Whole, Part::Body] {
        let outcomes = outcomes(20, move |runtime| stopped_before(part, runtime)).await?;
        assert_eq!(outcomes, expected);
    }
    Ok(())
}

/// Nothing comes later than the limit either: the call doesn't wait for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_call_without_an_answer_is_unknown() -> Result {
    let outcomes = outcomes(5, async |runtime| {
        let script = Script::new([Step::Message, Step::Mark, Step::Hang]);
        let server = Server::start(Transport::Http1, [script])?;
        let started = Instant::now();
        let sender = Sender::start(&server, runtime)?;
        server.marked().await?;
        sender.stop(started, || {}).await?;
        sender.outcome().await
    });
    let expected = [
        "current_thread: unknown, timeout",
        "multi_thread: unknown, timeout",
    ];
    assert_eq!(outcomes.await?, expected);
    Ok(())
}

/// Its time was over before the HTTP stack took the body, and so it is withdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_stopped_while_it_connects_is_not_sent() -> Result {
    let outcomes = outcomes(5, async |runtime| {
        let script = Script::bare([Step::Arrival, Step::Mark, Step::Hang]);
        let server = Server::start(Transport::Http1Tls, [script])?;
        let started = Instant::now();
        let sender = Sender::start(&server, runtime)?;
        server.marked().await?;
        sender.stop(started, || {}).await?;
        let outcome = sender.outcome().await?;
        assert_eq!(server.received().requests.len(), 0);
        Ok(outcome)
    });
    let expected = [
        "current_thread: not_sent, timeout",
        "multi_thread: not_sent, timeout",
    ];
    assert_eq!(outcomes.await?, expected);
    Ok(())
}

/// The same, but the server goes on with the connection meanwhile. Whether the body is taken before the timer is seen is
/// a race when the process goes on. The verdict must be that of what happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_could_go_on_after_its_time_has_the_right_verdict() -> Result {
    let outcomes = outcomes(5, async |runtime| {
        let answer = Answer::json(200, r#"{"data":{"id":1}}"#);
        let script = Script::bare([
            Step::Arrival,
            Step::Mark,
            Step::UntilReleased,
            Step::Tls(Identity::Right),
            Step::Message,
            Step::Send(Part::Whole, answer),
        ]);
        let server = Server::start(Transport::Http1Tls, [script])?;
        let started = Instant::now();
        let sender = Sender::start(&server, runtime)?;
        server.marked().await?;
        sender.stop(started, || server.release()).await?;
        let outcome = sender.outcome().await?;
        let arrived = server.finish().await?.whole().count();
        match outcome.split(',').next() {
            Some("not_sent") => assert_eq!(arrived, 0),
            Some("accepted") => assert_eq!(arrived, 1),
            Some("unknown") => {}
            _ => return Err(outcome.into()),
        }
        Ok(outcome)
    });
    println!("{:?}", outcomes.await?);
    Ok(())
}
