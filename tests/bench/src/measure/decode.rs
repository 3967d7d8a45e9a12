//! What decoding an answer costs.

use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::{build, instructions};
use crate::answers::{Answer, Into};

/// The instructions that decoding an answer takes.
///
/// # Errors
/// As [`instructions::per_round`].
pub fn instructions(answer: &Answer, into: Into) -> anyhow::Result<f64> {
    let work = ["decode", answer.name, into.name()];
    instructions::per_round(&build::beside(build::ITSELF)?, &work)
}

/// The instructions that it takes with the types that openapi-generator makes of the document. See [`build::peer`].
///
/// # Errors
/// As [`instructions::per_round`].
pub fn instructions_of_peer(peer: &Path, answer: &Answer) -> anyhow::Result<f64> {
    let file = build::root().join(format!("openapi/examples/{}.json", answer.name));
    let file = file.to_str().context("the project's path is no text")?;
    instructions::per_round(peer, &[file])
}

/// Nanoseconds, the median, as `cargo bench` left it. See [`build::criterion`].
///
/// # Errors
/// When `cargo bench` did not run.
pub fn nanoseconds(answer: &Answer, into: Into) -> anyhow::Result<f64> {
    let file = format!(
        "target/criterion/{}/{}/new/estimates.json",
        answer.name,
        into.name()
    );
    let estimates: Value = serde_json::from_slice(&std::fs::read(build::root().join(file))?)?;
    let median = estimates["median"]["point_estimate"].as_f64();
    median.context("criterion's estimates hold no median")
}
