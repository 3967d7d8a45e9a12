//! Working an outbox until all is settled, with results as they come.

use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use acquire_io::Client;
use acquire_io_outbox::{Event, Filter, Outbox, Rate, RowId, State, StopReason, Worker};
use clap::Args;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::file::Info;
use super::known::BATCH;
use super::place::failure;
use super::progress::Progress;
use super::results::{Facts, Outcome, Results};
use super::stop::{Reason, Stop};
use crate::exit::Failure;
use crate::output::{note, say};

/// How the messages are sent.
#[derive(Args, Clone)]
pub(crate) struct Pace {
    /// How many messages are under way at a time
    #[arg(long, value_name = "COUNT", default_value = "8")]
    concurrency: std::num::NonZeroU32,
    /// How many messages per second are begun at most, such as 5 or 0.5 [default: no limit]
    #[arg(long, value_name = "NUMBER", value_parser = rate)]
    rate: Option<f64>,
    /// Stop after N unknown outcomes within an hour (0: no limit)
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_unknown: u32,
    /// Stop when nothing could be settled for this long: the server is down, or asks to wait
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = give_up_after)]
    give_up_after: Duration,
}

fn rate(text: &str) -> Result<f64, String> {
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
    pub(crate) account: &'a str,
    pub(crate) client: Client,
    pub(crate) pace: &'a Pace,
    pub(crate) stop: Arc<Stop>,
    /// What is known of each message.
    pub(crate) infos: HashMap<RowId, Info>,
    /// The outbox as a command names it.
    pub(crate) shown: String,
}

/// How often it looks whether something is being waited for.
const LOOK: Duration = Duration::from_secs(2);

impl Work<'_> {
    /// Returns why it ended.
    pub(crate) async fn run(
        self,
        progress: &mut Progress,
        results: &mut Results<'_>,
    ) -> Result<StopReason, Failure> {
        self.set_rate().await?;
        let (tell, mut events) = mpsc::unbounded_channel();
        let worker = self.worker().on_event(move |_, event| {
            // Nobody listens any more when the run is over.
            let _ = tell.send(event.clone());
        });
        let signals = tokio::spawn(Arc::clone(&self.stop).on_signals());
        let stop = Arc::clone(&self.stop);
        let mut running = tokio::spawn(async move { worker.run_until(stop.asked()).await });
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut board = Board {
            work: &self,
            attempts: BTreeMap::new(),
            is_paused: false,
            is_idle: false,
            has_said: false,
        };
        let report = loop {
            tokio::select! {
                Some(event) = events.recv() => board.on(&event, progress, results),
                _ = look.tick() => board.look(progress).await?,
                report = &mut running => break report,
            }
        };
        while let Ok(event) = events.try_recv() {
            board.on(&event, progress, results);
        }
        signals.abort();
        progress.finish();
        let report = report?.map_err(failure)?;
        let account = report.accounts.into_values().next();
        Ok(account.map_or(StopReason::Settled, |account| account.stopped))
    }

    fn worker(&self) -> Worker {
        /// Of the outbox, which takes no time limit that is longer than four fifths of it.
        const LEASE: Duration = Duration::from_secs(60);
        const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

        let timeout = self.client.timeout();
        let lease = LEASE.max(timeout.saturating_mul(3) / 2).min(LONGEST);
        let max_unknown = Some(self.pace.max_unknown).filter(|limit| *limit > 0);
        Worker::new(self.outbox.clone())
            .account(self.account, self.client.clone())
            .in_flight(self.pace.concurrency.get())
            .lease(lease)
            .stop_after_unknown(max_unknown)
            .give_up_after(self.pace.give_up_after)
            .stop_when_settled()
    }

    async fn set_rate(&self) -> Result<(), Failure> {
        let rate = self.pace.rate.map(|rate| Rate::per_second(rate).burst(1));
        let standing = self.outbox.standing(self.account).await.map_err(failure)?;
        if standing.rate != rate {
            let set = self.outbox.limit(self.account, rate, BATCH);
            set.await.map_err(failure)?;
        }
        Ok(())
    }
}

/// What is going on.
struct Board<'a, 'b> {
    work: &'a Work<'b>,
    /// Of the messages under way: which attempt it is.
    attempts: BTreeMap<RowId, u32>,
    is_paused: bool,
    /// Nothing happened since the last look.
    is_idle: bool,
    /// That it waits, since something happened.
    has_said: bool,
}

impl Board<'_, '_> {
    fn on(&mut self, event: &Event, progress: &mut Progress, results: &mut Results<'_>) {
        self.is_idle = false;
        match event {
            Event::Claimed { id, attempt, .. } => {
                self.attempts.insert(*id, *attempt);
            }
            Event::Requeued { id, .. } => {
                self.attempts.remove(id);
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
                let attempts = self.attempts.remove(id).unwrap_or_default();
                let facts = Facts {
                    status: *status,
                    code: code.as_deref(),
                    cause: cause.as_deref(),
                    message_id: *message_id,
                    attempts,
                };
                progress.add(*state);
                self.print(*id, *state, facts, progress, results);
            }
            Event::Paused { until, why, .. } => {
                self.is_paused = true;
                let line = match until {
                    Some(until) => format!("waiting {}: {why}", until_text(*until)),
                    None => format!(
                        "paused ({why}) until somebody resumes it: acquire outbox resume {}",
                        self.work.shown
                    ),
                };
                progress.suspend(|| note(format_args!("acquire: {line}; Ctrl-C stops")));
            }
            Event::Resumed => self.is_paused = false,
            Event::StoreFailed { error, .. } => {
                progress.suspend(|| say(format_args!("acquire: {error}; trying again")));
            }
            _ => {}
        }
    }

    fn print(
        &self,
        id: RowId,
        state: State,
        facts: Facts<'_>,
        progress: &Progress,
        results: &mut Results<'_>,
    ) {
        let unknown = Info {
            line: None,
            key: None,
            channel: None,
            case: None,
            recipient: "".into(),
        };
        let info = self.work.infos.get(&id).unwrap_or(&unknown);
        let outcome = Outcome::new(info, state, facts);
        let stop = &self.work.stop;
        match progress.suspend(|| results.print(&outcome)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => stop.ask(Reason::OutputClosed),
            Err(error) => stop.ask(Reason::Failed(format!(
                "the results can't be written: {error}"
            ))),
        }
    }

    /// Says once what is waited for when nothing is under way.
    async fn look(&mut self, progress: &Progress) -> Result<(), Failure> {
        let was_idle = std::mem::replace(&mut self.is_idle, true);
        if !was_idle || self.is_paused || self.has_said || !self.attempts.is_empty() {
            return Ok(());
        }
        let work = self.work;
        let Ok(standing) = work.outbox.standing(work.account).await else {
            // The worker reports it.
            return Ok(());
        };
        let queued = standing.count(State::Queued);
        if queued == 0 {
            return Ok(());
        }
        self.has_said = true;
        let unknown = Filter::unknown().account(work.account).limit(1000);
        let unknown = work.outbox.list(unknown).await.map_err(failure)?;
        let now = SystemTime::now();
        let free = unknown
            .iter()
            .filter_map(acquire_io_outbox::Row::resolvable_from);
        let free = free.filter(|time| *time > now).min();
        let line = match free {
            Some(free) if standing.due > 0 => format!(
                "{queued} messages are queued; the next waits {}, since the outcome of a message before it in its \
                 case is unknown",
                until_text(free)
            ),
            _ => format!("{queued} messages are queued, and are tried again"),
        };
        progress.suspend(|| note(format_args!("acquire: {line}; Ctrl-C stops")));
        Ok(())
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
