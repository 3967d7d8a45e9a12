//! The fault matrix as text.

use std::collections::BTreeSet;

use super::promise::{Run, Verdict};
use super::record::Received;
use super::wire::Transport;

/// A line of the table: a fault over one transport.
#[derive(Clone, Debug)]
pub struct Line {
    fault: String,
    transport: Transport,
    /// All but fault and transport.
    cells: [String; 6],
}

impl Line {
    pub(super) fn new(fault: &str, transport: Transport, run: &Run, partly_read: bool) -> Self {
        let Received {
            connections,
            requests,
            ..
        } = &run.received;
        let disowned = requests
            .iter()
            .filter(|request| request.whole && request.disowned)
            .count();
        let messages = match (run.received.whole().count(), disowned) {
            _ if partly_read => "-".to_owned(),
            (whole, 0) => whole.to_string(),
            (whole, disowned) => format!("{whole} (+{disowned} disowned)"),
        };
        let verdict = match run.verdict() {
            Verdict::Typed => "accepted, typed".to_owned(),
            Verdict::NotTyped => "accepted, not typed".to_owned(),
            Verdict::Failed(delivery) => delivery.to_string(),
        };
        Self {
            fault: fault.to_owned(),
            transport,
            cells: [
                connections.to_string(),
                requests.len().to_string(),
                messages,
                verdict,
                run.attempts().to_string(),
                run.text(),
            ],
        }
    }
}

/// The lines as a table. Transports of a fault that differ in nothing share a line.
pub fn table(lines: &[Line]) -> String {
    let heading = [
        "fault",
        "HTTP",
        "connections",
        "heads",
        "messages",
        "verdict",
        "attempts",
        "what the caller reads",
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    let mut done = BTreeSet::new();
    for (place, line) in lines.iter().enumerate() {
        if done.contains(&place) {
            continue;
        }
        let mut transports = Vec::new();
        for (other, candidate) in lines.iter().enumerate().skip(place) {
            if candidate.fault == line.fault && candidate.cells == line.cells {
                transports.push(candidate.transport.name());
                done.insert(other);
            }
        }
        let transports = if transports.len() == Transport::ALL.len() {
            "all".to_owned()
        } else {
            transports.join(" ")
        };
        let [connections, heads, messages, verdict, attempts, text] = line.cells.clone();
        rows.push([
            line.fault.clone(),
            transports,
            connections,
            heads,
            messages,
            verdict,
            attempts,
            text,
        ]);
    }
    let mut widths = [0; 8];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in &rows {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    table
}
