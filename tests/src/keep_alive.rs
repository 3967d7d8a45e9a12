//! A server that answers each request by a function of it, and keeps connections open.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::server::{Request, read};

type Answers = dyn Fn(&Request) -> Vec<u8> + Send + Sync;

/// A server on loopback, for many requests in short time. Stops when dropped.
pub struct KeepAliveServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl KeepAliveServer {
    /// Starts on a free port. The function gives the whole answer, see [`response`].
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn answering(
        answers: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self {
            address: listener.local_addr()?,
            task: tokio::spawn(serve(listener, Arc::new(answers))),
        })
    }

    /// Where it listens, for example `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for KeepAliveServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A well-formed answer, apart from what the headers hold. For a status that has a body.
pub fn response(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut answer = format!("HTTP/1.1 {status} \r\ncontent-length: {length}\r\n").into_bytes();
    for (name, value) in headers {
        answer.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    answer.extend([b"\r\n", body].concat());
    answer
}

async fn serve(listener: TcpListener, answers: Arc<Answers>) {
    // Dropped with this task, which ends the connections.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let answers = Arc::clone(&answers);
        connections.spawn(async move {
            // It ends when the client closes it.
            let _ = exchanges(stream, &*answers).await;
        });
    }
}

async fn exchanges(stream: TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let request = read(&mut stream).await?;
        stream.write_all(&answers(&request)).await?;
    }
}
