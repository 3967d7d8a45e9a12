//! Tests of the outbox with its store, through the handle and the seam of the workers.

mod by_hand;
mod entries;
mod files;
mod inserting;
mod lanes;
mod model;
mod pauses;
mod people;
mod plans;
mod processes;
mod simple;
mod support;
mod transitions;
mod turns;
