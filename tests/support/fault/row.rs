//! A row of the fault matrix: a fault, a call that meets it, and the verdict.

use std::net::SocketAddr;
use std::time::Duration;

use acquire_io::{Client, Retry};

use super::certificates::root_certificate;
use super::client::{client_builder, message, no_names};
use super::promise::{Run, Verdict};
use super::server::{Server, reserved_port};
use super::step::Script;
use super::table::Line;
use super::wire::Transport;
use crate::Result;

/// Much more than HTTP/2's first window holds, and than one write takes.
const LARGE: usize = 1024 * 1024;

/// Bounds what is not about time: longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the client comes to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// By its address on loopback.
    Direct,
    /// Nothing listens there.
    Nobody,
    /// By the account's name, which can't be looked up.
    NoName,
    /// By the account's name, with the server as the proxy.
    Proxy,
}

/// A fault and the verdict on it.
#[derive(Clone, Debug)]
pub struct Row {
    name: String,
    transports: &'static [Transport],
    path: Path,
    scripts: Vec<Script>,
    expected: Verdict,
    attempts: u32,
    retry: Retry,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    response_limit: Option<usize>,
    large: bool,
    partly_read: bool,
    after_an_accepted_one: bool,
    duplicates: bool,
    raced: bool,
}

impl Row {
    /// A row over some transports. The server runs the first script on the first connection, and so on; the
    /// last repeats.
    pub fn new(
        name: impl Into<String>,
        transports: &'static [Transport],
        scripts: impl Into<Vec<Script>>,
        expected: Verdict,
    ) -> Self {
        Self {
            name: name.into(),
            transports,
            path: Path::Direct,
            scripts: scripts.into(),
            expected,
            attempts: 1,
            retry: Retry::never(),
            timeout: None,
            connect_timeout: None,
            response_limit: None,
            large: false,
            partly_read: false,
            after_an_accepted_one: false,
            duplicates: false,
            raced: false,
        }
    }

    /// The client comes by another path than the server's address.
    #[must_use]
    pub fn path(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// Retries, and expects this number of attempts.
    #[must_use]
    pub fn retry(mut self, retry: Retry, attempts: u32) -> Self {
        let (first, longest) = (Duration::from_millis(1), Duration::from_millis(2));
        self.retry = retry.delays(first, longest);
        self.attempts = attempts;
        self
    }

    /// Bounds the call. For faults that are about time: a bound that others could meet would be a race.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Bounds connecting.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Bounds the answer's body.
    #[must_use]
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = Some(bytes);
        self
    }

    /// Sends a message that takes many writes.
    #[must_use]
    pub fn large(mut self) -> Self {
        self.large = true;
        self
    }

    /// The server ends the exchange before it has read the whole message. How much still arrives is a matter
    /// of timing, so the table leaves it out.
    #[must_use]
    pub fn partly_read(mut self) -> Self {
        self.partly_read = true;
        self
    }

    /// Sends another message first, which must be accepted, waits for [`Step::Mark`](super::Step::Mark), and judges the second.
    #[must_use]
    pub fn after_an_accepted_one(mut self) -> Self {
        self.after_an_accepted_one = true;
        self
    }

    /// The retry policy allows duplicates.
    #[must_use]
    pub fn with_duplicates(mut self) -> Self {
        self.duplicates = true;
        self
    }

    /// The server may end the exchange before the HTTP stack takes the body. Then another verdict is right, and the row
    /// runs again until it has the one of the table. The promise must hold each time.
    #[must_use]
    pub fn raced(mut self) -> Self {
        self.raced = true;
        self
    }

    /// Where the row applies.
    pub fn transports(&self) -> &'static [Transport] {
        self.transports
    }

    /// Whether it waits for time to pass.
    pub fn is_about_time(&self) -> bool {
        self.timeout.is_some() || self.connect_timeout.is_some()
    }

    /// Runs the row, and checks that the verdict is the expected one and keeps the promise.
    ///
    /// A row about time that ends with another verdict runs again with more time: on a busy machine the client may
    /// not come as far as the fault. The promise must hold each time.
    ///
    /// # Errors
    /// When it doesn't.
    pub async fn run(&self, transport: Transport) -> Result<Line> {
        let (mut patience, mut tries) = (1, 1);
        loop {
            match self.try_run(transport, patience).await? {
                Err(_) if self.is_about_time() && patience < 16 => patience *= 4,
                Err(_) if self.raced && tries < 20 => tries += 1,
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Returns the line, or the verdict that was not expected.
    async fn try_run(
        &self,
        transport: Transport,
        patience: u32,
    ) -> Result<std::result::Result<Line, String>> {
        let fail = |problem: String| format!("{} over {}: {problem}", self.name, transport.name());
        let server = Server::start(transport, self.scripts.clone())?;
        let unused = reserved_port()?;
        let address = match self.path {
            Path::Nobody => unused.1,
            _ => server.address(),
        };
        let client = self.client(transport, address, patience)?;
        if self.after_an_accepted_one {
            // The row's own bound is for the second.
            let first = client
                .send(message("the first"))
                .timeout(PATIENCE)
                .await
                .map_err(|error| fail(error.to_string()))?;
            first.chat()?;
            server.marked().await?;
            server.forget();
        }
        let text = if self.large {
            "x".repeat(LARGE)
        } else {
            "a message".to_owned()
        };
        let outcome = client.send(message(&text)).await;
        server.release();
        drop(client);
        let received = server
            .finish()
            .await
            .map_err(|error| fail(error.to_string()))?;
        let run = Run { outcome, received };
        run.check(&text, self.partly_read, self.duplicates)
            .map_err(fail)?;
        let found = (run.verdict(), run.attempts());
        if found != (self.expected, self.attempts) {
            return Ok(Err(fail(format!("is {found:?}: {}", run.text()))));
        }
        let line = Line::new(&self.name, transport, &run, self.partly_read);
        Ok(Ok(line))
    }

    fn client(&self, transport: Transport, address: SocketAddr, patience: u32) -> Result<Client> {
        let mut builder = match self.path {
            Path::Direct | Path::Nobody => client_builder(transport, address)?,
            Path::NoName => Client::builder()
                .base_url("https://nobody.example")
                .trust_host("nobody.example")
                .configure_http(no_names),
            Path::Proxy => Client::builder()
                .account_id("acme")
                .root_certificates_pem(root_certificate()?)
                .proxy(format!("http://{address}")),
        };
        let bound = |time: Option<Duration>| time.map_or(PATIENCE, |time| time * patience);
        builder = builder
            .api_key("key")
            .retry(self.retry.clone())
            .timeout(bound(self.timeout))
            .connect_timeout(bound(self.connect_timeout));
        if let Some(limit) = self.response_limit {
            builder = builder.response_limit(limit);
        }
        Ok(builder.build()?)
    }
}
