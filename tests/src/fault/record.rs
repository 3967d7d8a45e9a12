//! What a server truly received.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// All that a server received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Accepted connections.
    pub connections: usize,
    /// `CONNECT` requests to a proxy.
    pub tunnels: usize,
    /// Requests whose head arrived, in this order.
    pub requests: Vec<Request>,
}

impl Received {
    /// Requests that arrived whole and that the server did not disown.
    pub fn whole(&self) -> impl Iterator<Item = &Request> {
        self.requests
            .iter()
            .filter(|request| request.whole && !request.disowned)
    }
}

/// A request whose head arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// The connection's number, from 0.
    pub connection: usize,
    /// As much of the body as was read.
    pub body: Vec<u8>,
    /// Whether the body was read to its end.
    pub whole: bool,
    /// Whether the server said, over HTTP/2, that it did not process the request.
    pub disowned: bool,
    /// The status, once an answer's head was sent.
    pub answered: Option<u16>,
}

impl Request {
    pub(super) fn is_open(&self) -> bool {
        self.answered.is_none() && !self.disowned
    }
}

/// The place of a request in [`Received::requests`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestId(usize);

pub(super) struct Record {
    received: Mutex<Received>,
    /// Connections and requests before these numbers are forgotten.
    start: Mutex<(usize, usize)>,
    marks: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            received: Mutex::default(),
            start: Mutex::default(),
            marks: watch::Sender::new(0),
            released: watch::Sender::new(false),
        }
    }

    /// What was received since the start, or since it was forgotten.
    pub(super) fn read(&self) -> Received {
        let all = self.lock();
        let (connections, requests) = *self.start();
        Received {
            connections: all.connections - connections,
            tunnels: all.tunnels,
            requests: all.requests[requests..].to_vec(),
        }
    }

    pub(super) fn forget(&self) {
        let all = self.lock();
        *self.start() = (all.connections, all.requests.len());
    }

    fn start(&self) -> MutexGuard<'_, (usize, usize)> {
        self.start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tunnels(&self) -> usize {
        self.lock().tunnels
    }

    fn lock(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection's number.
    pub(super) fn connection(&self) -> usize {
        let mut received = self.lock();
        received.connections += 1;
        received.connections - 1
    }

    pub(super) fn tunnel(&self) {
        self.lock().tunnels += 1;
    }

    pub(super) fn request(&self, connection: usize, disowned: bool) -> RequestId {
        let mut received = self.lock();
        received.requests.push(Request {
            connection,
            body: Vec::new(),
            whole: false,
            disowned,
            answered: None,
        });
        RequestId(received.requests.len() - 1)
    }

    pub(super) fn received(&self, RequestId(request): RequestId, piece: &[u8], whole: bool) {
        let request = &mut self.lock().requests[request];
        request.body.extend(piece);
        request.whole |= whole;
    }

    pub(super) fn answered(&self, RequestId(request): RequestId, status: u16) {
        self.lock().requests[request].answered = Some(status);
    }

    pub(super) fn disowned(&self, RequestId(request): RequestId) {
        self.lock().requests[request].disowned = true;
    }

    /// Looks at a request.
    pub(super) fn is(
        &self,
        RequestId(request): RequestId,
        test: impl Fn(&Request) -> bool,
    ) -> bool {
        test(&self.lock().requests[request])
    }

    pub(super) fn mark(&self) {
        self.marks.send_modify(|marks| *marks += 1);
    }

    pub(super) fn marks(&self) -> watch::Receiver<usize> {
        self.marks.subscribe()
    }

    pub(super) fn release(&self) {
        self.released.send_replace(true);
    }

    pub(super) async fn until_released(&self) {
        // The sender lives as long as this.
        let _ = self
            .released
            .subscribe()
            .wait_for(|released| *released)
            .await;
    }
}
