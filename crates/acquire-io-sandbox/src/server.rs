//! What a running sandbox shares with its requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use tokio::sync::{Semaphore, watch};

use crate::access::Access;
use crate::account::Account;
use crate::answer::Strange;
use crate::check::Document;
use crate::fault::Rules;
use crate::ledger::Ledger;

/// The state behind all requests.
pub(crate) struct Server {
    pub(crate) document: Document,
    pub(crate) account: Account,
    pub(crate) rules: Rules,
    pub(crate) ledger: Arc<Ledger>,
    /// Makes every answer strange.
    pub(crate) strange: Option<Strange>,
    /// The time in answers, if not the real one.
    pub(crate) time: Option<SystemTime>,
    /// The longest body of a request, in bytes.
    pub(crate) body_limit: usize,
    /// Limit how many bodies are read at once. Checking one takes several times its size.
    pub(crate) small_bodies: Semaphore,
    pub(crate) large_bodies: Semaphore,
    /// How long a client may take for a body.
    pub(crate) client_timeout: Duration,
    pub(crate) access: Access,
    pub(crate) is_tls: bool,
    pub(crate) address: SocketAddr,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Server {
    /// Where the client that sent this request reaches it. Over HTTP/2 the host is a part of the URI.
    pub(crate) fn base_url(&self, request: &Parts) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        let authority = request.uri.authority().map(Authority::as_str);
        let header = || request.headers.get(HOST)?.to_str().ok();
        match authority.or_else(header) {
            Some(host) => format!("{scheme}://{host}"),
            None => format!("{scheme}://{}", self.address),
        }
    }
}
