//! Sending the rows.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use acquire_io::{Client, Delivery};
use futures_util::future::Either;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use tokio::time::{Interval, MissedTickBehavior};

use super::input::Input;
use super::plan::Plan;
use super::progress::Progress;
use super::row::{Row, RowError};
use super::rows::{self, Format};
use super::stop::{Reason, Stop};
use crate::journal::{Record, Recorded, Writer};
use crate::output::Output;
use crate::report::Report;

pub(crate) struct Run {
    pub(crate) sender: Sender,
    pub(crate) rate: Option<f64>,
    pub(crate) concurrency: usize,
    pub(crate) in_order: bool,
    pub(crate) max_unknown: u64,
}

/// Sends one row at a time, many times at once.
pub(crate) struct Sender {
    pub(crate) client: Client,
    pub(crate) journal: Option<Writer>,
}

/// A message that was tried.
struct Tried {
    row: Place,
    report: Report,
    /// The outcome on its way to the journal.
    recorded: Option<Recorded>,
}

impl Tried {
    /// Waits until the outcome is in the journal, if there is one.
    async fn recorded(mut self) -> (Self, anyhow::Result<()>) {
        let written = match self.recorded.take() {
            Some(recorded) => recorded.wait().await,
            None => Ok(()),
        };
        (self, written)
    }
}

fn pace(rate: f64) -> Interval {
    let mut pace = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

#[derive(Serialize)]
struct Place {
    line: u64,
    key: Option<String>,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    #[serde(flatten)]
    row: &'a Place,
    #[serde(flatten)]
    report: &'a Report,
}

impl Run {
    /// Sends the rows that are due. Returns why it ended early, if it did.
    pub(crate) async fn run(
        self,
        input: &Input,
        format: Format,
        plan: &mut Plan,
        progress: &Progress,
        output: &mut Output,
    ) -> anyhow::Result<Option<Reason>> {
        let stop = Arc::new(Stop::default());
        let sender = Arc::new(self.sender);
        let due: Vec<bool> = plan.due_lines();
        let rows = rows::rows(input, format)?.filter(|row| match row {
            Ok(row) => due.get(row.line as usize).copied().unwrap_or_default(),
            Err(_) => true,
        });
        let pace = self.rate.map(pace);
        let begun = stream::unfold((rows, pace), async |(mut rows, mut pace)| {
            let row = rows.next()?;
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            Some((row, (rows, pace)))
        });
        // Each in a task of its own: when results can't be printed for a while, answers are still received in time.
        let sending = begun
            .take_until(stop.asked())
            .map(|row| tokio::spawn(Arc::clone(&sender).send(row, Arc::clone(&stop))));
        let tried = if self.in_order {
            Either::Left(sending.buffered(self.concurrency))
        } else {
            Either::Right(sending.buffer_unordered(self.concurrency))
        };
        // The next messages go on their way while outcomes go to the disk.
        let recorded = tried
            .filter_map(async |tried| {
                tried.unwrap_or_else(|error| {
                    stop.ask(Reason::Failed(error.to_string()));
                    None
                })
            })
            .map(async |tried| tried.recorded().await)
            .buffered(self.concurrency);

        let signals = tokio::spawn(Arc::clone(&stop).on_signals());
        let mut recorded = pin!(recorded);
        let mut unknown = 0;
        while let Some((tried, in_journal)) = recorded.next().await {
            let Tried { row, report, .. } = &tried;
            plan.settle(row.line, report.delivery, report.status);
            progress.add(report.delivery);
            if let Err(error) = in_journal {
                stop.ask(Reason::Failed(format!("{error:#}")));
            }
            if report.status == Some(401) {
                stop.ask(Reason::Unauthorized);
            }
            if report.delivery == Delivery::Unknown {
                unknown += 1;
                if unknown == self.max_unknown {
                    stop.ask(Reason::TooManyUnknown(unknown));
                }
            }
            let line = ResultLine { row, report };
            let printed = progress.suspend(|| output.json(&line).and_then(|()| output.flush()));
            match printed {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    stop.ask(Reason::OutputClosed)
                }
                Err(error) => stop.ask(Reason::Failed(format!("standard output: {error}"))),
            }
        }
        if let Some(journal) = &sender.journal
            && let Err(error) = journal.sync().wait().await
        {
            stop.ask(Reason::Failed(format!("{error:#}")));
        }
        signals.abort();
        Ok(stop.reason())
    }
}

impl Sender {
    /// Sends a row, unless the batch is to end.
    async fn send(self: Arc<Self>, row: Result<Row, RowError>, stop: Arc<Stop>) -> Option<Tried> {
        let Row { line, key, message } = match row {
            Ok(row) => row,
            Err(error) => {
                stop.ask(Reason::Failed(error.to_string()));
                return None;
            }
        };
        if stop.is_asked() {
            return None;
        }
        if let Some(journal) = &self.journal {
            let begun = journal.record(&Record::sending(line, key.clone()));
            if let Err(error) = begun.wait().await {
                stop.ask(Reason::Failed(format!("{error:#}")));
                return None;
            }
        }
        let report = Report::from(self.client.send(message).await);
        let recorded = self.journal.as_ref();
        let recorded = recorded
            .map(|journal| journal.record_lazily(&Record::ended(line, key.clone(), &report)));
        Some(Tried {
            row: Place { line, key },
            report,
            recorded,
        })
    }
}
