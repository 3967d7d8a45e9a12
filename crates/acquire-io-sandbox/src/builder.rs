//! The settings of a sandbox.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, watch};

use crate::access::Access;
use crate::account::{Account, Key, Permission, Seed};
use crate::answer::Strange;
use crate::check::{Document, Operation};
use crate::fault::{FaultRule, Rules};
use crate::ledger::{Ledger, Limits};
use crate::net::{self, Service};
use crate::sandbox::Sandbox;
use crate::serve::router;
use crate::server::Server;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 4096;
/// How many bodies are read at once. HTTP/1 needs no more than there are connections; HTTP/2 could need many for each.
const SMALL_BODIES: usize = 512;
const LARGE_BODIES: usize = 4;

impl Sandbox {
    /// Starts on a free port of 127.0.0.1, with the account of the documentation. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// A sandbox with other settings than the default ones.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }
}

/// The settings of a sandbox, see [`Sandbox::builder`].
///
/// ```
/// use acquire_io_sandbox::{FaultRule, Sandbox};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let sandbox = Sandbox::builder()
///     .api_key("test-key")
///     .first_id(1000)
///     .fault(FaultRule::answer(503).times(1))
///     .start()
///     .await?;
/// # sandbox.stop().await
/// # }
/// ```
#[must_use]
pub struct SandboxBuilder {
    ip: IpAddr,
    port: u16,
    api_keys: Vec<String>,
    tls: Option<(Vec<u8>, Vec<u8>)>,
    seed: Option<Seed>,
    strict: bool,
    shape: Option<String>,
    shapes: BTreeMap<Operation, String>,
    strange: Option<Strange>,
    faults: Vec<FaultRule>,
    time: Option<SystemTime>,
    first_id: i64,
    limits: Limits,
    ledger_file: Option<PathBuf>,
    body_limit: usize,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    connections: net::Limits,
}

impl Default for SandboxBuilder {
    fn default() -> Self {
        Self {
            ip: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            api_keys: Vec::new(),
            tls: None,
            seed: None,
            strict: true,
            shape: None,
            shapes: BTreeMap::new(),
            strange: None,
            faults: Vec::new(),
            time: None,
            first_id: 1,
            limits: Limits {
                entries: 10_000,
                bytes: 64 << 20,
                file: 256 << 20,
            },
            ledger_file: None,
            body_limit: 16 << 20,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            connections: net::Limits {
                connections: 512,
                client_timeout: Duration::from_secs(30),
            },
        }
    }
}

impl SandboxBuilder {
    /// The address to listen on, by default 127.0.0.1. If it is no loopback address, everyone who can reach it can read
    /// what the sandbox receives.
    pub fn ip(mut self, ip: impl Into<IpAddr>) -> Self {
        self.ip = ip.into();
        self
    }

    /// The port to listen on, by default 0 for a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// An API key with every permission, in place of the seed's keys. Can be given several times.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_keys.push(key.into());
        self
    }

    /// Serves over TLS, with a chain of certificates and its key, both as PEM. Off by default.
    pub fn tls(mut self, certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.tls = Some((certificates.into(), key.into()));
        self
    }

    /// What the account holds, by default [`Seed::documented`].
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Whether to refuse keys and parameters that the document doesn't declare, by default true. With false, e-mail may
    /// also lack what the page of 2021-04-02 doesn't require: `cc`, `bcc`, `subject`, `htmlBody`.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Which documented answer to fill, by its name in the document: `newest` or a date such as `2021-03-10`. An
    /// operation without this answer keeps its newest, the default.
    pub fn shape(mut self, name: impl Into<String>) -> Self {
        self.shape = Some(name.into());
        self
    }

    /// As [`shape`](Self::shape), for one operation.
    pub fn shape_of(mut self, operation: Operation, name: impl Into<String>) -> Self {
        self.shapes.insert(operation, name.into());
        self
    }

    /// Makes every answer strange. By default none is.
    pub fn strange(mut self, strange: Strange) -> Self {
        self.strange = Some(strange);
        self
    }

    /// Adds a fault rule. By default there are none.
    pub fn fault(mut self, rule: FaultRule) -> Self {
        self.faults.push(rule);
        self
    }

    /// The time in every answer, by default the real one.
    pub fn fixed_time(mut self, time: SystemTime) -> Self {
        self.time = Some(time);
        self
    }

    /// The ID of the first message, by default 1. The next ones count up.
    pub fn first_id(mut self, id: i64) -> Self {
        self.first_id = id;
        self
    }

    /// How many requests, and how many bytes of them, the ledger keeps at most; by default 10,000 and
    /// 64 MiB. The oldest are dropped.
    pub fn ledger_limits(mut self, entries: usize, bytes: usize) -> Self {
        (self.limits.entries, self.limits.bytes) = (entries, bytes);
        self
    }

    /// A file to which each entry of the ledger is added, a line of JSON each. By default there is none. Only its owner
    /// can read it.
    pub fn ledger_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ledger_file = Some(path.into());
        self
    }

    /// The longest ledger file, in bytes, by default 256 MiB. A full one is renamed to `<name>.1`, in place of an older
    /// one, and a new one begins.
    pub fn ledger_file_limit(mut self, bytes: u64) -> Self {
        self.limits.file = bytes;
        self
    }

    /// A host name that clients may use for the sandbox, for example that of its container: `sandbox`. Can be given
    /// several times. `localhost` and IP addresses are always allowed. Other names are refused, since a web page may
    /// have pointed its own name at this machine (DNS rebinding).
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// An origin whose web pages may use the sandbox (CORS), for example `http://localhost:3000`. Can be given several
    /// times. Pages of other origins are refused: any page that you open could otherwise read what the sandbox
    /// received.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// How many connections may be open at once, by default 512. Further ones wait.
    pub fn connection_limit(mut self, connections: usize) -> Self {
        self.connections.connections = connections.max(1);
        self
    }

    /// How long a client may take for the TLS handshake, for the head of a request, for its body, and between two reads
    /// of an answer, and how long a connection may be idle; by default 30 seconds.
    pub fn client_timeout(mut self, timeout: Duration) -> Self {
        self.connections.client_timeout = timeout;
        self
    }

    /// The longest body of a request, in bytes, by default 16 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Starts it. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When the address can't be bound (names address and port), the ledger's file can't be opened, or a setting can't
    /// work.
    pub async fn start(self) -> io::Result<Sandbox> {
        let mut document = Document::read(self.strict)?;
        if let Some(shape) = &self.shape {
            document.use_shape(shape, None)?;
        }
        for (operation, shape) in &self.shapes {
            document.use_shape(shape, Some(*operation))?;
        }
        let mut seed = match self.seed {
            Some(seed) => seed,
            None => Seed::documented()?,
        };
        if let (Some(first), false) = (seed.keys.first(), self.api_keys.is_empty()) {
            let user = first.user;
            let keys = self.api_keys.into_iter().map(|key| Key {
                key,
                user,
                permissions: [Permission::Chat, Permission::Mail, Permission::Sms].into(),
            });
            seed.keys = keys.collect();
        }
        let is_key =
            |key: &Key| !key.key.is_empty() && key.key.bytes().all(|byte| byte.is_ascii_graphic());
        if !seed.keys.iter().all(is_key) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an API key is empty, or holds a space or another character that no client can send",
            ));
        }
        self.faults.iter().try_for_each(FaultRule::check)?;
        let rules = Rules::default();
        rules.replace_all(self.faults);
        let tls = match &self.tls {
            Some((certificates, key)) => Some(net::acceptor(certificates, key)?),
            None => None,
        };
        if self.connections.client_timeout.is_zero() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the client timeout must be longer than zero",
            ));
        }
        let account = Account::new(seed, self.first_id)?;
        let access = Access::new(self.allowed_hosts, &self.allowed_origins)?;
        let ledger = Arc::new(Ledger::new(self.limits, self.ledger_file.as_deref())?);

        let wanted = SocketAddr::new(self.ip, self.port);
        let listener = listen(wanted).map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::AddrInUse => "; choose another port, or 0 for a free one",
                _ => "",
            };
            io::Error::new(
                error.kind(),
                format!("can't listen on {wanted}: {error}{hint}"),
            )
        })?;
        let address = listener.local_addr()?;

        let (stop, stopping) = watch::channel(false);
        let (done, stopped) = watch::channel(false);
        let server = Arc::new(Server {
            document,
            account,
            rules,
            ledger,
            strange: self.strange,
            time: self.time,
            body_limit: self.body_limit,
            small_bodies: Semaphore::new(SMALL_BODIES),
            large_bodies: Semaphore::new(LARGE_BODIES),
            client_timeout: self.connections.client_timeout,
            access,
            is_tls: tls.is_some(),
            address,
            stopping: stopping.clone(),
        });
        let is_tls = tls.is_some();
        let service = Service {
            router: router(Arc::clone(&server)),
            tls,
            limits: self.connections,
            stopping,
        };
        let task = tokio::spawn(async move {
            net::serve(listener, service).await;
            done.send_replace(true);
        });
        Ok(Sandbox {
            address,
            is_tls,
            server,
            stop,
            stopped,
            task,
        })
    }
}

/// Like `TcpListener::bind`, with a longer backlog.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
