//! Sends what is queued in an outbox, and prints the results as they come.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use acquire_io_outbox::{Event, Filter, Outbox, Rate, Row, RowId, State, StopReason, Worker};
use clap::Args;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::check::identity::shown_key;
use super::known::BATCH;
use super::report::Info;
use super::report::Lines;
use super::report::progress::{Counts, Progress};
use super::report::results::{Facts, Outcome, Results};
use super::report::summary;
use super::stop::{Reason, Stop};
use crate::exit::{Exit, Failure};
use crate::output::{note, say};
use crate::settings::Connection;

/// How fast messages are sent, and when to stop.
#[derive(Args, Clone)]
pub(crate) struct Pace {
    /// How many messages to send at the same time
    #[arg(long, value_name = "COUNT", default_value = "8")]
    concurrency: std::num::NonZeroU32,
    /// The most messages to start per second, over all workers, such as 5 or 0.5 [default: no limit, or what `acquire outbox
    /// limit` has set for a database]
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    rate: Option<f64>,
    /// Stop after N unknown outcomes within an hour (0: no limit)
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_unknown: u32,
    /// Stop after this long without an outcome, because the server is down or asks to wait
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = give_up_after)]
    give_up_after: Duration,
}

pub(crate) fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (1e-3..=1e6).contains(&rate) => Ok(rate),
        _ => Err("is not a number from 0.001 to 1000000".to_owned()),
    }
}

fn give_up_after(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err("is not a time such as 30s, 10m or 2h".to_owned()),
    }
}

/// A run of a worker.
pub(crate) struct Work<'a> {
    pub(crate) outbox: &'a Outbox,
    pub(crate) connection: &'a Connection,
    pub(crate) pace: &'a Pace,
    /// The lines of the messages.
    pub(crate) lines: Lines,
    /// The outbox as it is typed in a command.
    pub(crate) shown: String,
    /// Where the outbox is after a stop, and how to continue.
    pub(crate) afterwards: String,
    /// Keep running when all is settled.
    pub(crate) follow: bool,
    /// Whether others use the outbox too: then a limit that was set for all its workers stays without `--rate`.
    pub(crate) is_shared: bool,
}

/// How many of the messages that others wait for are named.
const NAMED: usize = 3;

/// The time between two checks whether the run is waiting.
const LOOK: Duration = Duration::from_secs(2);

/// How a run ended.
pub(crate) struct Ended {
    /// The exit code of a stop that was asked for.
    exit: Exit,
    reason: StopReason,
}

impl Ended {
    /// The exit code. `left` is that of the messages that the run left.
    pub(crate) fn exit(&self, left: Exit) -> Exit {
        self.exit.max(summary::exit_of(&self.reason, left))
    }
}

/// What the worker reports.
enum Report {
    /// It starts to send this message.
    Claims(RowId, Info),
    Event(Event),
}

impl Work<'_> {
    /// Sends what is queued, and prints the outcomes and why the run ends.
    pub(crate) async fn run(
        self,
        counts: Counts,
        results: &mut Results<'_>,
    ) -> Result<Ended, Failure> {
        let stop = Arc::new(Stop::new(self.afterwards.clone()));
        let ended = self
            .run_until(Arc::clone(&stop), Progress::new(counts), results)
            .await;
        let mut exit = Exit::Success;
        if let Some(reason) = stop.reason() {
            say(format_args!("acquire: stopped: {reason}"));
            exit = reason.exit();
        }
        let reason = ended?;
        let key_source = self.connection.target.key_source.as_deref();
        if let Some(why) = summary::stopped(&reason, key_source) {
            say(format_args!("acquire: stopped: {why}"));
        }
        Ok(Ended { exit, reason })
    }

    async fn run_until(
        &self,
        stop: Arc<Stop>,
        progress: Progress,
        results: &mut Results<'_>,
    ) -> Result<StopReason, Failure> {
        self.set_rate().await?;
        let (tell, mut reports) = mpsc::unbounded_channel();
        let claims = tell.clone();
        // Sending fails only when the run is over.
        let worker = self
            .worker()
            .on_message(move |_, id, message| {
                let _ = claims.send(Report::Claims(id, Info::of_message(message)));
            })
            .on_event(move |_, event| {
                let _ = tell.send(Report::Event(event.clone()));
            });
        let signals = tokio::spawn(Arc::clone(&stop).on_signals());
        let asked = Arc::clone(&stop);
        let mut running = tokio::spawn(async move { worker.run_until(asked.asked()).await });
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut board = Board {
            work: self,
            stop,
            progress,
            results,
            under_way: BTreeMap::new(),
            is_paused: false,
            is_idle: false,
            has_said: false,
            failed: None,
        };
        let report = loop {
            tokio::select! {
                Some(report) = reports.recv() => board.on(report).await,
                _ = look.tick() => board.look().await,
                report = &mut running => break report,
            }
        };
        while let Ok(report) = reports.try_recv() {
            board.on(report).await;
        }
        signals.abort();
        board.progress.finish();
        let report = report??;
        let account = report.accounts.into_values().next();
        Ok(account.map_or(StopReason::Settled, |account| account.stopped))
    }

    fn worker(&self) -> Worker {
        /// The outbox's default. A time limit may be four fifths of the lease at most.
        const LEASE: Duration = Duration::from_secs(60);
        const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

        let client = &self.connection.client;
        let timeout = client.timeout();
        let lease = LEASE.max(timeout.saturating_mul(3) / 2).min(LONGEST);
        let max_unknown = Some(self.pace.max_unknown).filter(|limit| *limit > 0);
        let worker = Worker::new(self.outbox.clone())
            .account(self.account(), client.clone())
            .in_flight(self.pace.concurrency.get())
            .lease(lease)
            .stop_after_unknown(max_unknown);
        match self.follow {
            true => worker,
            false => worker
                .give_up_after(self.pace.give_up_after)
                .stop_when_settled(),
        }
    }

    fn account(&self) -> &str {
        &self.connection.target.account
    }

    async fn set_rate(&self) -> Result<(), Failure> {
        let rate = self.pace.rate.map(|rate| Rate::per_second(rate).burst(1));
        if rate.is_none() && self.is_shared {
            return Ok(());
        }
        let standing = self.outbox.standing(self.account()).await?;
        if standing.rate != rate {
            self.outbox.limit(self.account(), rate, BATCH).await?;
        }
        Ok(())
    }
}

impl Work<'_> {
    /// Whether the whole outbox is.
    async fn is_held(&self) -> bool {
        let standing = self.outbox.standing(self.account()).await;
        standing.is_ok_and(|standing| standing.held.is_some())
    }

    /// What the run waits for, if no message is under way.
    async fn waits_for(&self) -> Result<Option<String>, acquire_io_outbox::Error> {
        let standing = self.outbox.standing(self.account()).await?;
        let queued = match standing.count(State::Queued) {
            0 => return Ok(None),
            1 => "1 message waits".to_owned(),
            count => format!("{count} messages wait"),
        };
        let unknown = Filter::unknown().account(self.account()).limit(1000);
        let unknown = self.outbox.list(unknown).await?;
        let now = SystemTime::now();
        let holds = |row: &&Row| row.resolvable_from().is_some_and(|time| time > now);
        let holding: Vec<_> = unknown.iter().filter(holds).collect();
        let free = holding.iter().filter_map(|row| row.resolvable_from()).min();
        let Some(free) = free.filter(|_| standing.due > 0) else {
            return Ok(Some(match standing.count(State::Sending) {
                0 => format!("{queued}: tried again later, or not due yet"),
                sending => format!("{queued}: {sending} are under way in another process"),
            }));
        };
        let mut names: Vec<_> = holding.iter().take(NAMED).map(|row| name(row)).collect();
        if let Some(more @ 1..) = holding.len().checked_sub(NAMED) {
            names.push(format!("{more} more"));
        }
        Ok(Some(format!(
            "{queued} {}: the outcome of an earlier message of their case is unknown: {}. To go on now, look into the \
             case, and record what you find: acquire outbox resolve {} --key KEY --as accepted",
            until_text(free),
            names.join("; "),
            self.shown
        )))
    }
}

/// `key order-17, case 2069`.
fn name(row: &Row) -> String {
    let info = Info::of_outbox(row);
    match info.case {
        Some(case) => format!("{}, case {case}", info.name()),
        None => info.name(),
    }
}

/// The state of a run, for what it prints.
struct Board<'a, 'b> {
    work: &'a Work<'a>,
    stop: Arc<Stop>,
    progress: Progress,
    results: &'a mut Results<'b>,
    /// The messages that are being sent, and the number of the attempt.
    under_way: BTreeMap<RowId, (Info, u32)>,
    is_paused: bool,
    /// Nothing happened since the last look.
    is_idle: bool,
    /// Whether it has printed that it waits, since the last event.
    has_said: bool,
    /// How the outbox fails, as it was said.
    failed: Option<String>,
}

impl Board<'_, '_> {
    async fn on(&mut self, report: Report) {
        self.is_idle = false;
        let event = match report {
            Report::Claims(id, info) => {
                self.under_way.insert(id, (info, 0));
                self.stop.set_under_way(self.under_way.len());
                return;
            }
            Report::Event(event) => event,
        };
        match event {
            Event::Claimed {
                id, key, attempt, ..
            } => {
                if let Some((info, of_it)) = self.under_way.get_mut(&id) {
                    info.key = key.as_deref().and_then(shown_key).map(Into::into);
                    info.line = self.work.lines.get(id);
                    info.unit = self.work.lines.unit;
                    *of_it = attempt;
                }
            }
            Event::Requeued { id, .. } => {
                self.under_way.remove(&id);
                self.stop.set_under_way(self.under_way.len());
            }
            Event::Settled {
                id,
                state,
                status,
                code,
                cause,
                message_id,
                ..
            } => {
                self.has_said = false;
                let (info, attempts) = match self.under_way.remove(&id) {
                    Some(sent) => sent,
                    None => (self.of_unsent(id).await, 0),
                };
                self.stop.set_under_way(self.under_way.len());
                let facts = Facts {
                    status,
                    code: code.as_deref(),
                    cause: cause.as_deref(),
                    message_id,
                    attempts,
                };
                self.progress.add(state);
                self.print(&Outcome::new(&info, state, facts));
            }
            Event::Paused { until, why, .. } => {
                self.is_paused = true;
                let shown = &self.work.shown;
                let line = match until {
                    Some(until) => format!("waiting {}: {why}", until_text(until)),
                    None if self.work.is_held().await => {
                        format!("held ({why}): acquire outbox release {shown}")
                    }
                    None => format!(
                        "paused ({why}) until somebody resumes it: acquire outbox resume {shown}"
                    ),
                };
                let line = format!("acquire: {line}; Ctrl-C stops");
                self.progress.suspend(|| note(line));
            }
            Event::Resumed => self.is_paused = false,
            Event::StoreFailed { error, .. } if self.failed.as_ref() != Some(&error) => {
                let line = format!("acquire: {error}; trying again");
                self.progress.suspend(|| say(line));
                self.failed = Some(error);
            }
            Event::StoreRecovered => {
                self.failed = None;
                let line = "acquire: the outbox answers again";
                self.progress.suspend(|| say(line));
            }
            _ => {}
        }
    }

    /// A message that was settled without being sent, since it was invalid or too late.
    async fn of_unsent(&self, id: RowId) -> Info {
        match self.work.outbox.get_by_id(id).await {
            Ok(Some(row)) => Info::of_outbox(&row),
            // The worker reports a store that fails.
            _ => Info::default(),
        }
    }

    fn print(&mut self, outcome: &Outcome<'_>) {
        let results = &mut *self.results;
        match self.progress.suspend(|| results.print(outcome)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.stop.ask(Reason::OutputClosed);
            }
            Err(error) => self.stop.ask(Reason::Failed(format!(
                "the results can't be written: {error}"
            ))),
        }
    }

    /// Prints once what the run waits for, if no message is under way.
    async fn look(&mut self) {
        let was_idle = std::mem::replace(&mut self.is_idle, true);
        if !was_idle || self.is_paused || self.has_said || !self.under_way.is_empty() {
            return;
        }
        // The worker reports a store that fails.
        let Ok(Some(line)) = self.work.waits_for().await else {
            return;
        };
        self.has_said = true;
        let line = format!("acquire: {line}; Ctrl-C stops");
        self.progress.suspend(|| note(line));
    }
}

/// `for 58s, until 2026-07-01T14:03:20Z`.
fn until_text(until: SystemTime) -> String {
    let left = until.duration_since(SystemTime::now()).unwrap_or_default();
    let left = Duration::from_secs(left.as_secs_f64().ceil() as u64);
    format!(
        "for {}, until {}",
        humantime::format_duration(left),
        humantime::format_rfc3339_seconds(until)
    )
}
