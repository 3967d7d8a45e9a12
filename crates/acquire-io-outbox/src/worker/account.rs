//! The run of one account: it takes turns with the store, and sends what they claim.

use std::sync::Arc;
use std::time::Duration;

use acquire_io::Client;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::event::Event;
use super::flights::{Ended, Flights};
use super::lease::Began;
use super::limits::{self, Limits};
use super::pace::{Load, Pace};
use super::phase::{Phase, Watched};
use super::report::{AccountReport, Counts, StopReason};
use super::settings::Settings;
use super::{tally, trace};
use crate::error::Error;
use crate::record::RowId;
use crate::store::{Paused, Store, Token, Turn, Turned};

/// How often a worker that is to stop when all is settled counts what is left, while that can't be told otherwise.
const LOOK: Duration = Duration::from_secs(1);

pub(super) struct AccountRun {
    account: String,
    client: Client,
    worker: Arc<str>,
    store: Arc<dyn Store>,
    settings: Arc<Settings>,
    pace: Pace,
    limits: Limits,
    flights: Flights,
    /// Verdicts that no turn has committed.
    ended: Vec<Ended>,
    /// The tokens of turns of which it isn't known whether they were committed. Nothing of them was sent.
    lost: Vec<Token>,
    counts: Counts,
    paused: Option<Paused>,
    /// Since when the store fails.
    failing_since: Option<Instant>,
    /// When a message was settled last, or none was queued.
    progress_at: Instant,
    look_at: Option<Instant>,
    stop: Option<StopReason>,
}

impl AccountRun {
    pub(super) fn new(
        account: String,
        client: Client,
        worker: Arc<str>,
        store: Arc<dyn Store>,
        settings: Arc<Settings>,
    ) -> Self {
        let now = Instant::now();
        Self {
            account,
            client,
            worker,
            store,
            pace: Pace::new(now),
            limits: Limits::new(settings.stop_after_unknown, settings.stop_after_refusals),
            settings,
            flights: Flights::default(),
            ended: Vec::new(),
            lost: Vec::new(),
            counts: Counts::default(),
            paused: None,
            failing_since: None,
            progress_at: now,
            look_at: None,
            stop: None,
        }
    }

    /// Runs until something stops it.
    ///
    /// # Errors
    /// When the store fails for good.
    pub(super) async fn run(mut self, mut phase: Watched) -> Result<AccountReport, Error> {
        let store = Arc::clone(&self.store);
        let mut wake = store.wake().subscribe();
        let mut over = phase.clone();
        while !self.is_done() {
            let due = self.pace.due(self.load());
            tokio::select! {
                biased;
                () = over.reached(Phase::Over) => break,
                () = phase.reached(Phase::Stopping), if self.stop.is_none() => self.stop(StopReason::Shutdown),
                Some(ended) = self.flights.next(), if !self.flights.is_empty() => self.ended(ended),
                () = sleep_until(due) => {
                    // What it sees of inserts so far is not new after this turn.
                    wake.borrow_and_update();
                    let turned = tokio::select! {
                        biased;
                        () = over.reached(Phase::Over) => break,
                        turned = self.turn() => turned,
                    };
                    turned?;
                }
                Ok(()) = wake.changed() => self.pace.woken(Instant::now()),
            }
        }
        Ok(self.report())
    }

    fn report(mut self) -> AccountReport {
        self.counts.abandoned = (self.flights.len() + self.ended.len()) as u64;
        let (reason, counts) = (
            self.stop.take().unwrap_or(StopReason::Shutdown),
            self.counts,
        );
        let event = Event::Stopped {
            reason: reason.clone(),
            counts,
        };
        self.tell(&event);
        AccountReport {
            counts,
            stopped: reason,
        }
    }

    fn is_done(&self) -> bool {
        self.stop.is_some()
            && self.flights.is_empty()
            && self.ended.is_empty()
            && self.lost.is_empty()
    }

    fn load(&self) -> Load {
        Load {
            sending: self.flights.len(),
            free: self.free(),
            news: self.ended.len() + self.lost.len(),
        }
    }

    /// How many messages it can begin to send.
    fn free(&self) -> u32 {
        let sending = u32::try_from(self.flights.len()).unwrap_or(u32::MAX);
        match self.stop {
            Some(_) => 0,
            None => self.settings.in_flight.saturating_sub(sending),
        }
    }

    fn tell(&self, event: &Event) {
        self.settings.tell(&self.account, event);
    }

    /// Claims nothing more. The first reason counts.
    fn stop(&mut self, reason: StopReason) {
        if self.stop.is_none() {
            trace::stopped(&self.account, &reason);
            self.stop = Some(reason);
        }
    }

    fn ended(&mut self, ended: Ended) {
        let now = Instant::now();
        if let Some(reason) = self.limits.learn(&ended.verdict, now) {
            self.stop(reason);
        }
        self.pace.learned(now);
        self.ended.push(ended);
    }

    /// One transaction with the store.
    ///
    /// # Errors
    /// When it is of no use to try again.
    async fn turn(&mut self) -> Result<(), Error> {
        let turn = Turn {
            account: self.account.clone(),
            worker: self.worker.to_string(),
            token: Token::random()?,
            slots: self.free(),
            lease: self.settings.lease,
            settled: self.ended.iter().map(Ended::settled).collect(),
        };
        let (token, asked) = (turn.token, turn.slots);
        let span = trace::turn(&turn);
        if let Err(error) = self.give_back().await {
            return self.failed(&span, error);
        }
        if asked > 0 {
            // Until the answer is there.
            self.lost.push(token);
        }
        let began = Began::now();
        match self.store.turn(turn).instrument(span.clone()).await {
            Ok(turned) => {
                self.lost.clear();
                trace::turned(&span, &turned);
                self.turned(turned, asked, began).await
            }
            Err(error) => self.failed(&span, error),
        }
    }

    /// Gives back what turns may have claimed that failed, before anything else is claimed.
    async fn give_back(&mut self) -> Result<(), Error> {
        while let Some(token) = self.lost.last() {
            self.store.give_back(self.account.clone(), *token).await?;
            self.lost.pop();
        }
        Ok(())
    }

    fn failed(&mut self, span: &tracing::Span, error: Error) -> Result<(), Error> {
        let now = Instant::now();
        let since = *self.failing_since.get_or_insert(now);
        let is_over = |limit| now.saturating_duration_since(since) >= limit;
        let is_hopeless = error.is_closed() || error.is_file() || error.is_newer();
        if is_hopeless || self.settings.give_up_after.is_some_and(is_over) {
            return Err(error);
        }
        let retry_in = self.pace.failed(now);
        trace::store_failed(span, &self.account, &error, retry_in);
        let error = error.to_string();
        self.tell(&Event::StoreFailed { error, retry_in });
        Ok(())
    }

    async fn turned(&mut self, mut turned: Turned, asked: u32, began: Began) -> Result<(), Error> {
        let now = Instant::now();
        if self.failing_since.take().is_some() {
            self.tell(&Event::StoreRecovered);
        }
        let claimed = std::mem::take(&mut turned.claimed);
        let count = claimed.len();
        let begin_before = began.deadline(self.settings.lease);
        for claimed in claimed {
            let id = RowId(claimed.id);
            self.settings.show(&self.account, id, &claimed.message);
            self.tell(&Event::Claimed {
                id,
                key: claimed.key.clone(),
                attempt: claimed.attempt,
            });
            self.flights
                .start(&self.account, &self.client, claimed, begin_before);
        }
        self.counts.claimed += count as u64;
        for (ended, applied) in std::mem::take(&mut self.ended)
            .into_iter()
            .zip(&turned.applied)
        {
            let event = tally::settled(&mut self.counts, ended, *applied);
            if let Event::Settled { .. } = event {
                self.progress_at = now;
            }
            self.tell(&event);
        }
        for ended in std::mem::take(&mut turned.ended) {
            self.progress_at = now;
            let event = tally::ended(&mut self.counts, ended);
            self.tell(&event);
        }
        if let Some(event) = tally::pause(self.paused.as_ref(), turned.paused.as_ref()) {
            self.tell(&event);
        }
        self.paused.clone_from(&turned.paused);
        // By the store's clock, which may be hours from this machine's.
        let next = turned.wait().map(|wait| now + wait);
        self.pace.turned(now, asked, count, next);
        self.consider_the_end(&turned, now).await
    }

    /// Whether there is a reason to stop when nothing is being sent.
    async fn consider_the_end(&mut self, turned: &Turned, now: Instant) -> Result<(), Error> {
        if self.stop.is_some() || !self.flights.is_empty() {
            self.look_at = None;
            return Ok(());
        }
        if turned.next.is_none() && turned.paused.is_none() {
            self.progress_at = now;
        }
        if self.settings.stop_when_settled && self.look_at.is_none_or(|look_at| now >= look_at) {
            self.look_at = Some(now + LOOK);
            let standing = self.store.standing(self.account.clone()).await;
            match standing.map(|standing| limits::outlook(&standing, turned)) {
                Ok(Some(reason)) => self.stop(reason),
                Ok(None) => {}
                // The next look may succeed.
                Err(error) => return self.failed(&tracing::Span::none(), error),
            }
        }
        let waited = now.saturating_duration_since(self.progress_at);
        if self
            .settings
            .give_up_after
            .is_some_and(|limit| waited >= limit)
        {
            let paused = turned.paused.as_ref().map(|paused| paused.why.clone());
            let seconds = waited.as_secs();
            self.stop(StopReason::GaveUp { seconds, paused });
        }
        Ok(())
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        // The runtime's timers are up to a millisecond late, also for what is over.
        Some(due) if due <= Instant::now() => {}
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
