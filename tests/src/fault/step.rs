//! What a server does on a connection, step by step.

use std::time::Duration;

use super::Transport;
use super::answer::Answer;
use super::certificates::Identity;

/// One thing that a server does. When the steps are over it goes on reading, and recording, until the client
/// closes the connection, and never answers.
#[derive(Clone, Debug)]
pub enum Step {
    /// Does the server's side of a TLS handshake.
    Tls(Identity),
    /// HTTP/2: sends SETTINGS with open windows, and acknowledges the client's from now on.
    Greet,
    /// Waits until bytes arrive, and leaves them unread.
    Arrival,
    /// Reads the head of a request, and no more.
    Head,
    /// Reads a request up to this many bytes of its body.
    Body(usize),
    /// Reads a whole request.
    Message,
    /// Reads another whole request, though the one before is not answered.
    NextMessage,
    /// Sends an answer, or a part of it.
    Send(Part, Answer),
    /// Sends it in eight pieces with a pause after each.
    Slowly(Part, Answer, Duration),
    /// Sends bytes, in TLS if there is TLS.
    Bytes(Vec<u8>),
    /// Sends bytes that are no TLS record on a TLS connection.
    BelowTls(Vec<u8>),
    /// HTTP/2: sends SETTINGS.
    Settings(Vec<(u16, u32)>),
    /// HTTP/2: sends RST_STREAM with an error code. REFUSED_STREAM disowns the request.
    ResetStream(h2::Reason),
    /// HTTP/2: sends GOAWAY with an error code. Streams above the last are disowned.
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
    /// Waits for [`Server::release`](super::Server::release). In a [`Row`](super::Row) it comes after the call.
    UntilReleased,
    /// Wakes who waits in [`Server::marked`](super::Server::marked).
    Mark,
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
    /// The one before the newest request's, which is disowned. Before any request, none is processed, nor will
    /// be.
    Before,
    /// The request's own: it may have been processed.
    This,
    /// The highest of all, as servers name it that shut down gracefully.
    Highest,
}

/// The steps on one connection.
#[derive(Clone, Debug)]
pub struct Script {
    steps: Vec<Step>,
    bare: bool,
}

impl Script {
    /// Steps after the transport's own: a TLS handshake and HTTP/2's greeting, where it has them.
    pub fn new(steps: impl Into<Vec<Step>>) -> Self {
        Self {
            steps: steps.into(),
            bare: false,
        }
    }

    /// Steps from the connection's first byte.
    pub fn bare(steps: impl Into<Vec<Step>>) -> Self {
        Self {
            bare: true,
            ..Self::new(steps)
        }
    }

    pub(super) fn steps(&self, transport: Transport) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.bare {
            steps.extend(transport.is_tls().then_some(Step::Tls(Identity::Right)));
            steps.extend(transport.is_http2().then_some(Step::Greet));
        }
        steps.extend(self.steps.iter().cloned());
        steps
    }
}
