//! Connections: the loop that accepts them, the task that serves one, and the limits.

mod connection;
mod tls;
mod wire;

pub use connection::Ending;
pub(crate) use connection::{Connection, Handling};
pub(crate) use tls::acceptor;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use connection::Answering;
use wire::Wire;

/// How long requests in progress may take when the sandbox stops.
const GRACE: Duration = Duration::from_secs(5);
/// How long a closed connection waits for the client to close as well.
const LINGER: Duration = Duration::from_secs(1);
/// How many requests may be in progress on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// Limits of connections.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many may be open at once. Further ones wait to be accepted.
    pub(crate) connections: usize,
    /// How long a client may take for the TLS handshake, a head, a body, or between two reads, and how long it may be
    /// idle.
    pub(crate) client_timeout: Duration,
}

impl Limits {
    /// How long a connection may be idle while others wait.
    fn when_crowded(self) -> Duration {
        self.client_timeout.min(Duration::from_secs(1))
    }

    /// How often a connection is checked for being idle.
    fn interval(self) -> Duration {
        (self.client_timeout / 8).clamp(Duration::from_millis(5), Duration::from_secs(1))
    }
}

/// What serves every connection.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Limits,
    /// Becomes true when the sandbox stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Serves until it is stopped, then waits for requests in progress, for a limited time.
pub(crate) async fn serve(listener: TcpListener, service: Service) {
    let mut connections = JoinSet::new();
    let mut stopping = service.stopping.clone();
    let permits = Arc::new(Semaphore::new(service.limits.connections));
    loop {
        tokio::select! {
            accepted = accept(&listener, &permits) => match accepted {
                Ok((socket, permit)) => {
                    connections.spawn(connection(socket, permit, service.clone()));
                }
                // Usually there are too many open files. Wait until some are closed.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stopping) => break,
        }
    }
    drop(listener);
    // Dropping the set aborts the rest.
    let _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

/// Waits until another connection is allowed, then for one.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await;
    let permit = permit.map_err(io::Error::other)?;
    let (socket, _) = listener.accept().await?;
    Ok((socket, permit))
}

/// Waits until the sandbox is stopped or dropped.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn connection(socket: TcpStream, permit: OwnedSemaphorePermit, service: Service) {
    let connection = Connection::default();
    // Else a small answer may wait for an acknowledgement.
    let _ = socket.set_nodelay(true);
    let wire = Wire::new(socket, connection.clone());
    let serving = async {
        match service.tls.clone() {
            None => http(wire, &service, &connection, &permit).await,
            Some(tls) => {
                let handshake = timeout(service.limits.client_timeout, tls.accept(wire));
                if let Ok(Ok(stream)) = handshake.await {
                    http(stream, &service, &connection, &permit).await;
                }
            }
        }
    };
    let ending = tokio::select! {
        biased;
        ending = connection.ended() => ending,
        () = serving => {
            // Closes it, even if a request still holds the connection.
            drop(connection.take_socket());
            return;
        }
    };
    let Some(mut socket) = connection.take_socket() else {
        return;
    };
    match ending {
        Ending::Reset => {
            let _ = socket.set_zero_linger();
        }
        Ending::Close => {
            // Unread bytes would turn the close into a reset.
            let _ = socket.shutdown().await;
            let _ = timeout(LINGER, drain(socket)).await;
        }
    }
}

async fn drain(mut socket: TcpStream) {
    let mut buffer = vec![0; 16 * 1024];
    while matches!(socket.read(&mut buffer).await, Ok(read) if read > 0) {}
}

/// Waits until the client has been idle for too long.
async fn idle(connection: &Connection, limits: Limits, permit: &OwnedSemaphorePermit) {
    loop {
        sleep(limits.interval()).await;
        let activity = connection.activity();
        let is_crowded = permit.semaphore().available_permits() == 0;
        let bound = match is_crowded && !activity.is_answering() {
            true => limits.when_crowded(),
            false => limits.client_timeout,
        };
        if activity.idle_for() >= bound {
            return;
        }
    }
}

/// Serves HTTP/1.1 or HTTP/2, whichever the client begins with. Errors are the client's, and are not reported here.
async fn http<S>(
    stream: S,
    service: &Service,
    connection: &Connection,
    permit: &OwnedSemaphorePermit,
) where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(service.limits.client_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS);
    let handle = service_fn(|request: Request<Incoming>| {
        let handling = Handling::new(connection);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(connection.clone());
        let answer = service.router.clone().oneshot(request);
        let connection = connection.clone();
        async move {
            let answer = answer.await.map_err(|never: Infallible| never)?;
            let answer = answer.map(|body| Answering::new(body, connection));
            drop(handling);
            Ok::<_, Infallible>(answer)
        }
    });
    let serving = builder.serve_connection(TokioIo::new(stream), handle);
    let mut stopping = service.stopping.clone();
    tokio::pin!(serving);
    tokio::select! {
        _ = &mut serving => return,
        () = idle(connection, service.limits, permit) => {
            serving.as_mut().graceful_shutdown();
            let _ = timeout(LINGER, serving).await;
            return;
        }
        () = stopped(&mut stopping) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
