//! One connection of a server: does its script's steps.

use std::io;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use h2::Reason;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::{task, time};

use super::answer::Answer;
use super::certificates;
use super::record::{Record, Request, RequestId};
use super::step::{Last, Part, Script, Step};
use super::wire::Wire;
use super::{Transport, http1, http2};

/// Enough to read what has arrived.
const REST: Duration = Duration::from_millis(300);

pub(super) struct Connection {
    transport: Transport,
    number: usize,
    record: Arc<Record>,
    stopped: watch::Receiver<bool>,
}

enum Reader {
    Http1(http1::Reader),
    Http2(http2::Reader),
}

/// A connection at work: what it is, and how far it has read.
struct Session {
    connection: Connection,
    reader: Reader,
    /// The status of an answer that no request had asked for. A client may take it for the answer to its next
    /// one.
    premature: Option<u16>,
}

impl Connection {
    pub(super) fn new(
        transport: Transport,
        record: Arc<Record>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            transport,
            number: record.connection(),
            record,
            stopped,
        }
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) async fn run(self, tcp: TcpStream, script: Script) -> io::Result<()> {
        let reader = if self.transport.is_http2() {
            Reader::Http2(http2::Reader::default())
        } else {
            Reader::Http1(http1::Reader::default())
        };
        let steps = script.steps(self.transport);
        let mut wire = Wire::Plain(tcp);
        let mut session = Session {
            connection: self,
            reader,
            premature: None,
        };
        for step in steps {
            match session.step(wire, step).await? {
                ControlFlow::Continue(next) => wire = next,
                ControlFlow::Break(()) => return Ok(()),
            }
        }
        session.read_until_closed(&mut wire).await;
        Ok(())
    }
}

impl Session {
    async fn step(&mut self, mut wire: Wire, step: Step) -> io::Result<ControlFlow<(), Wire>> {
        match step {
            Step::Tls(identity) => {
                let Wire::Plain(tcp) = wire else {
                    return Err(io::Error::other("TLS in TLS"));
                };
                let acceptor = certificates::acceptor(identity, self.connection.transport)
                    .map_err(io::Error::other)?;
                wire = Wire::Tls(Box::new(acceptor.accept(tcp).await?));
            }
            Step::Greet => {
                if let Reader::Http2(reader) = &mut self.reader {
                    reader.polite = true;
                }
                send(&mut wire, &http2::greeting()).await?;
            }
            Step::Arrival => {
                wire.tcp().peek(&mut [0]).await?;
            }
            Step::Head => {
                while self.current().is_none() {
                    // A request to a proxy has no body, and is none of ours.
                    if self.advance(&mut wire).await? {
                        break;
                    }
                }
            }
            Step::Body(length) => {
                while !self.current_is(|request| request.body.len() >= length) {
                    self.advance(&mut wire).await?;
                }
            }
            Step::Message => {
                while !self.current_is(|request| request.whole) {
                    self.advance(&mut wire).await?;
                }
            }
            Step::NextMessage => {
                let previous = self.newest();
                while self.newest() == previous || !self.current_is(|request| request.whole) {
                    self.advance(&mut wire).await?;
                }
            }
            Step::Send(part, answer) => {
                let bytes = self.spell(part, &answer);
                send(&mut wire, &bytes).await?;
            }
            Step::Slowly(part, answer, pause) => {
                let bytes = self.spell(part, &answer);
                for piece in bytes.chunks(bytes.len().div_ceil(8)) {
                    send(&mut wire, piece).await?;
                    time::sleep(pause).await;
                }
            }
            Step::Bytes(bytes) => send(&mut wire, &bytes).await?,
            Step::BelowTls(bytes) => wire.tcp().write_all(&bytes).await?,
            Step::Settings(values) => send(&mut wire, &http2::settings(&values)).await?,
            Step::ResetStream(reason) => {
                if let (Reason::REFUSED_STREAM, Some(request)) = (reason, self.newest()) {
                    self.connection.record.disowned(request);
                }
                send(&mut wire, &http2::reset(self.stream(), reason.into())).await?;
            }
            Step::GoAway(last, reason) => {
                let last_stream = match last {
                    Last::Before => self.stream().saturating_sub(2),
                    Last::This => self.stream(),
                    Last::Highest => u32::MAX >> 1,
                };
                if let Reader::Http2(reader) = &mut self.reader {
                    // Also for streams that the client opens before it reads this.
                    reader.last_stream = Some(last_stream);
                }
                if let (Last::Before, Some(request)) = (last, self.newest()) {
                    self.connection.record.disowned(request);
                }
                send(&mut wire, &http2::go_away(last_stream, reason.into())).await?;
            }
            Step::Fin => wire.shutdown().await?,
            Step::BareFin => wire.tcp().shutdown().await?,
            Step::Abort => {
                wire.tcp().set_zero_linger()?;
                return Ok(ControlFlow::Break(()));
            }
            Step::Close => return Ok(ControlFlow::Break(())),
            Step::UntilClosed => self.read_until_closed(&mut wire).await,
            Step::ReadUntilReleased => {
                let record = Arc::clone(&self.connection.record);
                let mut reading = pin!(self.read_until_closed(&mut wire));
                tokio::select! {
                    () = &mut reading => {}
                    () = record.until_released() => {
                        let _ = time::timeout(REST, reading).await;
                    }
                }
                return Ok(ControlFlow::Break(()));
            }
            Step::Hang => {
                // An error means that the server is gone.
                let _ = self.connection.stopped.wait_for(|stopped| *stopped).await;
                return Ok(ControlFlow::Break(()));
            }
            Step::Pause(pause) => time::sleep(pause).await,
            Step::Spin(time) => {
                let start = Instant::now();
                while start.elapsed() < time {
                    task::yield_now().await;
                }
            }
            Step::UntilReleased => self.connection.record.until_released().await,
            Step::Mark => self.connection.record.mark(),
        }
        Ok(ControlFlow::Continue(wire))
    }

    /// Reads one piece. Returns whether it was a request to a proxy.
    async fn advance(&mut self, wire: &mut Wire) -> io::Result<bool> {
        let Connection { record, number, .. } = &self.connection;
        let tunnels = record.tunnels();
        match &mut self.reader {
            Reader::Http1(reader) => reader.advance(wire, record, *number).await?,
            Reader::Http2(reader) => reader.advance(wire, record, *number).await?,
        }
        if let Some(request) = self.newest()
            && let Some(status) = self.premature.take()
        {
            self.connection.record.answered(request, status);
        }
        Ok(self.connection.record.tunnels() > tunnels)
    }

    async fn read_until_closed(&mut self, wire: &mut Wire) {
        while self.advance(wire).await.is_ok() {}
    }

    fn newest(&self) -> Option<RequestId> {
        match &self.reader {
            Reader::Http1(reader) => reader.current(),
            Reader::Http2(reader) => reader.current(),
        }
    }

    /// The newest request, if it is neither answered nor disowned.
    fn current(&self) -> Option<RequestId> {
        let record = &self.connection.record;
        self.newest()
            .filter(|request| record.is(*request, Request::is_open))
    }

    fn current_is(&self, test: impl Fn(&Request) -> bool) -> bool {
        self.current()
            .is_some_and(|request| self.connection.record.is(request, test))
    }

    fn stream(&self) -> u32 {
        match &self.reader {
            Reader::Http1(_) => 0,
            Reader::Http2(reader) => reader.stream(),
        }
    }

    /// The bytes of a part. Notes the answer as given once its head is.
    fn spell(&mut self, part: Part, answer: &Answer) -> Vec<u8> {
        let stream = matches!(self.reader, Reader::Http2(_)).then(|| self.stream());
        let encoded = answer.encode(stream);
        let head_is_sent = matches!(part, Part::Whole | Part::Head | Part::HalfBody);
        if head_is_sent && let Some(status) = answer.final_status() {
            match self.current() {
                Some(request) => self.connection.record.answered(request, status),
                // A tunnel's answer is for the tunnel.
                None if self.connection.record.tunnels() > 0 => {}
                None => self.premature = Some(status),
            }
        }
        match part {
            Part::Whole => [encoded.head, encoded.first_half, encoded.second_half].concat(),
            Part::Head => encoded.head,
            Part::HalfHead => encoded.head[..encoded.head.len() / 2].to_vec(),
            Part::HalfBody => [encoded.head, encoded.first_half].concat(),
            Part::Body => [encoded.first_half, encoded.second_half].concat(),
        }
    }
}

async fn send(wire: &mut Wire, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}
