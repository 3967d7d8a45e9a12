//! What must hold for any bytes, one module a target. A target panics where it doesn't hold.

#![expect(clippy::expect_used, reason = "a panic is how a target tells")]

pub mod answers;
pub mod csv;
pub mod journal;
pub mod journal_file;
mod loopback;
pub mod ndjson;
mod private;
pub mod recipients;
pub mod retry_after;
pub mod rows;
pub mod settings;
pub mod verdicts;

/// A name, which a corpus has too, and what runs an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 10] = [
    ("answers", answers::run),
    ("csv", csv::run),
    ("journal", journal::run),
    ("journal_file", journal_file::run),
    ("ndjson", ndjson::run),
    ("recipients", recipients::run),
    ("retry_after", retry_after::run),
    ("rows", rows::run),
    ("settings", settings::run),
    ("verdicts", verdicts::run),
];
