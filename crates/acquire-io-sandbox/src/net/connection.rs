//! One connection, as its requests see it: breaking it on purpose, and whether it does something.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::SetOnce;

/// How a connection is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ending {
    /// The client sees the end of the stream (FIN).
    #[default]
    Close,
    /// The client sees a reset (RST).
    Reset,
}

/// A connection, as its requests see it: an extension of each request.
///
/// Over HTTP/2 several requests share it, and break with it.
#[derive(Clone, Default)]
pub(crate) struct Connection(Arc<Shared>);

#[derive(Default)]
struct Shared {
    activity: Activity,
    ending: SetOnce<Ending>,
    /// How many bytes may still be written, and how the connection ends after them.
    cut: Mutex<Option<(usize, Ending)>>,
    /// The socket, once the HTTP stack has released it.
    released: Mutex<Option<TcpStream>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    /// Breaks it now.
    pub(crate) fn end(&self, ending: Ending) {
        // The first call decides.
        let _ = self.0.ending.set(ending);
    }

    /// Breaks it after this many more bytes were written to the socket.
    pub(crate) fn cut_after(&self, bytes: usize, ending: Ending) {
        *lock(&self.0.cut) = Some((bytes, ending));
    }

    pub(super) fn activity(&self) -> &Activity {
        &self.0.activity
    }

    /// Waits until it is broken.
    pub(super) async fn ended(&self) -> Ending {
        *self.0.ending.wait().await
    }

    /// How many of these bytes may be written.
    pub(super) fn allowance(&self, wanted: usize) -> usize {
        if self.0.ending.initialized() {
            return 0;
        }
        lock(&self.0.cut).map_or(wanted, |(left, _)| left.min(wanted))
    }

    pub(super) fn wrote(&self, bytes: usize) {
        self.0.activity.wrote();
        if let Some((left, ending)) = &mut *lock(&self.0.cut) {
            *left = left.saturating_sub(bytes);
            if *left == 0 {
                self.end(*ending);
            }
        }
    }

    pub(super) fn release(&self, socket: TcpStream) {
        *lock(&self.0.released) = Some(socket);
    }

    pub(super) fn take_socket(&self) -> Option<TcpStream> {
        lock(&self.0.released).take()
    }
}

/// What the requests of a connection are doing.
pub(super) struct Activity(Mutex<State>);

struct State {
    /// Requests that are being handled: the client waits for the server.
    handling: usize,
    /// Answers that are being written.
    answering: usize,
    /// When a request came, ended, or a part of an answer was written.
    last: Instant,
}

impl Default for Activity {
    fn default() -> Self {
        Self(Mutex::new(State {
            handling: 0,
            answering: 0,
            last: Instant::now(),
        }))
    }
}

impl Activity {
    /// How long the server has waited for the client.
    pub(super) fn idle_for(&self) -> Duration {
        let state = lock(&self.0);
        match state.handling {
            0 => state.last.elapsed(),
            _ => Duration::ZERO,
        }
    }

    /// Whether an answer is being written.
    pub(super) fn is_answering(&self) -> bool {
        lock(&self.0).answering > 0
    }

    /// Bytes were written. They count only during an answer: an idle client may still send pings, which are answered.
    pub(super) fn wrote(&self) {
        let mut state = lock(&self.0);
        if state.answering > 0 {
            state.last = Instant::now();
        }
    }

    /// A request begins, or an answer is held back on purpose.
    pub(super) fn handle(&self) {
        let mut state = lock(&self.0);
        (state.handling, state.last) = (state.handling + 1, Instant::now());
    }

    /// The end of what [`handle`](Self::handle) began.
    pub(super) fn handled(&self) {
        let mut state = lock(&self.0);
        (state.handling, state.last) = (state.handling.saturating_sub(1), Instant::now());
    }

    /// An answer begins.
    pub(super) fn answer(&self) {
        lock(&self.0).answering += 1;
    }

    /// The end of an answer.
    pub(super) fn answered(&self) {
        let mut state = lock(&self.0);
        (state.answering, state.last) = (state.answering.saturating_sub(1), Instant::now());
    }
}

/// Marks a request as being handled, or an answer as held back on purpose, until it is dropped.
pub(crate) struct Handling(Connection);

impl Handling {
    pub(crate) fn new(connection: &Connection) -> Self {
        connection.activity().handle();
        Self(connection.clone())
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.activity().handled();
    }
}

/// The body of an answer, while it is being written.
pub(super) struct Answering {
    body: Body,
    connection: Connection,
}

impl Answering {
    pub(super) fn new(body: Body, connection: Connection) -> Self {
        connection.activity().answer();
        Self { body, connection }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.connection.activity().answered();
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
