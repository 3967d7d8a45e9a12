//! A server that answers with given bytes, well-formed or not.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A request as it was received.
#[derive(Clone)]
pub struct Request {
    /// The request line and the headers, up to and with the empty line.
    pub head: String,
    /// As many bytes as `Content-Length` tells.
    pub body: Vec<u8>,
}

/// A server on loopback. On each connection it reads one request, writes the same bytes, and closes.
/// Stops when dropped.
pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts on a free port. The bytes are the whole answer, see [`response`]; none closes the connection
    /// without a word.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn answering(answer: impl Into<Vec<u8>>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, answer.into().into(), Arc::clone(&requests)));
        Ok(Self {
            address,
            requests,
            task,
        })
    }

    /// Where it listens, for example `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request that it has read whole. One is here before its answer is written.
    pub fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A well-formed JSON answer, for example with status `200 OK`.
pub fn response(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

async fn serve(listener: TcpListener, answer: Arc<[u8]>, requests: Arc<Mutex<Vec<Request>>>) {
    // Dropped with this task, which ends the connections.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
        connections.spawn(async move {
            // An error is the client's doing, and for the client to tell.
            let _ = exchange(stream, &answer, &requests).await;
        });
    }
}

async fn exchange(
    stream: TcpStream,
    answer: &[u8],
    requests: &Mutex<Vec<Request>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream).await?;
    requests
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request);
    stream.write_all(answer).await?;
    stream.shutdown().await
}

pub(crate) async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Request> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let start = head.len();
        if stream.read_line(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = head[start..].trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Request { head, body })
}
