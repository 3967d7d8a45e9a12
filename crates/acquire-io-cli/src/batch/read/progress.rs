//! The progress of reading, for a person who waits.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::is_quiet;

/// Nothing is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many rows are read between two looks at the clock.
const ROWS: u64 = 500;

/// A line on a terminal that counts rows, until it is dropped.
pub(crate) struct Reading {
    what: &'static str,
    rows: u64,
    start: Instant,
    is_shown: bool,
    bar: Option<ProgressBar>,
}

impl Reading {
    /// `what` is the verb, such as `checked`.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            rows: 0,
            start: Instant::now(),
            is_shown: io::stderr().is_terminal() && !is_quiet(),
            bar: None,
        }
    }

    /// Counts a row. `share` is the share of all that is done, from 0 to 1.
    pub(crate) fn add(&mut self, share: impl FnOnce() -> Option<f64>) {
        self.rows += 1;
        if self.is_shown && is_due(self.rows, self.start.elapsed()) {
            let line = line(self.what, self.rows, share());
            let bar = self.bar.get_or_insert_with(bar);
            bar.set_message(line);
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn is_due(rows: u64, elapsed: Duration) -> bool {
    rows.is_multiple_of(ROWS) && elapsed >= PATIENCE
}

fn line(what: &str, rows: u64, share: Option<f64>) -> String {
    let share = share.map(|share| format!(", {:.0} %", 100.0 * share));
    format!("{what} {rows} rows{}", share.unwrap_or_default())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    match ProgressStyle::with_template("{wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_waits_a_second_before_rows_are_counted() {
        assert!(!is_due(ROWS, Duration::from_millis(999)));
        assert!(is_due(ROWS, PATIENCE));
        assert!(!is_due(ROWS + 1, PATIENCE));
        assert_eq!(
            line("checked", 340_000, Some(0.344)),
            "checked 340000 rows, 34 %"
        );
        assert_eq!(line("read", 500, None), "read 500 rows");
    }
}
