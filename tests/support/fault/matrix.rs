//! A row of the fault matrix: a fault, a call that meets it, and what must hold afterwards.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use acquire_io::{CaseId, Chat, Client, ClientBuilder, Delivery, Error, Retry, Sent};
use reqwest::dns::{Name, Resolve, Resolving};

use super::certificates::root_certificate;
use super::record::Received;
use super::server::{Server, reserved_port};
use super::step::Script;
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

/// The verdict that a row expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Accepted, and the answer is typed.
    Typed,
    /// Accepted, and the answer is not typed.
    NotTyped,
    /// Not accepted.
    Failed(Delivery),
}

/// A fault and the verdict on it.
#[derive(Clone, Debug)]
pub struct Row {
    name: String,
    transports: &'static [Transport],
    path: Path,
    scripts: Vec<Script>,
    expected: Expected,
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
        expected: Expected,
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

    /// By another way than the server's address.
    #[must_use]
    pub fn path(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// Retries, and expects that many attempts.
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
    /// of timing, so the table doesn't tell it.
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
    /// runs again, for the one that the table tells. The promise must hold each time.
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
            return Ok(Err(fail(format!("is {found:?}: {}", run.told()))));
        }
        Ok(Ok(Line {
            fault: self.name.clone(),
            transport,
            connections: run.received.connections,
            heads: run.received.requests.len(),
            whole: run.whole(self.partly_read),
            verdict: run.verdict(),
            attempts: run.attempts(),
            told: run.told(),
        }))
    }

    fn client(&self, transport: Transport, address: SocketAddr, patience: u32) -> Result<Client> {
        let mut builder = match self.path {
            Path::Direct | Path::Nobody => client_builder(transport, address)?,
            Path::NoName => {
                let scheme = if transport.is_tls() { "https" } else { "http" };
                Client::builder()
                    .base_url(format!("{scheme}://nobody.example"))
                    .trust_host("nobody.example")
                    .configure_http(|http| http.dns_resolver(NoNames))
            }
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

/// Settings for a client that comes to this address over this transport.
///
/// # Errors
/// When certificates or the HTTP client can't be made.
pub fn client_builder(transport: Transport, address: SocketAddr) -> Result<ClientBuilder> {
    let scheme = if transport.is_tls() { "https" } else { "http" };
    let builder = Client::builder()
        .api_key("key")
        .base_url(format!("{scheme}://{address}"))
        .root_certificates_pem(root_certificate()?);
    Ok(match transport {
        // Nothing in the wrapper asks for it.
        Transport::Http2 => builder.configure_http(reqwest::ClientBuilder::http2_prior_knowledge),
        _ => builder,
    })
}

struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::ready(Err("no such host".into())))
    }
}

/// A chat message with this text.
pub fn message(text: &str) -> Chat {
    Chat::new(CaseId(9)).as_agent().text(text)
}

/// A call that has ended, and what the server received of it.
pub struct Run {
    /// What the caller has.
    pub outcome: std::result::Result<Sent, Error>,
    /// What the server has.
    pub received: Received,
}

impl Run {
    /// The verdict.
    pub fn verdict(&self) -> Expected {
        match &self.outcome {
            Ok(sent) if sent.chat().is_ok() => Expected::Typed,
            Ok(_) => Expected::NotTyped,
            Err(error) => Expected::Failed(error.delivery()),
        }
    }

    fn attempts(&self) -> u32 {
        match &self.outcome {
            Ok(sent) => sent.attempts(),
            Err(error) => error.attempts(),
        }
    }

    /// What the caller reads.
    fn told(&self) -> String {
        let text = match &self.outcome {
            Ok(sent) => match sent.chat() {
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            },
            Err(error) => error.to_string(),
        };
        text.lines().next().unwrap_or_default().to_owned()
    }

    fn whole(&self, partly_read: bool) -> String {
        let disowned = self
            .received
            .requests
            .iter()
            .filter(|request| request.whole && request.disowned)
            .count();
        match (self.received.whole().count(), disowned) {
            _ if partly_read => "-".to_owned(),
            (whole, 0) => whole.to_string(),
            (whole, disowned) => format!("{whole} (+{disowned} disowned)"),
        }
    }

    /// Checks the promise.
    ///
    /// # Errors
    /// When it is broken.
    pub fn check(
        &self,
        text: &str,
        partly_read: bool,
        duplicates: bool,
    ) -> std::result::Result<(), String> {
        let whole: Vec<_> = self.received.whole().collect();
        let kept = whole
            .iter()
            .filter(|request| !request.status().is_some_and(is_refusal))
            .count();
        let broken = |promise: &str| {
            Err(format!(
                "{promise}, but {} heads and {} messages arrived, {kept} of them not refused, and the caller \
                 reads {:?} {:?}",
                self.received.requests.len(),
                whole.len(),
                self.verdict(),
                self.told(),
            ))
        };
        if self.received.requests.len() > self.attempts() as usize {
            return broken("no request is uncounted");
        }
        if kept > 1 && !duplicates {
            return broken("nothing is sent twice");
        }
        for request in &whole {
            if !is_message(&request.body, text) {
                return broken("a whole message is the caller's message");
            }
        }
        match self.verdict() {
            Expected::Failed(Delivery::NotSent) if kept > 0 => {
                broken("what is not sent does not arrive")
            }
            Expected::Typed | Expected::NotTyped | Expected::Failed(Delivery::Refused) => {
                // Not only the last one: a server may be slow to read one that it disowned.
                let answered =
                    self.received.requests.iter().any(|request| {
                        request.answered.is_some() && (request.whole || partly_read)
                    });
                if answered {
                    Ok(())
                } else {
                    broken("what is accepted or refused was received and answered")
                }
            }
            _ => Ok(()),
        }
    }
}

/// Whether a status alone refuses a message. Proxies answer three of the 4xx after they passed it on.
fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status) && ![408, 460, 499].contains(&status)
}

fn is_message(body: &[u8], text: &str) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .is_ok_and(|body| body["message"]["message"] == text)
}

/// A line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    fault: String,
    transport: Transport,
    connections: usize,
    heads: usize,
    whole: String,
    verdict: Expected,
    attempts: u32,
    told: String,
}

impl Line {
    /// All but fault and transport.
    fn cells(&self) -> [String; 6] {
        let verdict = match self.verdict {
            Expected::Typed => "accepted, typed".to_owned(),
            Expected::NotTyped => "accepted, not typed".to_owned(),
            Expected::Failed(delivery) => delivery.to_string(),
        };
        [
            self.connections.to_string(),
            self.heads.to_string(),
            self.whole.clone(),
            verdict,
            self.attempts.to_string(),
            self.told.clone(),
        ]
    }
}

/// The lines as a table. Transports of a fault that differ in nothing share a line.
pub fn table(lines: &[Line]) -> String {
    let heading = [
        "fault",
        "HTTP",
        "connections",
        "heads",
        "messages",
        "verdict",
        "attempts",
        "what the caller reads",
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    let mut done = BTreeSet::new();
    for (place, line) in lines.iter().enumerate() {
        if done.contains(&place) {
            continue;
        }
        let mut transports = Vec::new();
        for (other, candidate) in lines.iter().enumerate().skip(place) {
            if candidate.fault == line.fault && candidate.cells() == line.cells() {
                transports.push(candidate.transport.name());
                done.insert(other);
            }
        }
        let transports = if transports.len() == Transport::ALL.len() {
            "all".to_owned()
        } else {
            transports.join(" ")
        };
        let [connections, heads, whole, verdict, attempts, told] = line.cells();
        rows.push([
            line.fault.clone(),
            transports,
            connections,
            heads,
            whole,
            verdict,
            attempts,
            told,
        ]);
    }
    let mut widths = [0; 8];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in &rows {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    table
}
