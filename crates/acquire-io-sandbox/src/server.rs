//! What a running sandbox shares with its requests.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;

use crate::answer::Strange;
use crate::check::Document;
use crate::fault::Rules;
use crate::ledger::Ledger;
use crate::state::Account;

/// Everything that a request may need.
pub(crate) struct Server {
    pub(crate) document: Document,
    pub(crate) account: Account,
    pub(crate) rules: Rules,
    pub(crate) ledger: Arc<Ledger>,
    /// Makes every answer strange.
    pub(crate) strange: Option<Strange>,
    /// The time in answers, if it isn't the real one.
    pub(crate) time: Option<SystemTime>,
    /// The longest body of a request, in bytes.
    pub(crate) body_limit: usize,
    /// Whether only this machine can connect.
    pub(crate) is_loopback: bool,
    pub(crate) stopping: watch::Receiver<bool>,
}
