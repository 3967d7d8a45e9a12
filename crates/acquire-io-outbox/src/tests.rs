//! Tests of the outbox with its store, through the handle and the seam of the workers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests, also what they share"
)]

mod broken;
mod by_hand;
mod correcting;
mod database;
mod database_inserts;
mod database_order;
mod entries;
mod files;
mod inserting;
mod lanes;
mod model;
mod pauses;
mod people;
mod plans;
mod privacy;
mod processes;
mod sequences;
mod services;
mod settling;
mod simple;
mod support;
mod transitions;
mod turns;
mod verdicts;
mod waiting;
