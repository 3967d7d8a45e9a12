//! Breadth first through all worlds, so that a trace is as short as possible.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::steps::Steps;
use super::world::{Setup, World};
use crate::transition::{Event, Position};

pub(super) struct Explored {
    pub(super) states: usize,
    /// What can go wrong, and the shortest way to it.
    pub(super) problems: BTreeMap<&'static str, String>,
    /// The entries of the table that were used.
    pub(super) used: HashSet<(Position, Event)>,
}

/// How a world came to be: from which, and by what.
type Origin = Option<(usize, &'static str, usize)>;

/// Explores all.
pub(super) fn explore(setup: &Setup) -> Explored {
    let start = World::new(setup);
    let mut worlds: Vec<(World, Origin)> = vec![(start, None)];
    let mut seen = HashSet::from([start]);
    let mut queue = VecDeque::from([0]);
    let mut used = HashSet::new();
    let mut problems = BTreeMap::new();
    while let Some(number) = queue.pop_front() {
        let at = worlds[number].0;
        if let Some(found) = at.problem() {
            problems
                .entry(found)
                .or_insert_with(|| trace(&worlds, number));
        }
        let steps = Steps::of(at, setup);
        used.extend(steps.used);
        for (what, message, next) in steps.next {
            if seen.insert(next) {
                queue.push_back(worlds.len());
                worlds.push((next, Some((number, what, message))));
            }
        }
    }
    Explored {
        states: worlds.len(),
        problems,
        used,
    }
}

fn trace(worlds: &[(World, Origin)], mut number: usize) -> String {
    let mut steps = Vec::new();
    while let Some((from, what, message)) = worlds[number].1 {
        steps.push(format!("{what} ({})", message + 1));
        number = from;
    }
    steps.reverse();
    steps.join(" > ")
}
