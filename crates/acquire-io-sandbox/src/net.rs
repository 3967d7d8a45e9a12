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

/// How long requests that are under way may take when the sandbox stops.
const GRACE: Duration = Duration::from_secs(5);
/// How long a closed connection waits for the client to close as well.
const LINGER: Duration = Duration::from_secs(1);
/// How many requests may be under way on one connection.
const STREAMS: u32 = 100;

/// Bounds for connections.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// How many are open at once. Further ones wait to be accepted.
    pub(crate) connections: usize,
    /// How long a client may take for its TLS handshake, a head, a body, or to read on, and how long it may be idle.
    pub(crate) patience: Duration,
}

impl Limits {
    /// How long a connection may be idle while others wait for its place.
    fn when_crowded(self) -> Duration {
        self.patience.min(Duration::from_secs(1))
    }

    /// How often a connection is looked at.
    fn interval(self) -> Duration {
        (self.patience / 8).clamp(Duration::from_millis(5), Duration::from_secs(1))
    }
}

/// What every connection is served with.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Limits,
    /// True when the sandbox stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Serves until it is stopped, then lets the requests under way finish, for a bounded time.
pub(crate) async fn serve(listener: TcpListener, service: Service) {
    let mut connections = JoinSet::new();
    let mut stopping = service.stopping.clone();
    let places = Arc::new(Semaphore::new(service.limits.connections));
    loop {
        tokio::select! {
            accepted = accept(&listener, &places) => match accepted {
                Ok((socket, place)) => {
                    connections.spawn(connection(socket, place, service.clone()));
                }
                // As a rule too many open files: some will be closed.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stopping) => break,
        }
    }
    drop(listener);
    // The rest is aborted when the set is dropped.
    let _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

/// Waits for a place, and for a client that takes it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (socket, _) = listener.accept().await?;
    Ok((socket, place))
}

/// Waits until the sandbox is stopped or dropped.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn connection(socket: TcpStream, place: OwnedSemaphorePermit, service: Service) {
    let connection = Connection::default();
    // Without it a small answer may wait for an acknowledgement.
    let _ = socket.set_nodelay(true);
    let wire = Wire::new(socket, connection.clone());
    let serving = async {
        match service.tls.clone() {
            None => http(wire, &service, &connection, &place).await,
            Some(tls) => {
                let handshake = timeout(service.limits.patience, tls.accept(wire));
                if let Ok(Ok(stream)) = handshake.await {
                    http(stream, &service, &connection, &place).await;
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
            // Bytes that nobody read would turn the end into a reset.
            let _ = socket.shutdown().await;
            let _ = timeout(LINGER, drain(socket)).await;
        }
    }
}

async fn drain(mut socket: TcpStream) {
    let mut buffer = vec![0; 16 * 1024];
    while matches!(socket.read(&mut buffer).await, Ok(read) if read > 0) {}
}

/// Waits until it has been the client's turn for too long.
async fn idle(connection: &Connection, limits: Limits, place: &OwnedSemaphorePermit) {
    loop {
        sleep(limits.interval()).await;
        let activity = connection.activity();
        let is_crowded = place.semaphore().available_permits() == 0;
        let bound = match is_crowded && !activity.is_answering() {
            true => limits.when_crowded(),
            false => limits.patience,
        };
        if activity.idle_for() >= bound {
            return;
        }
    }
}

/// HTTP/1.1 or HTTP/2, whichever the client begins with. An error is the client's doing, and for it to report.
async fn http<S>(
    stream: S,
    service: &Service,
    connection: &Connection,
    place: &OwnedSemaphorePermit,
) where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(service.limits.patience);
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
        () = idle(connection, service.limits, place) => {
            serving.as_mut().graceful_shutdown();
            let _ = timeout(LINGER, serving).await;
            return;
        }
        () = stopped(&mut stopping) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
