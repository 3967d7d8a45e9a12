//! Listening, and running a script on each connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use acquire_io::ClientBuilder;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time;

use super::answer::Answer;
use super::client::client_builder;
use super::connection::Connection;
use super::record::{Received, Record};
use super::step::{Script, Scripts};
use super::wire::Transport;
use crate::Result;

/// Longer than any script takes once the client is gone.
const PATIENCE: Duration = Duration::from_secs(20);

const BACKLOG: u32 = 128;

/// A server on loopback that runs a script on each connection. Stops when dropped.
pub struct Server {
    address: SocketAddr,
    transport: Transport,
    record: Arc<Record>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Starts on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn start(transport: Transport, scripts: impl Into<Scripts>) -> Result<Self> {
        let socket = socket_on((Ipv4Addr::LOCALHOST, 0).into())?;
        Self::on(socket, transport, scripts)
    }

    /// Starts one that gives each request the same answer, over HTTP/1.1.
    ///
    /// # Errors
    /// When no port can be bound.
    pub fn answering(answer: Answer) -> Result<Self> {
        Self::start(Transport::Http1, [Script::answering(answer)])
    }

    /// Starts on a socket of [`socket_on`].
    ///
    /// # Errors
    /// When it can't listen.
    pub fn on(
        socket: TcpSocket,
        transport: Transport,
        scripts: impl Into<Scripts>,
    ) -> Result<Self> {
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let record = Arc::new(Record::new());
        let (stop, stopped) = watch::channel(false);
        let serving = Serving {
            transport,
            scripts: scripts.into(),
            record: Arc::clone(&record),
            stopped,
        };
        Ok(Self {
            address,
            transport,
            record,
            stop,
            task: Some(tokio::spawn(serving.run(listener))),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for example `https://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        let scheme = if self.transport.is_tls() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// Settings for a client of this server, with the API key `key`: it trusts the certificate, and speaks HTTP/2 where the
    /// server does.
    ///
    /// # Errors
    /// When certificates can't be made.
    pub fn client(&self) -> Result<ClientBuilder> {
        client_builder(self.transport, self.address)
    }

    /// What was received so far.
    pub fn received(&self) -> Received {
        self.record.read()
    }

    /// Forgets what was received so far, but not which script is next.
    pub fn forget(&self) {
        self.record.forget_all();
    }

    /// Waits until a script has come to [`Step::Mark`](super::Step::Mark).
    ///
    /// # Errors
    /// When none does.
    pub async fn marked(&self) -> Result {
        let mut marks = self.record.marks();
        time::timeout(PATIENCE, marks.wait_for(|marks| *marks > 0)).await??;
        Ok(())
    }

    /// Lets scripts go on that wait at [`Step::UntilReleased`](super::Step::UntilReleased).
    pub fn release(&self) {
        self.record.release();
    }

    /// Waits until every connection has come to its end, and returns what was received in all. The clients
    /// must be gone, or their open connections never end.
    ///
    /// # Errors
    /// When a connection stays open.
    pub async fn finish(mut self) -> Result<Received> {
        self.stop.send_replace(true);
        if let Some(task) = &mut self.task {
            time::timeout(PATIENCE, task)
                .await
                .map_err(|_| "a connection stays open")???;
        }
        Ok(self.received())
    }

    /// Stops listening and closes every connection.
    pub async fn stop(mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // An error says that it was aborted.
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// A port that nobody else gets as long as the socket lives. Nothing listens there, except a [`Server`] on
/// [`socket_on`] it.
///
/// # Errors
/// When no port can be bound.
pub fn reserved_port() -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = socket_on((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

/// A socket for a [`Server`] on a port of [`reserved_port`].
///
/// # Errors
/// When the port can't be bound.
pub fn socket_on(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Lets the next server bind the port while it is reserved.
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    #[cfg(not(unix))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

struct Serving {
    transport: Transport,
    scripts: Scripts,
    record: Arc<Record>,
    stopped: watch::Receiver<bool>,
}

impl Serving {
    async fn run(mut self, mut listener: TcpListener) -> io::Result<()> {
        // Dropped with this task, which ends the connections.
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        loop {
            let away = tokio::select! {
                accepted = listener.accept() => self.serve(accepted?.0, &mut connections),
                _ = stopped.wait_for(|stopped| *stopped) => break,
            };
            if let Some(time) = away {
                // Keeps the port.
                let socket = socket_on(listener.local_addr()?)?;
                drop(listener);
                time::sleep(time).await;
                listener = socket.listen(BACKLOG)?;
            }
        }
        // Those that the kernel has accepted and we have not.
        let listener = listener.into_std()?;
        while let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true)?;
            self.serve(TcpStream::from_std(stream)?, &mut connections);
        }
        while connections.join_next().await.is_some() {}
        Ok(())
    }

    /// Returns for how long not to listen.
    fn serve(
        &mut self,
        stream: TcpStream,
        connections: &mut JoinSet<io::Result<()>>,
    ) -> Option<Duration> {
        let connection = Connection::new(
            self.transport,
            Arc::clone(&self.record),
            self.stopped.clone(),
        );
        let script = self.scripts.of(connection.number())?;
        let away = script.away();
        // It ends with an error when the client goes away, which the record shows.
        connections.spawn(connection.run(stream, script));
        away
    }
}
