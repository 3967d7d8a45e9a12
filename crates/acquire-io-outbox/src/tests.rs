//! Tests of the outbox with its store, through the handle and the seam of the workers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests, also what they share"
)]

mod entries;
mod files;
mod inserting;
mod lanes;
mod pauses;
mod people;
mod plans;
mod privacy;
mod processes;
mod sequences;
mod support;
mod transitions;
mod turns;
