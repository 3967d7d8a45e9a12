//! A server that fails at random, and the ledger of what it received.
//!
//! A request names its call twice: `contactId` in the URL, which is in the head, and the text, which is in
//! the body. So the ledger tells for every call how many heads and how many whole messages arrived.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// Longer than any call may take.
const HANG: Duration = Duration::from_secs(5);

/// What the server received. Everything that it took from a socket is in one of the three.
#[derive(Clone, Default)]
pub struct Ledger {
    /// The call of every head that was read to its end.
    pub heads: Vec<i64>,
    /// The call of every message that was read in part only. At least one byte of its body arrived.
    pub parts: Vec<i64>,
    /// Every message that was read whole.
    pub messages: Vec<Message>,
}

/// A message that was read whole.
#[derive(Clone)]
pub struct Message {
    /// From the URL.
    pub call: i64,
    /// The body, byte for byte.
    pub body: Bytes,
    /// What the server then answered or tried to answer, if anything.
    pub answer: Option<Answer>,
}

/// An answer that the server gives.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// What it says about the message.
    pub meaning: Meaning,
    /// The whole body, which may be sent in part.
    pub body: &'static str,
}

/// What an answer says about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A 2xx.
    Accepts,
    /// A 4xx, or a 2xx with an error in place of data.
    Refuses,
    /// Anything else.
    Nothing,
}

const ACCEPTS: &[Answer] = &[
    answer(200, Meaning::Accepts, r#"{"data":{}}"#),
    answer(200, Meaning::Accepts, "<html>"),
    answer(201, Meaning::Accepts, "{}"),
];

const REFUSES: &[Answer] = &[
    answer(
        400,
        Meaning::Refuses,
        r#"{"error":{"code":"ERROR_INVALID_INPUT","message":"no"}}"#,
    ),
    answer(404, Meaning::Refuses, "<title>Not Found</title>"),
    answer(429, Meaning::Refuses, ""),
    answer(
        200,
        Meaning::Refuses,
        r#"{"error":{"code":"CHAT_ALREADY_JOINED","message":"no","data":null}}"#,
    ),
];

/// The redirects lead back here, so that following one shows in the ledger.
const MEANS_NOTHING: &[Answer] = &[
    answer(302, Meaning::Nothing, ""),
    answer(307, Meaning::Nothing, ""),
    answer(500, Meaning::Nothing, "{}"),
    answer(503, Meaning::Nothing, "down"),
];

const fn answer(status: u16, meaning: Meaning, body: &'static str) -> Answer {
    Answer {
        status,
        meaning,
        body,
    }
}

/// What the server does with one request.
#[derive(Clone, Copy)]
enum Fault {
    /// None: it reads the message and answers.
    Answer(Answer),
    /// Answers, and ends the exchange inside the body of the answer.
    Cut(Answer),
    /// Over HTTP/2 only: refuses the stream without reading the body.
    RefuseStream,
    /// Reads a part of the message, then closes or resets.
    ReadPart,
    /// Reads the message, then closes or resets without an answer.
    Silent,
    /// Reads the message, then does nothing for longer than the client waits.
    Hang,
}

impl Fault {
    fn pick(rng: &mut Rng) -> Self {
        let mut one_of = |answers: &[Answer]| answers[rng.usize(..answers.len())];
        let (accepts, refuses, nothing) = (one_of(ACCEPTS), one_of(REFUSES), one_of(MEANS_NOTHING));
        match rng.u8(..100) {
            0..50 => Self::Answer(accepts),
            50..60 => Self::Answer(refuses),
            60..68 => Self::Answer(nothing),
            68..74 => Self::Cut(accepts),
            74..80 => Self::RefuseStream,
            80..88 => Self::ReadPart,
            88..99 => Self::Silent,
            _ => Self::Hang,
        }
    }

    fn answer(self) -> Option<Answer> {
        match self {
            Self::Answer(answer) | Self::Cut(answer) => Some(answer),
            _ => None,
        }
    }
}

/// The protocol that a server speaks.
#[derive(Clone, Copy)]
pub enum Protocol {
    /// HTTP/1.1, with connections kept alive.
    Http1,
    /// HTTP/2 from the first byte, without TLS.
    Http2,
}

/// A server on loopback that fails at random, as drawn from a seed. Stops when dropped.
pub struct FaultyServer {
    address: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
    task: JoinHandle<()>,
}

impl FaultyServer {
    /// Starts on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(protocol: Protocol, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let ledger = Arc::default();
        let task = tokio::spawn(serve(
            protocol,
            listener,
            address,
            Rng::with_seed(seed),
            Arc::clone(&ledger),
        ));
        Ok(Self {
            address,
            ledger,
            task,
        })
    }

    /// Where it listens, most of the time.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it received so far.
    pub fn ledger(&self) -> Ledger {
        locked(&self.ledger, |ledger| ledger.clone())
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn locked<T>(ledger: &Mutex<Ledger>, change: impl FnOnce(&mut Ledger) -> T) -> T {
    change(&mut ledger.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn serve(
    protocol: Protocol,
    mut listener: TcpListener,
    address: SocketAddr,
    mut rng: Rng,
    ledger: Arc<Mutex<Ledger>>,
) {
    // Dropped with this task, which ends the connections.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let (rng_of_connection, ledger) = (rng.fork(), Arc::clone(&ledger));
        match rng.u8(..100) {
            // Closes before reading anything, by a reset half of the time.
            0..10 => end(&stream, &mut rng),
            _ => {
                connections.spawn(async move {
                    // An error is the client's doing, and for the client to tell.
                    let _ = match protocol {
                        Protocol::Http1 => http1(stream, rng_of_connection, &ledger).await,
                        Protocol::Http2 => http2(stream, rng_of_connection, ledger).await,
                    };
                });
            }
        }
        if rng.u8(..100) < 4 {
            drop(listener);
            sleep(Duration::from_millis(rng.u64(2..20))).await;
            listener = loop {
                match TcpListener::bind(address).await {
                    Ok(listener) => break listener,
                    Err(_) => sleep(Duration::from_millis(1)).await,
                }
            };
        }
    }
}

/// Makes the coming drop a reset in place of an orderly end, half of the time.
fn end(stream: &TcpStream, rng: &mut Rng) {
    if rng.bool() {
        // Where it fails the end is an orderly one.
        let _ = stream.set_zero_linger();
    }
}

async fn http1(stream: TcpStream, mut rng: Rng, ledger: &Mutex<Ledger>) -> crate::Result {
    let mut stream = BufReader::new(stream);
    loop {
        // Closes idle connections soon, so that the client often takes one that is about to end.
        let idle = Duration::from_micros(rng.u64(..5_000));
        match timeout(idle, stream.fill_buf()).await {
            Err(_) if rng.bool() => return Ok(()),
            Ok(Ok([])) => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            _ => {}
        }
        let (call, length) = read_head(&mut stream).await?;
        locked(ledger, |ledger| ledger.heads.push(call));

        let fault = Fault::pick(&mut rng);
        if matches!(fault, Fault::ReadPart) {
            let mut part = vec![0; rng.usize(1..length.max(2))];
            stream.read_exact(&mut part).await?;
            locked(ledger, |ledger| ledger.parts.push(call));
            end(stream.get_ref(), &mut rng);
            return Ok(());
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        locked(ledger, |ledger| {
            ledger.messages.push(Message {
                call,
                body: body.into(),
                answer: fault.answer(),
            });
        });
        match fault {
            Fault::Hang => {
                sleep(HANG).await;
                return Ok(());
            }
            Fault::Answer(answer) => stream.write_all(&http1_answer(answer)).await?,
            Fault::Cut(answer) => {
                let whole = http1_answer(answer);
                let cut = &whole[..rng.usize(..whole.len())];
                stream.write_all(cut).await?;
                return Ok(());
            }
            Fault::ReadPart | Fault::RefuseStream | Fault::Silent => {
                end(stream.get_ref(), &mut rng);
                return Ok(());
            }
        }
    }
}

/// The call and the length of the body.
async fn read_head(stream: &mut BufReader<TcpStream>) -> io::Result<(i64, usize)> {
    let mut head = String::new();
    loop {
        match stream.read_line(&mut head).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ if head.ends_with("\r\n\r\n") => break,
            _ => {}
        }
    }
    let target = head.split_ascii_whitespace().nth(1).unwrap_or_default();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let known = call_of(target).zip(length);
    known.ok_or_else(|| io::Error::other("the client doesn't make such a head"))
}

fn call_of(target: &str) -> Option<i64> {
    target.split_once("contactId=")?.1.parse().ok()
}

fn http1_answer(answer: Answer) -> Vec<u8> {
    let Answer { status, body, .. } = answer;
    let location = match status {
        302 | 307 => "location: /again?contactId=0\r\n",
        _ => "",
    };
    let length = body.len();
    format!("HTTP/1.1 {status} \r\n{location}content-length: {length}\r\n\r\n{body}").into_bytes()
}

async fn http2(stream: TcpStream, mut rng: Rng, ledger: Arc<Mutex<Ledger>>) -> crate::Result {
    let mut connection = h2::server::handshake(stream).await?;
    let mut streams_left = rng.u32(1..300);
    let mut streams = JoinSet::new();
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted?;
        streams.spawn(http2_stream(
            request,
            respond,
            rng.fork(),
            Arc::clone(&ledger),
        ));
        streams_left -= 1;
        if streams_left > 0 {
            continue;
        }
        match rng.u8(..4) {
            // The streams under way end with it.
            0 => return Ok(()),
            1 => connection.abrupt_shutdown(Reason::INTERNAL_ERROR),
            2 => connection.abrupt_shutdown(Reason::NO_ERROR),
            // The streams under way are answered.
            _ => connection.graceful_shutdown(),
        }
        streams_left = u32::MAX;
    }
    Ok(())
}

async fn http2_stream(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    mut rng: Rng,
    ledger: Arc<Mutex<Ledger>>,
) -> crate::Result {
    let call = call_of(request.uri().query().unwrap_or_default()).unwrap_or_default();
    locked(&ledger, |ledger| ledger.heads.push(call));

    let fault = Fault::pick(&mut rng);
    match fault {
        Fault::RefuseStream => {
            respond.send_reset(Reason::REFUSED_STREAM);
            return Ok(());
        }
        Fault::ReadPart => {
            respond.send_reset(Reason::INTERNAL_ERROR);
            return Ok(());
        }
        _ => {}
    }
    let mut body = Vec::new();
    let mut stream = request.into_body();
    while let Some(data) = stream.data().await {
        let data = data?;
        body.extend_from_slice(&data);
        stream.flow_control().release_capacity(data.len())?;
    }
    locked(&ledger, |ledger| {
        ledger.messages.push(Message {
            call,
            body: body.into(),
            answer: fault.answer(),
        });
    });
    match fault {
        Fault::Hang => sleep(HANG).await,
        Fault::Answer(answer) => {
            let mut stream = respond.send_response(http2_head(answer), false)?;
            stream.send_data(answer.body.into(), true)?;
        }
        Fault::Cut(answer) => {
            let mut stream = respond.send_response(http2_head(answer), false)?;
            // Lets the head go out first: a reset takes the frames that wait with it.
            sleep(Duration::from_millis(2)).await;
            stream.send_reset(Reason::INTERNAL_ERROR);
        }
        Fault::ReadPart | Fault::RefuseStream | Fault::Silent => {
            respond.send_reset(Reason::INTERNAL_ERROR);
        }
    }
    Ok(())
}

fn http2_head(answer: Answer) -> Response<()> {
    let mut head = Response::new(());
    *head.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    if head.status().is_redirection() {
        *head.headers_mut() = HeaderMap::from_iter([(
            http::header::LOCATION,
            http::HeaderValue::from_static("/again?contactId=0"),
        )]);
    }
    head
}
