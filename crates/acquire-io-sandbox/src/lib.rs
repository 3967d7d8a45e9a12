#![doc = include_str!("../README.md")]

mod answer;
mod ledger;
mod server;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use ledger::Ledger;
pub use ledger::Received;

/// The API key that a sandbox expects when it isn't told another.
pub const DEFAULT_API_KEY: &str = "sandbox-key";

/// A running sandbox. Stops when dropped.
pub struct Sandbox {
    address: SocketAddr,
    api_key: String,
    ledger: Arc<Ledger>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts on a free port of 127.0.0.1, with [`DEFAULT_API_KEY`]. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(0, DEFAULT_API_KEY).await
    }

    /// Starts on a port of 127.0.0.1, 0 for a free one, with an API key.
    ///
    /// # Errors
    /// When the port can't be bound.
    pub async fn start_on(port: u16, api_key: impl Into<String>) -> io::Result<Self> {
        let api_key = api_key.into();
        let ledger = Arc::new(Ledger::default());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let router = server::router(Arc::clone(&ledger), api_key.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(async {
                    // An error means that the sandbox was dropped: stop as well.
                    let _ = stopped.await;
                })
                .await
        });
        Ok(Self {
            address,
            api_key,
            ledger,
            stop: Some(stop),
            server,
        })
    }

    /// Where it listens, for example `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The API key that it expects.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Every request that it received so far, in order of arrival, refused ones included.
    pub fn received(&self) -> Vec<Received> {
        self.ledger.all()
    }

    /// Stops: answers the requests that are under way, then closes.
    ///
    /// # Errors
    /// When the server failed.
    pub async fn stop(mut self) -> io::Result<()> {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has ended already.
            let _ = stop.send(());
        }
        self.server.await.map_err(io::Error::other)?
    }
}
