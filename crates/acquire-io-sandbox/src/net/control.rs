//! How a handler breaks the connection that its request came by.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::SetOnce;

use super::activity::Activity;

/// How a connection ends before its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ending {
    /// In order: the client sees the end of the stream (FIN).
    #[default]
    Close,
    /// Abruptly: the client sees a reset (RST).
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
    /// How many bytes may still be written, and what happens after the last.
    cut: Mutex<Option<(usize, Ending)>>,
    /// The socket, after the HTTP stack let go of it.
    released: Mutex<Option<TcpStream>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    /// Breaks it now.
    pub(crate) fn end(&self, ending: Ending) {
        // The first decides.
        let _ = self.0.ending.set(ending);
    }

    /// Breaks it after this number of further bytes was written to the socket.
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
