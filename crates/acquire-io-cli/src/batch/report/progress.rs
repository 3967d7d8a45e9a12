//! The progress of a run, on standard error.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use acquire_io_outbox::State;
use indicatif::{ProgressBar, ProgressStyle};

use crate::batch::plan::Totals;
use crate::output::{is_quiet, say};

/// The time between two lines if there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

/// A line that is updated on a terminal, or a line now and then elsewhere.
pub(crate) struct Progress {
    form: Form,
    counts: Counts,
    /// How many messages this run settled.
    settled: u64,
    start: Instant,
    last_line: Instant,
}

enum Form {
    Quiet,
    Bar(ProgressBar),
    Lines,
}

/// Counts of the whole batch, earlier runs included.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    accepted: u64,
    refused: u64,
    not_sent: u64,
    unknown: u64,
    /// Messages that this run still has to send.
    left: u64,
}

impl Counts {
    /// At the beginning of a run.
    pub(crate) fn new(totals: &Totals) -> Self {
        Self {
            accepted: totals.accepted + totals.changed_after_accepted,
            refused: totals.refused,
            not_sent: 0,
            unknown: totals.unknown,
            left: totals.due(),
        }
    }

    fn add(&mut self, state: State) {
        let count = match state {
            State::Accepted => &mut self.accepted,
            State::Refused => &mut self.refused,
            State::Unknown => &mut self.unknown,
            _ => &mut self.not_sent,
        };
        *count += 1;
        self.left = self.left.saturating_sub(1);
    }

    /// What needs a person comes first, since a narrow terminal shows only the beginning.
    fn line(&self, rate: f64) -> String {
        let Self {
            accepted,
            refused,
            not_sent,
            unknown,
            left,
        } = self;
        let mut line = String::new();
        for (count, name) in [
            (unknown, "unknown"),
            (refused, "refused"),
            (not_sent, "not sent"),
        ] {
            if *count > 0 {
                line.push_str(&format!("{count} {name}, "));
            }
        }
        let total = accepted + refused + not_sent + unknown + left;
        line.push_str(&format!("{accepted} of {total} accepted, {rate:.1}/s"));
        if rate > 0.0 && *left > 0 {
            let seconds = Duration::from_secs((*left as f64 / rate).ceil() as u64);
            line.push_str(&format!(", {} left", humantime::format_duration(seconds)));
        }
        line
    }
}

impl Progress {
    pub(crate) fn new(counts: Counts) -> Self {
        let form = if is_quiet() {
            Form::Quiet
        } else if io::stderr().is_terminal() {
            let bar = ProgressBar::new(counts.left);
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            Form::Bar(bar)
        } else {
            Form::Lines
        };
        let start = Instant::now();
        Self {
            form,
            counts,
            settled: 0,
            start,
            last_line: start,
        }
    }

    pub(crate) fn add(&mut self, state: State) {
        self.counts.add(state);
        self.settled += 1;
        match &self.form {
            Form::Quiet => {}
            Form::Bar(bar) => {
                bar.set_message(self.line());
                bar.inc(1);
            }
            Form::Lines if self.last_line.elapsed() < INTERVAL => {}
            Form::Lines => {
                self.last_line = Instant::now();
                say(self.line());
            }
        }
    }

    fn line(&self) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        self.counts.line(self.settled as f64 / seconds.max(0.001))
    }

    /// Hides the line while something is printed.
    pub(crate) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.form {
            Form::Bar(bar) => bar.suspend(print),
            _ => print(),
        }
    }

    pub(crate) fn finish(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_batch_counts_and_what_needs_a_person_comes_first() {
        let mut counts = Counts::new(&Totals {
            accepted: 150,
            new: 50,
            ..Totals::default()
        });
        assert_eq!(counts.line(0.0), "150 of 200 accepted, 0.0/s");
        for state in [
            State::Accepted,
            State::Unknown,
            State::Refused,
            State::NotSent,
        ] {
            counts.add(state);
        }
        assert_eq!(
            counts.line(2.0),
            "1 unknown, 1 refused, 1 not sent, 151 of 200 accepted, 2.0/s, 23s left"
        );
    }
}
