//! The sandbox as a program: its options, and what it does until it is stopped.

#[doc(hidden)]
pub mod arguments;
#[doc(hidden)]
pub mod inert;
use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{PathBuf, absolute};
use std::thread;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use self::inert::inert;
use crate::shell::word;
use crate::{Arrivals, FaultRule, Operation, Received, Sandbox, SandboxBuilder, Seed, Strange};

/// How long the last lines of the log may take when the sandbox has stopped.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The options of the command line.
#[derive(Args)]
pub struct Options {
    /// The address to listen on. If it is no loopback address, everyone who can reach it can read what the sandbox
    /// receives.
    #[arg(long, value_name = "IP", default_value_t = Ipv4Addr::LOCALHOST.into())]
    address: IpAddr,
    /// The port to listen on, 0 for a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A host name that clients may use for the sandbox, such as that of its container. Can be given several times.
    /// `localhost` and IP addresses are always allowed, other names are refused.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// An origin whose web pages may use the sandbox (CORS), such as http://localhost:3000. Can be given several times.
    /// Pages of other origins are refused.
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    /// An API key with every permission, in place of the seed's keys. Can be given several times.
    #[arg(long, value_name = "KEY")]
    api_key: Vec<String>,
    /// Serve over TLS, with this chain of certificates (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// What the account holds (JSON), in place of what the documentation names.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Accept keys and parameters that the document doesn't declare, and e-mail without what only the newest page
    /// requires.
    #[arg(long)]
    relaxed: bool,
    /// Which documented answer to fill: `newest`, or a date such as `2021-03-10`; for one operation as
    /// `sendSms=2021-03-19`. Can be given several times.
    #[arg(long, value_name = "NAME")]
    shape: Vec<String>,
    /// Make every answer strange, reproducibly.
    #[arg(long, value_name = "SEED")]
    strange: Option<u64>,
    /// A fault: a rule (JSON), or a name such as 503, reset, slow, html-200 or error-200. Can be given several times.
    #[arg(long, value_name = "RULE")]
    fault: Vec<String>,
    /// A file with a list of fault rules (JSON), applied after those of `--fault`.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The time in every answer, such as 2021-03-30T16:05:46Z.
    #[arg(long, value_name = "TIME")]
    fixed_time: Option<String>,
    /// The ID of the first message.
    #[arg(long, value_name = "ID", default_value_t = 1)]
    first_id: i64,
    /// How many requests the ledger keeps. Those that it drops may be missing in the log.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    ledger_entries: usize,
    /// How many bytes of requests and answers the ledger keeps.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    ledger_bytes: usize,
    /// A file to which each request is added, a line of JSON each. Only its owner can read it.
    #[arg(long, value_name = "FILE")]
    ledger_file: Option<PathBuf>,
    /// The longest ledger file. A full one is renamed to FILE.1, in place of an older one, and a new one begins.
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20)]
    ledger_file_bytes: u64,
    /// How many connections may be open at once. Further ones wait.
    #[arg(long, value_name = "COUNT", default_value_t = 512)]
    connections: usize,
    /// How long a client may take to send a request or to read an answer, and how long a connection may be idle.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    client_timeout: Duration,
    /// Don't log requests.
    #[arg(short, long)]
    quiet: bool,
}

impl Options {
    /// The settings that they describe. An error names the wrong option.
    fn builder(&self) -> io::Result<SandboxBuilder> {
        let mut builder = Sandbox::builder()
            .ip(self.address)
            .port(self.port)
            .strict(!self.relaxed)
            .first_id(self.first_id)
            .ledger_limits(self.ledger_entries, self.ledger_bytes)
            .ledger_file_limit(self.ledger_file_bytes)
            .connection_limit(self.connections)
            .client_timeout(self.client_timeout);
        for host in &self.allow_host {
            builder = builder.allow_host(host);
        }
        for origin in &self.allow_origin {
            builder = builder.allow_origin(origin);
        }
        for key in &self.api_key {
            builder = builder.api_key(key);
        }
        if let (Some(certificates), Some(key)) = (&self.tls_cert, &self.tls_key) {
            builder = builder.tls(read(certificates)?, read(key)?);
        }
        if let Some(path) = &self.seed {
            builder = builder.seed(Seed::from_json(&read(path)?)?);
        }
        for shape in &self.shape {
            builder = match shape.split_once('=') {
                Some((operation, shape)) => builder.shape_of(operation_of(operation)?, shape),
                None => builder.shape(shape),
            };
        }
        if let Some(seed) = self.strange {
            builder = builder.strange(Strange::new(seed));
        }
        for rule in &self.fault {
            builder = builder.fault(FaultRule::from_json(rule)?);
        }
        if let Some(path) = &self.faults {
            for rule in FaultRule::list_from_json(&read(path)?)? {
                builder = builder.fault(rule);
            }
        }
        if let Some(time) = &self.fixed_time {
            let time = humantime::parse_rfc3339(time)
                .map_err(|error| invalid(format!("--fixed-time: {error}")))?;
            builder = builder.fixed_time(time);
        }
        if let Some(path) = &self.ledger_file {
            builder = builder.ledger_file(path);
        }
        Ok(builder)
    }
}

impl Options {
    /// Where the sandbox listens, its key, and how to use them.
    fn greeting(&self, sandbox: &Sandbox) -> String {
        let (url, key) = (sandbox.base_url(), sandbox.api_key());
        let mut text = format!(
            "listening on {url}\nAPI key: {key}\n\nOpen {url} in a browser to see what arrives."
        );
        // The client sends to no other address in plain text.
        if self.address.is_loopback() {
            text.push_str(&format!(
                " To send to it, in another terminal:\n\n  export ACQUIRE_BASE_URL={url}\n  export ACQUIRE_API_KEY={}\n",
                word(key)
            ));
            if let Some(certificates) = &self.tls_cert {
                let path = absolute(certificates).unwrap_or_else(|_| certificates.clone());
                let path = word(&path.display().to_string());
                text.push_str(&format!("  export ACQUIRE_ROOT_CERTIFICATES={path}\n"));
            }
            let case = if self.seed.is_none() { "2069" } else { "ID" };
            text.push_str(&format!(
                "  acquire chat send --case {case} --as-agent --text 'Hello!'\n"
            ));
        }
        text.push('\n');
        text
    }
}

/// Runs a sandbox until Ctrl-C or SIGTERM. Prints where it listens on standard output, and a line for each request on
/// standard error, without its content.
///
/// # Errors
/// When it can't start, or can't write.
pub async fn run(options: &Options) -> io::Result<()> {
    let sandbox = options.builder()?.start().await?;
    let log = (!options.quiet).then(|| log(sandbox.arrivals_after(0)));
    if !options.address.is_loopback() {
        let _ = writeln!(
            io::stderr(),
            "warning: {} is not a loopback address: everyone who can reach it can read what the sandbox receives",
            options.address
        );
    }
    // In one write: a reader that has the key may close the pipe.
    let mut stdout = io::stdout();
    stdout.write_all(options.greeting(&sandbox).as_bytes())?;
    stdout.flush()?;
    asked_to_stop().await?;
    let stopped = sandbox.stop().await;
    if let Some(logged) = log {
        // Nothing more can be done if nobody reads standard error.
        let _ = timeout(LAST_LINES, logged).await;
    }
    stopped
}

/// Logs until the sandbox has stopped; then the receiver gets an error. On a thread of its own, because writing blocks
/// while nobody reads standard error.
fn log(mut arrivals: Arrivals) -> oneshot::Receiver<()> {
    let (logging, logged) = oneshot::channel();
    let runtime = Handle::current();
    thread::spawn(move || {
        while let Some(entry) = runtime.block_on(arrivals.next()) {
            // The sandbox runs on if standard error is closed.
            let _ = writeln!(io::stderr(), "{}", line(&entry));
        }
        drop(logging);
    });
    logged
}

fn line(entry: &Received) -> String {
    let status = match entry.status {
        Some(status) => status.as_str().to_owned(),
        None => "---".to_owned(),
    };
    let fault = entry.fault.as_ref();
    let fault = fault.map_or_else(String::new, |fault| format!(" [{}]", inert(fault)));
    let ms = entry.took.as_micros() as f64 / 1_000.0;
    let (method, path) = (&entry.method, inert(entry.uri.path()));
    format!(
        "{method} {path} {status} {}{fault} {ms:.1} ms",
        entry.verdict
    )
}

#[cfg(unix)]
async fn asked_to_stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn read(path: &PathBuf) -> io::Result<String> {
    fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

fn operation_of(name: &str) -> io::Result<Operation> {
    serde_json::from_value(name.into()).map_err(|error| invalid(format!("--shape: {error}")))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than zero".to_owned()),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}
