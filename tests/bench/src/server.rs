//! A server that costs little: it reads a request and writes a documented answer.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use acquire_io_tests::Result;
use acquire_io_tests::fault::{self, Answer, Part, Request, Script, Step, Transport};
use anyhow::Context as _;

use crate::answers;
use crate::measure::build;

/// Starts one on a free port of loopback, in this process. It holds its first answers back until this many requests
/// have arrived, and each answer for this long.
///
/// # Errors
/// When no port can be bound.
pub fn start(hold: usize, latency: Duration) -> Result<fault::Server> {
    let mut steps = vec![Step::Message, Step::UntilWhole(hold)];
    if !latency.is_zero() {
        steps.push(Step::Pause(latency));
    }
    run(steps, || {})
}

/// Starts one in this process that calls a function when it has read a request.
///
/// # Errors
/// When no port can be bound.
pub fn observed(arrived: impl Fn() + Send + Sync + 'static) -> Result<fault::Server> {
    run(vec![Step::Message], arrived)
}

/// Starts one that does these steps, and answers.
fn run(mut steps: Vec<Step>, arrived: impl Fn() + Send + Sync + 'static) -> Result<fault::Server> {
    let answer = |name: &str| {
        let body = answers::Answer::named(name)?.body;
        // Most servers send a date, and it costs the client.
        Result::Ok(Answer::json(200, body).header("date", "Thu, 01 Jan 2026 00:00:00 GMT"))
    };
    let [chat, mail, sms] = answers::OF_CHANNEL.map(|(_, name)| answer(name));
    let (chat, mail, sms) = (chat?, mail?, sms?);
    let choose = move |request: &Request| {
        arrived();
        let path = request.head.split(' ').nth(1).unwrap_or_default();
        let answer = match path {
            _ if path.starts_with("/api/v1/voip/") => &sms,
            _ if path.starts_with("/api/v1/mail/") => &mail,
            _ => &chat,
        };
        vec![Step::Send(Part::Whole, answer.clone())]
    };
    steps.extend([Step::choose(choose), Step::Forget]);
    fault::Server::start(Transport::Http1, [Script::new(steps).repeated()])
}

/// A server in a process of its own.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts one that holds its first answers back until this many requests have arrived.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn spawn(hold: usize) -> anyhow::Result<Self> {
        Self::with(hold, Duration::ZERO)
    }

    /// Starts one that holds each answer for this long.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn spawn_with_latency(latency: Duration) -> anyhow::Result<Self> {
        Self::with(0, latency)
    }

    fn with(hold: usize, latency: Duration) -> anyhow::Result<Self> {
        let mut process = Command::new(build::beside(build::ITSELF)?)
            .args(["serve", &hold.to_string(), &latency.as_millis().to_string()])
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
        // Otherwise it ends with its standard input.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
