//! What a server does on a connection, step by step.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::answer::Answer;
use super::certificates::Identity;
use super::record::Request;
use super::wire::Transport;

/// One thing that a server does. When the steps are over it goes on reading, and recording, until the client
/// closes the connection, and never answers.
///
/// A step that reads goes on with the current request until it is answered or disowned; then with the next one. Over
/// HTTP/2, where many may arrive at once, that is the one that has waited longest, and those that the client has
/// given up are left out.
#[derive(Clone, Debug)]
pub enum Step {
    /// Does the server's side of a TLS handshake.
    Tls(Identity),
    /// HTTP/2: sends SETTINGS with open windows, and acknowledges the client's from now on.
    Greet,
    /// Waits until bytes arrive, and leaves them unread.
    Arrival,
    /// The same, but closes the connection when none arrive for this long.
    ArrivalWithin(Duration),
    /// Reads the head of a request, and no more. Also that of a `CONNECT` request to a proxy.
    Head,
    /// Reads a request up to this many bytes of its body.
    Body(usize),
    /// Reads a whole request.
    Message,
    /// Reads another whole request, though the one before is not answered.
    NextMessage,
    /// Does the steps that depend on the current request: see [`Step::choose`].
    Choose(Choice),
    /// Sends an answer, or a part of it.
    Send(Part, Answer),
    /// Sends it in eight pieces with a pause after each.
    Slowly(Part, Answer, Duration),
    /// Sends it again and again, as fast as the client reads, until the client closes the connection.
    Endlessly(Part, Answer),
    /// Sends bytes, in TLS if there is TLS.
    Bytes(Vec<u8>),
    /// Sends bytes that are no TLS record on a TLS connection.
    BelowTls(Vec<u8>),
    /// HTTP/2: sends SETTINGS.
    Settings(Vec<(u16, u32)>),
    /// HTTP/2: sends RST_STREAM with an error code. REFUSED_STREAM disowns the request.
    ResetStream(h2::Reason),
    /// HTTP/2: sends GOAWAY with an error code. Requests on streams above the last are disowned.
    GoAway(Last, h2::Reason),
    /// Sends a FIN, after TLS's farewell, and goes on reading.
    Fin,
    /// Sends a FIN without TLS's farewell, and goes on reading.
    BareFin,
    /// Closes the connection by a RST.
    Abort,
    /// Closes the socket. The kernel sends a FIN, or a RST if something is left unread.
    Close,
    /// Reads on until the client closes the connection.
    UntilClosed,
    /// Reads on until [`Server::release`](super::Server::release), then what else has come, and closes the socket.
    ReadUntilReleased,
    /// Keeps the connection open and reads no more, until the server is stopped.
    Hang,
    /// Waits.
    Pause(Duration),
    /// Waits less than a millisecond, for which timers are too coarse.
    Spin(Duration),
    /// Waits until this many requests have arrived whole, on all connections together.
    UntilWhole(usize),
    /// Waits for [`Server::release`](super::Server::release). In a [`Row`](super::Row) it comes after the call.
    UntilReleased,
    /// Wakes who waits in [`Server::marked`](super::Server::marked).
    Mark,
    /// Takes the current request out of the record, for servers that receive more of them than fit in memory.
    Forget,
}

type StepsFor = dyn Fn(&Request) -> Vec<Step> + Send + Sync;

/// See [`Step::choose`].
#[derive(Clone)]
pub struct Choice(Arc<StepsFor>);

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Choice")
    }
}

impl Choice {
    pub(super) fn steps(&self, request: &Request) -> Vec<Step> {
        self.0(request)
    }
}

impl Step {
    /// The steps that a function of the current request returns: what has been read of it.
    pub fn choose(steps: impl Fn(&Request) -> Vec<Self> + Send + Sync + 'static) -> Self {
        Self::Choose(Choice(Arc::new(steps)))
    }
}

/// A part of an answer.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// All of it.
    Whole,
    /// The head alone.
    Head,
    /// The first half of the head.
    HalfHead,
    /// The head and the first half of the body.
    HalfBody,
    /// The body alone, for after [`Part::Head`].
    Body,
}

/// The last stream that GOAWAY names.
#[derive(Clone, Copy, Debug)]
pub enum Last {
    /// The one before the current request's, which is disowned. Before any request, none is processed, nor will
    /// be.
    Before,
    /// The current request's own: it may have been processed.
    This,
    /// The highest of all, as servers name it that shut down gracefully.
    Highest,
}

/// The steps on one connection.
#[derive(Clone, Debug)]
pub struct Script {
    steps: Vec<Step>,
    bare: bool,
    repeated: bool,
    away: Option<Duration>,
}

impl Script {
    /// Steps after the transport's own: a TLS handshake and HTTP/2's greeting, where it has them.
    pub fn new(steps: impl Into<Vec<Step>>) -> Self {
        Self {
            steps: steps.into(),
            bare: false,
            repeated: false,
            away: None,
        }
    }

    /// Steps from the connection's first byte.
    pub fn bare(steps: impl Into<Vec<Step>>) -> Self {
        Self {
            bare: true,
            ..Self::new(steps)
        }
    }

    /// The same answer to each request.
    pub fn answering(answer: Answer) -> Self {
        Self::new([Step::Message, Step::Send(Part::Whole, answer)]).repeated()
    }

    /// Begins anew after the last step, with the next request, until the client closes the connection.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.repeated = true;
        self
    }

    /// The server doesn't listen for this long, from when it has accepted this connection.
    #[must_use]
    pub fn then_away(mut self, time: Duration) -> Self {
        self.away = Some(time);
        self
    }

    /// What comes before the steps.
    pub(super) fn opening(&self, transport: Transport) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.bare {
            steps.extend(transport.is_tls().then_some(Step::Tls(Identity::Right)));
            steps.extend(transport.is_http2().then_some(Step::Greet));
        }
        steps
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn is_repeated(&self) -> bool {
        self.repeated
    }

    pub(super) fn away(&self) -> Option<Duration> {
        self.away
    }
}

/// The scripts of a server: a list, of which the first connection runs the first script, the second the second, and
/// so on, and the last repeats; or a function of the connection's number, from 0.
pub struct Scripts(Box<dyn FnMut(usize) -> Option<Script> + Send>);

impl Scripts {
    pub(super) fn of(&mut self, connection: usize) -> Option<Script> {
        self.0(connection)
    }
}

impl From<Vec<Script>> for Scripts {
    fn from(scripts: Vec<Script>) -> Self {
        Self(Box::new(move |connection| {
            scripts.get(connection).or(scripts.last()).cloned()
        }))
    }
}

impl<const N: usize> From<[Script; N]> for Scripts {
    fn from(scripts: [Script; N]) -> Self {
        Vec::from(scripts).into()
    }
}

impl<F: FnMut(usize) -> Script + Send + 'static> From<F> for Scripts {
    fn from(mut script: F) -> Self {
        Self(Box::new(move |connection| Some(script(connection))))
    }
}
