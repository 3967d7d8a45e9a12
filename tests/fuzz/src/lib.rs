//! What must hold for any bytes, one module a target. A target panics where it doesn't hold.

#![expect(clippy::expect_used, reason = "a target fails by a panic")]

pub mod answers;
pub mod csv;
pub mod files;
mod loopback;
pub mod ndjson;
mod private;
pub mod recipients;
pub mod retry_after;
pub mod rows;
pub mod settings;
pub mod sheets;
pub mod templates;
pub mod verdicts;

/// What is fuzzed.
pub struct Target {
    /// Also the name of its folders in `seeds` and `regressions`.
    pub name: &'static str,
    /// Runs one input. Panics where something doesn't hold.
    pub run: fn(&[u8]),
    /// The folders of its seeds, from this package's folder. `tests/fuzz/run` names the same.
    pub seeds: &'static [&'static str],
}

macro_rules! targets {
    ($($name:ident: $($seeds:literal),+;)+) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $name::run,
            seeds: &[$($seeds),+],
        }),+];
    };
}
targets! {
    answers: "seeds/answers", "../../openapi/examples";
    csv: "seeds/csv";
    files: "seeds/files", "../../crates/acquire-io-cli/tests/batch/tables";
    ndjson: "seeds/ndjson";
    recipients: "seeds/recipients";
    retry_after: "seeds/retry_after";
    rows: "seeds/rows";
    settings: "seeds/settings";
    sheets: "seeds/sheets";
    templates: "seeds/templates";
    verdicts: "seeds/verdicts";
}
