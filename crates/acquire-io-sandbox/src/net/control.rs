//! How a handler breaks the connection that its request came by.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::Notify;

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
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Default)]
struct State {
    ending: Option<Ending>,
    /// How many bytes may still be written, and what happens after the last.
    cut: Option<(usize, Ending)>,
    /// The socket, after the HTTP stack let go of it.
    released: Option<TcpStream>,
}

impl Connection {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Breaks it now.
    pub(crate) fn end(&self, ending: Ending) {
        self.state().ending.get_or_insert(ending);
        self.0.ended.notify_one();
    }

    /// Breaks it after so many more bytes were written to the socket.
    pub(crate) fn cut_after(&self, bytes: usize, ending: Ending) {
        self.state().cut = Some((bytes, ending));
    }

    /// Waits until it is broken.
    pub(super) async fn ended(&self) -> Ending {
        loop {
            let notified = self.0.ended.notified();
            if let Some(ending) = self.state().ending {
                return ending;
            }
            notified.await;
        }
    }

    /// How many of these bytes may be written.
    pub(super) fn allowance(&self, wanted: usize) -> usize {
        let state = self.state();
        if state.ending.is_some() {
            return 0;
        }
        state.cut.map_or(wanted, |(left, _)| left.min(wanted))
    }

    pub(super) fn wrote(&self, bytes: usize) {
        let spent = match &mut self.state().cut {
            Some((left, ending)) => {
                *left = left.saturating_sub(bytes);
                (*left == 0).then_some(*ending)
            }
            None => None,
        };
        if let Some(ending) = spent {
            self.end(ending);
        }
    }

    pub(super) fn release(&self, socket: TcpStream) {
        self.state().released = Some(socket);
    }

    pub(super) fn take_socket(&self) -> Option<TcpStream> {
        self.state().released.take()
    }
}
