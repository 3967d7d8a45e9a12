//! How far a batch has come, for people, on standard error.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::{is_quiet, say};
use crate::report::Verdict;

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
            let template = "{wide_bar} {human_pos} of {human_len}: {msg}; {per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
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

    pub(crate) fn add(&self, verdict: Verdict) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.counts[verdict as usize] += 1;
        let [accepted, refused, not_sent, unknown] = state.counts;
        let counts = || {
            format!(
                "{accepted} accepted, {refused} refused, {not_sent} not sent, {unknown} unknown"
            )
        };
        match &self.form {
            Form::Quiet => {}
            Form::Bar(bar) => {
                bar.inc(1);
                bar.set_message(counts());
            }
            Form::Lines if state.last_line.elapsed() < INTERVAL => {}
            Form::Lines => {
                state.last_line = Instant::now();
                let done: u64 = state.counts.iter().sum();
                let rate = done as f64 / self.start.elapsed().as_secs_f64();
                let left = (self.total.saturating_sub(done)) as f64 / rate;
                say(format_args!(
                    "{done} of {}: {}; {rate:.1}/s, {} left",
                    self.total,
                    counts(),
                    humantime::format_duration(Duration::from_secs(left as u64))
                ));
            }
        }
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
