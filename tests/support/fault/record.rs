//! What a server received.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::answer::Answer;

/// All that a server received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Accepted connections.
    pub connections: usize,
    /// The heads of `CONNECT` requests to a proxy.
    pub tunnels: Vec<String>,
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
    /// Over HTTP/1.1 the request line and the headers, up to and with the empty line. Empty over HTTP/2, where it
    /// isn't decoded.
    pub head: String,
    /// As much of the body as was read.
    pub body: Vec<u8>,
    /// Whether the body was read to its end.
    pub whole: bool,
    /// Whether the server said, over HTTP/2, that it did not process the request.
    pub disowned: bool,
    /// The answer, once its head was sent. Of its body only a part may have been.
    pub answered: Option<Answer>,
}

impl Request {
    /// The status that it was answered with.
    pub fn status(&self) -> Option<u16> {
        self.answered.as_ref().and_then(Answer::final_status)
    }

    pub(super) fn is_open(&self) -> bool {
        self.answered.is_none() && !self.disowned
    }
}

/// Names a request of a server. They count up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequestId(usize);

/// A request on its connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) request: RequestId,
    /// HTTP/2's. Over HTTP/1.1 it is 1.
    pub(super) stream: u32,
}

/// What a reader came upon.
pub(super) enum Arrival {
    /// The head of a request.
    Request(Exchange),
    /// The head of a `CONNECT` request to a proxy.
    Tunnel,
    /// Over HTTP/2, RST_STREAM: the client has given the request up.
    Reset(u32),
    /// Anything else.
    Other,
}

pub(super) struct Record {
    state: Mutex<State>,
    /// How many requests have arrived whole.
    whole: watch::Sender<usize>,
    marks: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    connections: usize,
    tunnels: Vec<String>,
    requests: BTreeMap<RequestId, Request>,
    next_request: usize,
    /// How many connections, and which requests, are before the start of what is reported.
    start: (usize, usize),
}

impl Record {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            whole: watch::Sender::new(0),
            marks: watch::Sender::new(0),
            released: watch::Sender::new(false),
        }
    }

    /// What was received since the start, or since it was forgotten.
    pub(super) fn read(&self) -> Received {
        let state = self.lock();
        let (connections, first) = state.start;
        let requests = state.requests.range(RequestId(first)..);
        Received {
            connections: state.connections - connections,
            tunnels: state.tunnels.clone(),
            requests: requests.map(|(_, request)| request.clone()).collect(),
        }
    }

    pub(super) fn forget_all(&self) {
        let mut state = self.lock();
        state.start = (state.connections, state.next_request);
    }

    pub(super) fn forget(&self, request: RequestId) {
        self.lock().requests.remove(&request);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the connection's number.
    pub(super) fn connection(&self) -> usize {
        let mut state = self.lock();
        state.connections += 1;
        state.connections - 1
    }

    pub(super) fn tunnel(&self, head: String) {
        self.lock().tunnels.push(head);
    }

    pub(super) fn request(&self, connection: usize, head: String, disowned: bool) -> RequestId {
        let mut state = self.lock();
        let id = RequestId(state.next_request);
        state.next_request += 1;
        let request = Request {
            connection,
            head,
            body: Vec::new(),
            whole: false,
            disowned,
            answered: None,
        };
        state.requests.insert(id, request);
        id
    }

    pub(super) fn received(&self, request: RequestId, piece: &[u8], whole: bool) {
        self.change(request, |request| {
            request.body.extend(piece);
            request.whole |= whole;
        });
        if whole {
            self.whole.send_modify(|whole| *whole += 1);
        }
    }

    pub(super) fn answered(&self, request: RequestId, answer: Answer) {
        self.change(request, |request| request.answered = Some(answer));
    }

    pub(super) fn disowned(&self, request: RequestId) {
        self.change(request, |request| request.disowned = true);
    }

    fn change(&self, request: RequestId, change: impl FnOnce(&mut Request)) {
        if let Some(request) = self.lock().requests.get_mut(&request) {
            change(request);
        }
    }

    /// Looks at a request. None if it is forgotten.
    pub(super) fn look<T>(
        &self,
        request: RequestId,
        look: impl FnOnce(&Request) -> T,
    ) -> Option<T> {
        self.lock().requests.get(&request).map(look)
    }

    pub(super) async fn until_whole(&self, count: usize) {
        // The sender lives as long as this.
        let _ = self
            .whole
            .subscribe()
            .wait_for(|whole| *whole >= count)
            .await;
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
