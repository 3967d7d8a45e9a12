//! Workers: they send what is in an outbox.

mod account;
mod event;
mod flights;
mod lease;
mod limits;
mod pace;
mod phase;
mod report;
mod run;
mod settings;
mod tally;
#[cfg(all(test, feature = "sqlite"))]
mod tests;
mod trace;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use acquire_io::{Client, Message};

use crate::error::Error;
use crate::outbox::Outbox;
use crate::record::RowId;
use run::Parts;
use settings::Settings;

pub use event::Event;
pub use report::{AccountReport, Counts, Report, StopReason};

/// Sends the messages of an outbox, for one account or several.
///
/// ```no_run
/// # use acquire_io::Client;
/// # use acquire_io_outbox::{Error, Outbox, Worker};
/// # async fn run(outbox: Outbox, acme: Client) -> Result<(), Error> {
/// let ctrl_c = async { drop(tokio::signal::ctrl_c().await) };
/// let report = Worker::new(outbox).account("acme", acme).run_until(ctrl_c).await?;
/// println!("{} accepted", report.counts().accepted);
/// # Ok(())
/// # }
/// ```
///
/// A worker claims only what it sends at once. Several workers can share an outbox, in one process or in several: no
/// message is sent by two of them. Each account of a worker is served for itself, so that one which is slow, paused or
/// stopped doesn't hold up the others.
///
/// An idle worker looks every 200 milliseconds for messages that another process inserted; what its own process inserts it
/// sends at once. Every 10 seconds it records that it is alive, for [`Standing::workers`](crate::Standing::workers).
///
/// # When the program ends
///
/// `run_until` ends gracefully: it claims nothing more, waits for what is being sent, and records it. When its future is
/// dropped instead, or the process is killed, the messages that were being sent, at most
/// [`in_flight`](Self::in_flight) for each account, are unknown when their lease ends; in a SQLite file they are so as
/// soon as somebody opens it and no other process has it open. No other message is affected.
#[must_use = "a worker does nothing until it runs"]
#[derive(Clone)]
pub struct Worker {
    outbox: Outbox,
    accounts: Vec<(String, Client)>,
    grace: Option<Duration>,
    settings: Settings,
}

impl Worker {
    /// How many messages of an account are sent at a time, unless [`in_flight`](Self::in_flight) says otherwise.
    pub const DEFAULT_IN_FLIGHT: u32 = 16;

    /// A worker with the defaults. It needs an [`account`](Self::account).
    pub fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            accounts: Vec::new(),
            grace: None,
            settings: Settings {
                in_flight: Self::DEFAULT_IN_FLIGHT,
                lease: lease::DEFAULT,
                stop_after_unknown: Some(100),
                stop_after_refusals: Some(20),
                give_up_after: None,
                stop_when_settled: false,
                observer: None,
                message_observer: None,
            },
        }
    }

    /// Serves an account: the one that messages are inserted for, and the client that sends them.
    ///
    /// The client's [`timeout`](acquire_io::ClientBuilder::timeout) bounds each send. Its retry policy is not used: the
    /// outbox itself tries again what was not sent.
    pub fn account(mut self, account: impl Into<String>, client: Client) -> Self {
        self.accounts.push((account.into(), client));
        self
    }

    /// How many messages of each account are sent at a time. Default: 16.
    ///
    /// It is also the number of messages of an account whose outcome is unknown at most when the process is killed.
    pub fn in_flight(mut self, messages: u32) -> Self {
        self.settings.in_flight = messages;
        self
    }

    /// How long a claim lasts, from 1 second to 24 hours. Default: 60 seconds.
    ///
    /// When a worker doesn't report within this time, the outcome of the message is unknown. So a lease must be longer than
    /// a send: a client's [`timeout`](acquire_io::ClientBuilder::timeout) must not be longer than four fifths of it. A
    /// tenth is kept for the clocks' differences: a message that has not begun to leave by then isn't sent, and is queued
    /// again.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long a stop waits for messages that are being sent. Default: the longest `timeout` of the clients and 5 seconds,
    /// which is enough for all of them to end.
    ///
    /// The outcome of a message that takes longer is unknown. Allow more time in what stops the process, such as
    /// `terminationGracePeriodSeconds` of Kubernetes or `TimeoutStopSec` of systemd.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// Stops serving an account after this number of unknown outcomes within an hour: each one is work for a person.
    /// Default: 100. None: never. Zero counts as 1.
    pub fn stop_after_unknown(mut self, messages: impl Into<Option<u32>>) -> Self {
        self.settings.stop_after_unknown = messages.into().map(|messages| messages.max(1));
        self
    }

    /// Stops serving an account after this number of messages in a row that were refused with 403, or with 404, and the same
    /// error code: something is wrong with the key or the account rather than with the messages. Default: 20. None: never.
    /// Zero counts as 1.
    pub fn stop_after_refusals(mut self, messages: impl Into<Option<u32>>) -> Self {
        self.settings.stop_after_refusals = messages.into().map(|messages| messages.max(1));
        self
    }

    /// Stops serving an account when messages are queued, and for this long none was settled: the server can't be reached,
    /// the account is paused, the messages are scheduled for later. Ends with an error when it is the store that failed for
    /// so long. Default: never.
    pub fn give_up_after(mut self, waited: Duration) -> Self {
        self.settings.give_up_after = Some(waited);
        self
    }

    /// Stops serving an account when all its messages are settled, or what is queued can't be sent without a person. For a
    /// batch. Default: waits for more.
    ///
    /// It waits for messages that are tried again, are scheduled, or whose account is paused, unless
    /// [`give_up_after`](Self::give_up_after) ends that.
    pub fn stop_when_settled(mut self) -> Self {
        self.settings.stop_when_settled = true;
        self
    }

    /// Calls a function with the account and what happened to it, for progress and metrics. It runs between two turns of
    /// that account, so it must be quick: send what takes long through a channel.
    ///
    /// ```no_run
    /// # use acquire_io_outbox::{Event, Outbox, Worker};
    /// # fn worker(outbox: Outbox) -> Worker {
    /// Worker::new(outbox).on_event(|account, event| match event {
    ///     Event::Settled { id, state, .. } => println!("{account}: message {id} is {state}"),
    ///     Event::Paused { why, .. } => println!("{account}: paused, {why}"),
    ///     _ => {}
    /// })
    /// # }
    /// ```
    pub fn on_event(mut self, observer: impl Fn(&str, &Event) + Send + Sync + 'static) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// Calls a function with the account and each message that was claimed, before its [`Event::Claimed`]. For programs that
    /// show people whom a message is for: events hold no content. It must be as quick as that of
    /// [`on_event`](Self::on_event).
    ///
    /// ```no_run
    /// # use acquire_io_outbox::{Outbox, Worker};
    /// # fn worker(outbox: Outbox) -> Worker {
    /// Worker::new(outbox).on_message(|_, id, message| println!("{id}: case {}", message.case().0))
    /// # }
    /// ```
    pub fn on_message(
        mut self,
        observer: impl Fn(&str, RowId, &Message) + Send + Sync + 'static,
    ) -> Self {
        self.settings.message_observer = Some(Arc::new(observer));
        self
    }

    /// Runs until `shutdown` ends, or no account is served any more: [`Report`] says why for each. It never ends on its own
    /// while there is nothing to do, unless it is to [stop then](Self::stop_when_settled).
    ///
    /// After `shutdown` it claims nothing more, and waits up to [`grace`](Self::grace) for what is being sent. Whoever can't
    /// wait so long drops the future: see [above](#when-the-program-ends).
    ///
    /// While the store fails, it tries again with growing delays, up to 10 seconds, and keeps the verdicts that it has.
    ///
    /// # Errors
    /// When a setting is wrong, the outbox sends an account's messages to another host, or the store fails and it is of no
    /// use to wait: it is closed or damaged.
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<Report, Error> {
        run::run(self.parts()?, shutdown).await
    }

    /// As [`run_until`](Self::run_until), without an end from outside.
    ///
    /// # Errors
    /// As [`run_until`](Self::run_until).
    pub async fn run(self) -> Result<Report, Error> {
        self.run_until(std::future::pending()).await
    }

    fn parts(self) -> Result<Parts, Error> {
        /// A longer wait is no wait that anyone wants.
        const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
        const MARGIN: Duration = Duration::from_secs(5);

        if self.settings.in_flight == 0 {
            return Err(Error::setting(
                "a worker that sends no message at a time sends none: `Worker::in_flight` is at least 1",
            ));
        }
        let mut accounts = BTreeMap::new();
        let mut longest = Duration::ZERO;
        for (account, client) in self.accounts {
            if account.is_empty() {
                return Err(Error::setting(
                    "an account's name is empty: name the Acquire account",
                ));
            }
            longest = longest.max(client.timeout());
            lease::check(self.settings.lease, &account, client.timeout())?;
            if accounts.contains_key(&account) {
                let text =
                    format!("account `{account}` is given twice: a worker has one client for each");
                return Err(Error::setting(text));
            }
            accounts.insert(account, client);
        }
        if accounts.is_empty() {
            return Err(Error::setting(
                "a worker needs an account: call `Worker::account`",
            ));
        }
        Ok(Parts {
            store: self.outbox.store,
            accounts,
            settings: Arc::new(self.settings),
            grace: self.grace.unwrap_or(longest + MARGIN).min(LONGEST),
        })
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts: Vec<_> = self.accounts.iter().map(|(account, _)| account).collect();
        f.debug_struct("Worker")
            .field("accounts", &accounts)
            .field("in_flight", &self.settings.in_flight)
            .field("lease", &self.settings.lease)
            .finish_non_exhaustive()
    }
}
