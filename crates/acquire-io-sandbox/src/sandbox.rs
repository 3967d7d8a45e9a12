//! A running sandbox.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::fault::{ActiveFault, FaultRule};
use crate::inbox::{Conversation, acquire, conversations, curl};
use crate::ledger::{Arrivals, Filter, Received};
use crate::server::Server;

/// A running sandbox. Stops when dropped.
pub struct Sandbox {
    pub(crate) address: SocketAddr,
    pub(crate) is_tls: bool,
    pub(crate) server: Arc<Server>,
    pub(crate) stop: watch::Sender<bool>,
    /// Becomes true when no more requests can arrive.
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) task: JoinHandle<()>,
}

impl Sandbox {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, for example `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The first API key that it accepts.
    pub fn api_key(&self) -> &str {
        let keys = &self.server.account.seed.keys;
        keys.first().map_or("", |key| &key.key)
    }

    /// All requests that it received so far, in order of arrival, including refused ones, as far as the ledger's limits
    /// allow.
    pub fn received(&self) -> Vec<Received> {
        let entries = self.server.ledger.all();
        entries.iter().map(|entry| Received::clone(entry)).collect()
    }

    /// The requests that a filter matches, in order of arrival.
    ///
    /// ```
    /// use acquire_io_sandbox::{Channel, Filter, Sandbox};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = Sandbox::start().await?;
    /// let invoices = sandbox.find(&Filter::new().channel(Channel::Mail).text("invoice"));
    /// assert!(invoices.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(&self, filter: &Filter) -> Vec<Received> {
        let entries = self.server.ledger.all();
        let found = entries.iter().filter(|entry| filter.matches(entry));
        found.map(|entry| Received::clone(entry)).collect()
    }

    /// The conversations: the cases that messages were sent to, the one with the newest message first.
    pub fn conversations(&self) -> Vec<Conversation> {
        conversations(&self.server.ledger.all(), &self.server.account.seed)
    }

    /// A curl command that sends a request again. It takes the key from `ACQUIRE_API_KEY`.
    pub fn curl_command(&self, request: &Received) -> String {
        curl(request, &self.base_url())
    }

    /// An `acquire` command that sends a message again. None if the command can't send this request.
    pub fn acquire_command(&self, request: &Received) -> Option<String> {
        acquire(request)
    }

    /// Waits until this number of requests was received since the start or the last [`reset`](Self::reset), and
    /// returns what [`received`](Self::received) returns then.
    ///
    /// ```
    /// use std::io::{ErrorKind, Write};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let sandbox = acquire_io_sandbox::Sandbox::start().await?;
    /// let error = sandbox.wait_for(1, Duration::from_millis(10)).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TimedOut);
    ///
    /// let mut client = std::net::TcpStream::connect(sandbox.address())?;
    /// client.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    /// let received = sandbox.wait_for(1, Duration::from_secs(10)).await?;
    /// assert_eq!(received[0].uri, "/");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) when they have not arrived in time.
    pub async fn wait_for(&self, count: usize, within: Duration) -> io::Result<Vec<Received>> {
        let reached = self.server.ledger.reached(count as u64);
        match timeout(within, reached).await {
            Ok(()) => Ok(self.received()),
            Err(_) => {
                let received = self.server.ledger.received();
                let message = format!("{received} of {count} requests arrived within {within:?}");
                Err(io::Error::new(io::ErrorKind::TimedOut, message))
            }
        }
    }

    /// The requests from now on, as they arrive.
    pub fn arrivals(&self) -> Arrivals {
        self.arrivals_after(self.server.ledger.last())
    }

    /// The requests after a number.
    pub(crate) fn arrivals_after(&self, number: u64) -> Arrivals {
        let ledger = Arc::clone(&self.server.ledger);
        Arrivals::new(ledger, self.stopped.clone(), number)
    }

    /// Clears the ledger. The account and the numbering are unchanged.
    pub fn reset(&self) {
        self.server.ledger.reset();
    }

    /// The fault rules, and what they have done so far.
    pub fn faults(&self) -> Vec<ActiveFault> {
        self.server.rules.list()
    }

    /// Adds a fault rule after the others. Returns its number.
    ///
    /// # Errors
    /// When the rule can't work.
    pub fn add_fault(&self, rule: FaultRule) -> io::Result<u64> {
        rule.check()?;
        Ok(self.server.rules.add(rule).id)
    }

    /// Switches a fault rule on or off. Returns false if there is none with this number.
    pub fn switch_fault(&self, id: u64, enabled: bool) -> bool {
        self.server.rules.switch(id, enabled).is_some()
    }

    /// Removes a fault rule. Returns false if there is none with this number.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.server.rules.remove(id)
    }

    /// Replaces the fault rules.
    ///
    /// # Errors
    /// When a rule can't work. Nothing is replaced then.
    pub fn set_faults(&self, rules: Vec<FaultRule>) -> io::Result<()> {
        rules.iter().try_for_each(FaultRule::check)?;
        self.server.rules.replace_all(rules);
        Ok(())
    }

    /// Stops: answers the requests in progress, for up to five seconds, then closes.
    ///
    /// # Errors
    /// When the server failed, or the ledger's file is incomplete because it could not be written.
    pub async fn stop(self) -> io::Result<()> {
        self.stop.send_replace(true);
        self.task.await.map_err(io::Error::other)?;
        match self.server.ledger.take_file_error() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
