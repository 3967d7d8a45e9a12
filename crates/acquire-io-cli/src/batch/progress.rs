//! How far a batch has come, for people, on standard error.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use acquire_io::Delivery;
use indicatif::{ProgressBar, ProgressStyle};

use crate::output::{is_quiet, say};

/// Between two lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

/// A bar on a terminal, a line now and then elsewhere.
pub(crate) struct Progress {
    form: Form,
    total: u64,
    start: Instant,
    state: Mutex<State>,
}

enum Form {
    Quiet,
    Bar(ProgressBar),
    Lines,
}

struct State {
    counts: [u64; 4],
    last_line: Instant,
}

impl Progress {
    pub(crate) fn new(total: u64) -> Self {
        let form = if is_quiet() {
            Form::Quiet
        } else if io::stderr().is_terminal() {
            let bar = ProgressBar::new(total);
            if let Ok(style) = ProgressStyle::with_template("{bar:20} {wide_msg}") {
                bar.set_style(style);
            }
            Form::Bar(bar)
        } else {
            Form::Lines
        };
        let start = Instant::now();
        Self {
            form,
            total,
            start,
            state: Mutex::new(State {
                counts: [0; 4],
                last_line: start,
            }),
        }
    }

    pub(crate) fn add(&self, delivery: Delivery) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.counts[delivery as usize] += 1;
        match &self.form {
            Form::Quiet => {}
            Form::Bar(bar) => {
                bar.inc(1);
                bar.set_message(self.line(&state.counts));
            }
            Form::Lines if state.last_line.elapsed() < INTERVAL => {}
            Form::Lines => {
                state.last_line = Instant::now();
                say(self.line(&state.counts));
            }
        }
    }

    fn line(&self, counts: &[u64; 4]) -> String {
        let [accepted, refused, not_sent, unknown] = counts;
        let (done, total): (u64, u64) = (counts.iter().sum(), self.total);
        let rate = done as f64 / self.start.elapsed().as_secs_f64();
        let left = Duration::from_secs((total.saturating_sub(done) as f64 / rate) as u64);
        let left = humantime::format_duration(left);
        format!(
            "{done} of {total}: {accepted} accepted, {refused} refused, {not_sent} not sent, {unknown} unknown; \
             {rate:.1}/s, {left} left"
        )
    }

    /// Prints something without the bar in between.
    pub(crate) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.form {
            Form::Bar(bar) if io::stdout().is_terminal() => bar.suspend(print),
            _ => print(),
        }
    }

    pub(crate) fn finish(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}
