//! One connection of a server: does its script's steps.

use std::collections::VecDeque;
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
use super::record::{Arrival, Exchange, Record, Request};
use super::step::{Choice, Last, Part, Script, Step};
use super::wire::{Transport, Wire};
use super::{http1, http2};

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

/// A connection at work: what it is, and how far it has come.
struct Session {
    connection: Connection,
    reader: Reader,
    /// Requests that have arrived and that no step has taken up, oldest first.
    waiting: VecDeque<Exchange>,
    /// The request that was taken up last.
    latest: Option<Exchange>,
    /// Whether no more is done about that one, though it is neither answered nor disowned.
    left: bool,
    /// Whether the client has asked for a tunnel.
    tunnels: bool,
    /// An answer that no request had asked for. A client may take it for the answer to its next one.
    premature: Option<Answer>,
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
        let mut steps: VecDeque<_> = script.opening(self.transport).into();
        steps.extend(script.steps().iter().cloned());
        tcp.set_nodelay(true)?;
        let mut wire = Wire::Plain(tcp);
        let mut session = Session {
            connection: self,
            reader,
            waiting: VecDeque::new(),
            latest: None,
            left: false,
            tunnels: false,
            premature: None,
        };
        loop {
            match steps.pop_front() {
                Some(Step::Choose(choice)) => {
                    for step in session.choose(&choice).into_iter().rev() {
                        steps.push_front(step);
                    }
                }
                Some(step) => match session.step(wire, step).await? {
                    ControlFlow::Continue(next) => wire = next,
                    ControlFlow::Break(()) => return Ok(()),
                },
                None if script.is_repeated() => {
                    session.left = true;
                    steps.extend(script.steps().iter().cloned());
                }
                None => break,
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
            Step::ArrivalWithin(time) => {
                let Ok(arrived) = time::timeout(time, wire.tcp().peek(&mut [0])).await else {
                    return Ok(ControlFlow::Break(()));
                };
                arrived?;
            }
            Step::Head => {
                // A request to a proxy has no body, and is none of ours.
                while self.take_up().is_none() && !self.advance(&mut wire, usize::MAX).await? {}
            }
            Step::Body(length) => loop {
                let read = self.look(|request| request.body.len());
                match read.map(|read| length.saturating_sub(read)) {
                    Some(0) => break,
                    missing => {
                        let most = missing.unwrap_or(usize::MAX);
                        self.advance(&mut wire, most).await?;
                    }
                }
            },
            Step::Message => self.read_whole(&mut wire).await?,
            Step::NextMessage => {
                self.left = true;
                self.read_whole(&mut wire).await?;
            }
            // Done by the loop over the steps, which has more to do afterwards.
            Step::Choose(_) => {}
            Step::Send(part, answer) => {
                let bytes = self.bytes_of(part, &answer);
                send(&mut wire, &bytes).await?;
            }
            Step::Slowly(part, answer, pause) => {
                let bytes = self.bytes_of(part, &answer);
                for piece in bytes.chunks(bytes.len().div_ceil(8)) {
                    send(&mut wire, piece).await?;
                    time::sleep(pause).await;
                }
            }
            Step::Endlessly(part, answer) => {
                let bytes = self.bytes_of(part, &answer).repeat(100);
                let mut stopped = self.connection.stopped.clone();
                loop {
                    tokio::select! {
                        sent = send(&mut wire, &bytes) => sent?,
                        _ = stopped.wait_for(|stopped| *stopped) => return Ok(ControlFlow::Break(())),
                    }
                }
            }
            Step::Bytes(bytes) => send(&mut wire, &bytes).await?,
            Step::BelowTls(bytes) => wire.tcp().write_all(&bytes).await?,
            Step::Settings(values) => send(&mut wire, &http2::settings(&values)).await?,
            Step::ResetStream(reason) => {
                if let (Reason::REFUSED_STREAM, Some(latest)) = (reason, self.latest) {
                    self.connection.record.disowned(latest.request);
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
                for arrived in self.latest.iter().chain(&self.waiting) {
                    if arrived.stream > last_stream {
                        self.connection.record.disowned(arrived.request);
                    }
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
            Step::UntilWhole(count) => self.connection.record.until_whole(count).await,
            Step::UntilReleased => self.connection.record.until_released().await,
            Step::Mark => self.connection.record.mark(),
            Step::Forget => {
                if let Some(latest) = self.latest {
                    self.connection.record.forget(latest.request);
                    self.left = true;
                }
            }
        }
        Ok(ControlFlow::Continue(wire))
    }

    /// Reads one piece, of a body no more than `most`. Returns whether it was a request to a proxy.
    async fn advance(&mut self, wire: &mut Wire, most: usize) -> io::Result<bool> {
        let Connection { record, number, .. } = &self.connection;
        let arrival = match &mut self.reader {
            Reader::Http1(reader) => reader.advance(wire, record, *number, most).await?,
            Reader::Http2(reader) => reader.advance(wire, record, *number).await?,
        };
        match arrival {
            Arrival::Request(arrived) => {
                if let Some(answer) = self.premature.take() {
                    self.connection.record.answered(arrived.request, answer);
                }
                self.waiting.push_back(arrived);
            }
            Arrival::Tunnel => {
                self.tunnels = true;
                return Ok(true);
            }
            Arrival::Reset(stream) => {
                self.waiting.retain(|waiting| waiting.stream != stream);
                let Some(latest) = self.latest.filter(|latest| latest.stream == stream) else {
                    return Ok(false);
                };
                let record = &self.connection.record;
                // A whole one may still be answered: servers don't know better.
                self.left |= record.look(latest.request, |request| !request.whole) == Some(true);
            }
            Arrival::Other => {}
        }
        Ok(false)
    }

    async fn read_until_closed(&mut self, wire: &mut Wire) {
        while self.advance(wire, usize::MAX).await.is_ok() {}
    }

    async fn read_whole(&mut self, wire: &mut Wire) -> io::Result<()> {
        while self.look(|request| request.whole) != Some(true) {
            self.advance(wire, usize::MAX).await?;
        }
        Ok(())
    }

    /// The request that was taken up last, if there is more to do about it.
    fn current(&self) -> Option<Exchange> {
        let record = &self.connection.record;
        let is_open = |exchange: &Exchange| record.look(exchange.request, Request::is_open);
        self.latest
            .filter(|latest| !self.left && is_open(latest) == Some(true))
    }

    /// The current request, or the next one if it has arrived.
    fn take_up(&mut self) -> Option<Exchange> {
        while self.current().is_none() {
            self.latest = Some(self.waiting.pop_front()?);
            self.left = false;
        }
        self.latest
    }

    /// Looks at what [`Self::take_up`] returns.
    fn look<T>(&mut self, look: impl FnOnce(&Request) -> T) -> Option<T> {
        let request = self.take_up()?.request;
        self.connection.record.look(request, look)
    }

    fn choose(&mut self, choice: &Choice) -> Vec<Step> {
        let request = self.look(Request::clone);
        request.map_or_else(Vec::new, |request| choice.steps(&request))
    }

    /// The stream of the latest request; that of the first before there is one.
    fn stream(&self) -> u32 {
        self.latest.map_or(1, |latest| latest.stream)
    }

    /// The bytes of a part. Notes the answer as given once its head is.
    fn bytes_of(&mut self, part: Part, answer: &Answer) -> Vec<u8> {
        let head_is_sent = matches!(part, Part::Whole | Part::Head | Part::HalfBody);
        if head_is_sent && answer.final_status().is_some() {
            let record = &self.connection.record;
            match (self.current(), &self.reader) {
                (Some(current), _) => record.answered(current.request, answer.clone()),
                // A tunnel's answer is for the tunnel.
                (None, _) if self.tunnels => {}
                // A second answer on a stream is for nobody.
                (None, Reader::Http2(_)) if self.latest.is_some() => {}
                (None, _) => self.premature = Some(answer.clone()),
            }
        }
        let (first, second) = answer.halves();
        let (head, first_half, second_half) = match &self.reader {
            Reader::Http1(_) => (http1::head(answer), first.to_vec(), second.to_vec()),
            Reader::Http2(_) => {
                let stream = self.stream();
                (
                    http2::headers(stream, answer),
                    http2::data(stream, first, false),
                    http2::data(stream, second, true),
                )
            }
        };
        match part {
            Part::Whole => [head, first_half, second_half].concat(),
            Part::Head => head,
            Part::HalfHead => head[..head.len() / 2].to_vec(),
            Part::HalfBody => [head, first_half].concat(),
            Part::Body => [first_half, second_half].concat(),
        }
    }
}

async fn send(wire: &mut Wire, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}
