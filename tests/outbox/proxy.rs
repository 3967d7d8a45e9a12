//! A proxy between workers and PostgreSQL, which reads their statements and breaks connections.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use acquire_io_test_postgres::Database;
use acquire_io_tests::Result;
use fastrand::Rng;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// What happens to a connection at a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The connection ends before the statement arrives.
    Before,
    /// The connection ends when a part of the statement has arrived.
    Within,
    /// The statement arrives, and a part of its answer.
    PartOfAnswer,
    /// The statement and what follows arrive, and no answer; the connection ends after this time.
    NoAnswer(Duration),
    /// The statement arrives after this time.
    Late(Duration),
    /// Nothing passes any more, and the connection doesn't end.
    Silent,
}

/// What of the server's answers passes.
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    All,
    Part,
    None,
}

/// The commit of a transaction that has claimed messages.
pub(crate) const COMMIT_OF_CLAIM: &str = "COMMIT of a claim";

#[derive(Default)]
struct Plan {
    /// At which statement something happens next.
    armed: Option<(String, Fault)>,
    /// What happens at random.
    random: Option<Rng>,
    /// How many things have happened at random.
    happened: usize,
    /// The statements of the last transaction that has settled and claimed messages.
    of_turn: Vec<String>,
}

impl Plan {
    fn fault(&mut self, statement: &str) -> Option<Fault> {
        if let Some((_, fault)) = self.armed.take_if(|(at, _)| at == statement) {
            return Some(fault);
        }
        let rng = self.random.as_mut()?;
        // There are about 12 in a turn.
        if rng.u8(..100) > 0 {
            return None;
        }
        self.happened += 1;
        // Some are longer than the lease.
        let time = Duration::from_millis(rng.u64(..1500));
        Some(match rng.u8(..5) {
            0 => Fault::Before,
            1 => Fault::Within,
            2 => Fault::PartOfAnswer,
            3 => Fault::NoAnswer(time),
            _ => Fault::Late(time / 3),
        })
    }
}

/// It ends when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    database: String,
    plan: Arc<Mutex<Plan>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// Listens on a port of the loopback address.
    pub(crate) async fn start(database: &Database) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let socket = database.server().folder().join(".s.PGSQL.5432");
        let plan = Arc::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, socket, Arc::clone(&plan)));
        Ok(Self {
            address,
            database: database.name().to_owned(),
            plan,
            _tasks: tasks,
        })
    }

    /// The database's address through it.
    pub(crate) fn address(&self) -> String {
        let (host, port) = (self.address.ip(), self.address.port());
        let name = &self.database;
        format!("host={host} port={port} user=postgres dbname={name} sslmode=disable")
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        lock(&self.plan)
    }

    /// Lets something happen at a statement, when it is run next.
    pub(crate) fn arm(&self, statement: &str, fault: Fault) {
        self.plan().armed = Some((statement.to_owned(), fault));
    }

    /// Whether that hasn't happened yet.
    pub(crate) fn is_armed(&self) -> bool {
        self.plan().armed.is_some()
    }

    /// The statements of a turn that has settled and claimed messages.
    pub(crate) fn of_turn(&self) -> Vec<String> {
        self.plan().of_turn.clone()
    }

    /// Lets things happen at random, or ends that.
    pub(crate) fn at_random(&self, rng: Option<Rng>) {
        self.plan().random = rng;
    }

    /// How many things have happened at random.
    pub(crate) fn happened(&self) -> usize {
        self.plan().happened
    }
}

fn lock(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, socket: PathBuf, plan: Arc<Mutex<Plan>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (socket, plan) = (socket.clone(), Arc::clone(&plan));
        // However it ends, both ends are closed.
        connections.spawn(async move { drop(connect(client, socket, &plan).await) });
        while connections.try_join_next().is_some() {}
    }
}

async fn connect(client: TcpStream, socket: PathBuf, plan: &Mutex<Plan>) -> Result {
    client.set_nodelay(true)?;
    let server = UnixStream::connect(socket).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (sender, answers) = watch::channel(Answers::All);
    tokio::select! {
        done = requests(from_client, to_server, plan, &sender) => done,
        done = pass(from_server, to_client, answers) => done,
    }
}

/// Passes answers on until one side ends.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    answers: watch::Receiver<Answers>,
) -> Result {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let answers = *answers.borrow();
        match answers {
            Answers::All => to.write_all(&buffer[..count]).await?,
            Answers::Part => return Ok(to.write_all(&buffer[..count / 2]).await?),
            Answers::None => {}
        }
    }
}

/// Passes a client's messages on, and does what is planned for its statements. Returns when the connection is to end.
async fn requests(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    plan: &Mutex<Plan>,
    answers: &watch::Sender<Answers>,
) -> Result {
    let mut messages = Messages::default();
    let mut transaction = Vec::new();
    while let Some(message) = messages.next(&mut from).await? {
        let fault = statement(&message).and_then(|statement| {
            let mut plan = lock(plan);
            let statement = follow(&mut transaction, statement, &mut plan);
            plan.fault(&statement)
        });
        match fault {
            None => to.write_all(&message).await?,
            Some(Fault::Before) => return Ok(()),
            Some(Fault::Within) => return Ok(to.write_all(&message[..message.len() / 2]).await?),
            Some(Fault::PartOfAnswer) => {
                answers.send_replace(Answers::Part);
                to.write_all(&message).await?;
            }
            Some(Fault::NoAnswer(time)) => {
                answers.send_replace(Answers::None);
                to.write_all(&message).await?;
                let rest = tokio::io::copy(&mut from, &mut to);
                return Ok(drop(tokio::time::timeout(time, rest).await));
            }
            Some(Fault::Late(time)) => {
                sleep(time).await;
                to.write_all(&message).await?;
            }
            Some(Fault::Silent) => std::future::pending().await,
        }
    }
    Ok(())
}

/// Follows a connection's transaction. Returns the name of a statement.
fn follow(transaction: &mut Vec<String>, mut statement: String, plan: &mut Plan) -> String {
    if statement.starts_with("BEGIN") {
        transaction.clear();
    }
    let has = |part| transaction.iter().any(|it: &String| it.contains(part));
    let (settles, claims) = (has("SET state = v.state"), has("SET state = 'sending'"));
    if claims && statement == "COMMIT" {
        COMMIT_OF_CLAIM.clone_into(&mut statement);
    }
    transaction.push(statement.clone());
    if settles && statement == COMMIT_OF_CLAIM {
        plan.of_turn.clone_from(transaction);
    }
    statement
}

/// Reads a client's messages.
#[derive(Default)]
struct Messages {
    buffer: Vec<u8>,
    /// The first message has no type.
    has_begun: bool,
}

impl Messages {
    /// The next one, with its head. None: the client has ended.
    async fn next(&mut self, from: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>> {
        loop {
            let of_type = usize::from(self.has_begun);
            if let Some(length) = self.buffer.get(of_type..of_type + 4) {
                let length = u32::from_be_bytes(length.try_into()?);
                let length = of_type + usize::try_from(length)?;
                if self.buffer.len() >= length {
                    self.has_begun = true;
                    return Ok(Some(self.buffer.drain(..length).collect()));
                }
            }
            if from.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// The SQL of a simple query, or of a statement that is parsed.
fn statement(message: &[u8]) -> Option<String> {
    let text = match message.first()? {
        b'Q' => &message[5..],
        // After its name.
        b'P' => {
            let end = message[5..].iter().position(|byte| *byte == 0)?;
            &message[5 + end + 1..]
        }
        _ => return None,
    };
    let text = text.split(|byte| *byte == 0).next()?;
    Some(String::from_utf8_lossy(text).trim_start().to_owned())
}
