//! A server that costs little: it reads a request and writes one documented answer.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::answers::ANSWERS;
use crate::measure::build;

/// Serves on a free port of loopback, while the process runs. The first answers are held back until so many requests
/// have arrived, and each answer for so long.
///
/// # Errors
/// When no port can be bound.
pub async fn start(hold: usize, latency: Duration) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let arrived = Arc::new(watch::Sender::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let arrived = Arc::clone(&arrived);
            let service = service_fn(move |request: Request<Incoming>| {
                let arrived = Arc::clone(&arrived);
                async move {
                    // What fails here fails at the client as well.
                    let _ = request.into_body().collect().await;
                    arrived.send_modify(|count| *count += 1);
                    let _ = arrived.subscribe().wait_for(|count| *count >= hold).await;
                    if !latency.is_zero() {
                        tokio::time::sleep(latency).await;
                    }
                    let answer = Full::new(Bytes::from_static(ANSWERS[0].body));
                    let mut response = Response::new(answer);
                    let json = HeaderValue::from_static("application/json");
                    response.headers_mut().insert(CONTENT_TYPE, json);
                    Ok::<_, Infallible>(response)
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(address)
}

/// A server in a process of its own.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts one that holds its first answers back until so many requests have arrived.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn spawn(hold: usize) -> anyhow::Result<Self> {
        Self::with(hold, Duration::ZERO)
    }

    /// Starts one that holds each answer for so long.
    ///
    /// # Errors
    /// When it doesn't start.
    pub fn spawn_with_latency(latency: Duration) -> anyhow::Result<Self> {
        Self::with(0, latency)
    }

    fn with(hold: usize, latency: Duration) -> anyhow::Result<Self> {
        let mut process = Command::new(build::beside(build::ITSELF)?)
            .args(["serve", &hold.to_string(), &latency.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        let stdout = process.stdout.take().context("the server has no output")?;
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Self {
            address: address.trim().parse()?,
            process,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends by itself otherwise, with its standard input.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
