//! A model of the protocol over the real table of transitions: two workers, leases, crashes, lost answers of commits, a
//! slow network, people. Every interleaving is explored, within the bounds of a [`Setup`]. That the store does what the
//! table says, and nothing else, is what `transitions.rs` tests.
//!
//! With `OUTBOX_MODEL=full` in the environment the bounds of a lane are wider: millions of states.

mod explore;
mod steps;
mod world;

use std::collections::HashSet;

use explore::{Explored, explore};
use world::{Fault, Setup};

use super::transitions::positions;
use crate::transition::{Event, Outcome, apply};

const ONE: Setup = Setup {
    messages: 1,
    strict: false,
    claims: [3, 0],
    acts: 3,
    overrides: false,
    ends: true,
    fault: None,
};

const TWO: Setup = Setup {
    messages: 2,
    claims: [2, 1],
    acts: 1,
    ends: false,
    ..ONE
};

/// Explores, and prints how much that was, and what went wrong.
fn run(name: &str, setup: Setup) -> Explored {
    let explored = explore(&setup);
    println!("{name}: {} states", explored.states);
    for (problem, trace) in &explored.problems {
        println!("  {problem}: {trace}");
    }
    explored
}

/// # Panics
/// When something can go wrong, or less was explored than there was when this was written: then the model has lost a part.
fn holds(name: &str, setup: Setup, at_least: usize) -> Explored {
    let explored = run(name, setup);
    assert!(explored.problems.is_empty(), "{name}");
    let states = explored.states;
    assert!(states >= at_least, "{name}: {states} states");
    explored
}

/// # Panics
/// When the model doesn't find what goes wrong.
fn fails(fault: Fault, setup: Setup, expected: &str) {
    let explored = run(
        &format!("{fault:?}"),
        Setup {
            fault: Some(fault),
            ..setup
        },
    );
    assert!(explored.problems.contains_key(expected), "{fault:?}");
}

#[test]
fn one_message_is_never_sent_twice_and_ends_as_what_is_true() {
    let no_person = Setup { acts: 0, ..ONE };
    holds("one message, no person", no_person, 5_000);
    holds("one message, people who wait", ONE, 45_000);
}

/// Without waiting a person can send it twice, and knows so. All else holds also then, and everything that the table
/// allows happens somewhere: the model leaves nothing out.
#[test]
fn a_person_who_does_not_wait_can_not_make_it_accepted_and_every_entry_of_the_table_is_used() {
    let overrides = Setup {
        overrides: true,
        ..ONE
    };
    let explored = holds("one message, people who don't wait", overrides, 130_000);
    let mut table = HashSet::new();
    for at in positions() {
        for event in Event::ALL {
            if matches!(apply(at, event), Outcome::To(_) | Outcome::Gone) {
                table.insert((at, event));
            }
        }
    }
    let unused: Vec<_> = table.difference(&explored.used).collect();
    assert!(unused.is_empty(), "{unused:?}");
    let unknown: Vec<_> = explored.used.difference(&table).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn two_messages_of_a_lane_are_never_on_the_wire_together_and_stay_in_order() {
    let lane = match std::env::var("OUTBOX_MODEL").as_deref() {
        Ok("full") => Setup {
            claims: [2, 2],
            ends: true,
            ..TWO
        },
        _ => TWO,
    };
    holds("a lane, people who wait", lane, 50_000);
    let strict = Setup {
        strict: true,
        ..lane
    };
    holds("a strict lane, people who wait", strict, 25_000);
}

/// The model can fail: it finds what is wrong with each of these outboxes.
#[test]
fn an_outbox_with_a_fault_is_found_out() {
    use Fault::*;

    let no_person = Setup { acts: 0, ..ONE };
    let person = Setup { acts: 1, ..ONE };
    let lane = Setup { acts: 0, ..TWO };
    fails(LeaseRequeues, no_person, "sent twice");
    for fault in [NoWait, NoFence, NoGate, SendAgainUnknown] {
        fails(fault, person, "sent twice");
    }
    fails(CancelSending, person, "not accepted, but it has arrived");
    for fault in [NoGate, LaneBeforeClaim, UnknownFreesLane] {
        fails(fault, lane, "two of one lane on the wire");
    }
    fails(RetryLosesPlace, lane, "out of order");
}
