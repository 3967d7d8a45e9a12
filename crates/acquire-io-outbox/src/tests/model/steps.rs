//! What can happen next in a world. Every change of a row is one of the real table of transitions.

use super::world::{Answer, Fault, Message, Setup, Worker, World};
use crate::transition::{Event, Outcome, Position, State, apply};

/// Collects the worlds that may come next.
pub(super) struct Steps<'a> {
    setup: &'a Setup,
    at: World,
    /// What happened, to which message.
    pub(super) next: Vec<(&'static str, usize, World)>,
    /// The entries of the table that were used.
    pub(super) used: Vec<(Position, Event)>,
}

impl<'a> Steps<'a> {
    pub(super) fn of(at: World, setup: &'a Setup) -> Self {
        let mut steps = Self {
            setup,
            at,
            next: Vec::new(),
            used: Vec::new(),
        };
        for place in 0..at.workers.len() {
            steps.worker(place);
        }
        for number in 0..setup.messages {
            steps.time(number);
            steps.wire(number);
            if at.acts < setup.acts {
                steps.person(number);
            }
        }
        steps
    }

    /// Adds what comes next.
    fn add(&mut self, what: &'static str, number: usize, change: impl FnOnce(&mut World)) {
        let mut next = self.at;
        change(&mut next);
        // Which worker is which doesn't matter.
        next.workers.sort_unstable();
        self.next.push((what, number, next));
    }

    /// Where an event leads, by the table. None: nowhere.
    fn to(&mut self, number: usize, event: Event) -> Option<Option<Position>> {
        let at = self.at.messages[number].row?;
        let faulty = match (self.setup.fault, event, at.state) {
            (Some(Fault::LeaseRequeues), Event::LeaseOver, State::Sending)
            | (Some(Fault::SendAgainUnknown), Event::SendAgain, State::Unknown) => {
                Some(State::Queued)
            }
            (Some(Fault::CancelSending), Event::Cancel, State::Sending) => Some(State::Cancelled),
            _ => None,
        };
        if let Some(state) = faulty {
            return Some(Some(Position { state, ..at }));
        }
        let to = match apply(at, event) {
            Outcome::To(to) => Some(to),
            Outcome::Gone => None,
            Outcome::Already | Outcome::Late | Outcome::Rejected => return None,
        };
        self.used.push((at, event));
        Some(to)
    }

    /// Adds an event, if the table allows it.
    fn event(
        &mut self,
        what: &'static str,
        number: usize,
        event: Event,
        change: impl FnOnce(&mut World),
    ) {
        if let Some(to) = self.to(number, event) {
            self.add(what, number, |world| {
                world.messages[number].row = to;
                change(world);
            });
        }
    }

    fn worker(&mut self, place: usize) {
        let worker = self.at.workers[place];
        let turns = |worker| move |world: &mut World| world.workers[place] = worker;
        let (Worker::Found(number)
        | Worker::Lost(number, _)
        | Worker::Claimed(number, _)
        | Worker::Taken(number, _)
        | Worker::Waits(number, _)
        | Worker::Knows(number, _, _)) = worker
        else {
            for number in 0..self.setup.messages {
                if self.at.is_lane_free(number, self.setup) {
                    self.find(place, number);
                }
            }
            return;
        };
        self.add("a worker dies", number, turns(Worker::Idle));
        let message = self.at.messages[number];
        match worker {
            Worker::Idle => {}
            Worker::Found(_) => self.claim(place, number),
            Worker::Lost(_, claim) => self.give_back(place, number, claim),
            Worker::Claimed(_, claim) => {
                let not_sent = turns(Worker::Knows(number, claim, Answer::NotSent));
                if message.is_over(claim) && self.setup.fault != Some(Fault::NoGate) {
                    self.add("a worker begins too late", number, not_sent);
                } else {
                    let taken = turns(Worker::Taken(number, claim));
                    self.add("a worker's body is taken", number, taken);
                    self.add("a worker gets no connection", number, not_sent);
                }
            }
            Worker::Taken(_, claim) => {
                self.add("a worker writes", number, |world| {
                    world.workers[place] = Worker::Waits(number, claim);
                    world.messages[number].put_on_the_wire(claim);
                });
                let unknown = turns(Worker::Knows(number, claim, Answer::Unknown));
                self.add("a worker's connection breaks", number, unknown);
            }
            Worker::Waits(_, claim) => {
                let unknown = turns(Worker::Knows(number, claim, Answer::Unknown));
                self.add("a worker waits no longer", number, unknown);
            }
            Worker::Knows(_, claim, answer) => self.settle(place, number, claim, answer),
        }
    }

    fn find(&mut self, place: usize, number: usize) {
        let message = &self.at.messages[number];
        match self.setup.fault {
            Some(Fault::LaneBeforeClaim) if message.state() == Some(State::Queued) => {
                let found = Worker::Found(number);
                self.add("a worker finds a free lane", number, |world| {
                    world.workers[place] = found;
                });
            }
            Some(Fault::LaneBeforeClaim) => {}
            _ => self.claim(place, number),
        }
    }

    fn claim(&mut self, place: usize, number: usize) {
        let claim = self.at.messages[number].claims;
        if claim == self.setup.claims[number] || self.at.messages[number].erased {
            return;
        }
        for (what, worker) in [
            ("a worker claims", Worker::Claimed(number, claim)),
            (
                "a worker claims and its answer is lost",
                Worker::Lost(number, claim),
            ),
        ] {
            self.event(what, number, Event::Claim, |world| {
                world.workers[place] = worker;
                let message = &mut world.messages[number];
                message.claim = Some(claim);
                message.claims += 1;
                let first = &mut world.messages[0];
                if number == 1 && first.state() == Some(State::Unknown) {
                    first.passed = true;
                }
            });
        }
    }

    /// Whether a report with a claim's token counts.
    fn counts(&self, number: usize, claim: u8) -> bool {
        let fenced = self.setup.fault != Some(Fault::NoFence);
        !fenced || self.at.messages[number].claim == Some(claim)
    }

    fn give_back(&mut self, place: usize, number: usize, claim: u8) {
        let event = match self.at.messages[number].erased {
            true => Event::NotSent,
            false => Event::GiveBack,
        };
        if !self.counts(number, claim) || self.to(number, event).is_none() {
            self.add("a worker has nothing to give back", number, |world| {
                world.workers[place] = Worker::Idle;
            });
            return;
        }
        for worker in [Worker::Idle, Worker::Lost(number, claim)] {
            self.event("a worker gives back", number, event, |world| {
                world.workers[place] = worker;
            });
        }
    }

    fn settle(&mut self, place: usize, number: usize, claim: u8, answer: Answer) {
        let message = self.at.messages[number];
        let events: &[Event] = match answer {
            Answer::Accepted => &[Event::Accepted],
            Answer::Unknown => &[Event::Unknown],
            Answer::Refused if message.erased => &[Event::Refused, Event::NotSent],
            Answer::Refused => &[Event::Refused, Event::Throttled, Event::Unauthorized],
            Answer::NotSent if message.failed || message.erased => &[Event::NotSent],
            Answer::NotSent => &[Event::Retry, Event::NotSent],
        };
        for event in events {
            if !self.counts(number, claim) || self.to(number, *event).is_none() {
                self.add("a verdict comes too late, or again", number, |world| {
                    world.workers[place] = Worker::Idle;
                });
                continue;
            }
            for (what, is_lost) in [
                ("a worker settles", false),
                ("a worker settles and its answer is lost", true),
            ] {
                self.event(what, number, *event, |world| {
                    if !is_lost {
                        world.workers[place] = Worker::Idle;
                    }
                    let message = &mut world.messages[number];
                    match event {
                        // Its content is erased.
                        Event::Accepted => message.erased = true,
                        // Its worker is done with it.
                        Event::Unknown => message.end_lease(claim),
                        Event::Retry => message.failed = true,
                        _ => {}
                    }
                });
            }
        }
    }

    fn time(&mut self, number: usize) {
        let message = self.at.messages[number];
        for claim in (0..message.claims).filter(|claim| !message.is_over(*claim)) {
            self.add("a lease ends", number, |world| {
                world.messages[number].end_lease(claim);
            });
        }
        if message.claim.is_some_and(|claim| message.is_over(claim)) {
            let what = "a turn finds a lease that is over";
            self.event(what, number, Event::LeaseOver, |_| {});
        }
        if !self.setup.ends {
            return;
        }
        self.event("it expires", number, Event::Expire, |_| {});
        self.event("it is invalid", number, Event::Invalid, |_| {});
        self.event("it is pruned", number, Event::Prune, |_| {});
        if message.state() == Some(State::Unknown) && !message.erased {
            self.add("its content is erased", number, |world| {
                world.messages[number].erased = true;
            });
        }
    }

    fn wire(&mut self, number: usize) {
        let message = self.at.messages[number];
        for claim in (0..message.claims).filter(|claim| message.is_on_the_wire(*claim)) {
            let waits = Worker::Waits(number, claim);
            let place = self.at.workers.iter().position(|worker| *worker == waits);
            let ends = move |world: &mut World, answer| {
                world.messages[number].take_off_the_wire(claim);
                if let Some(place) = place {
                    world.workers[place] = Worker::Knows(number, claim, answer);
                }
            };
            let arrives = |world: &mut World| {
                let is_late = number == 0 && world.messages[1].arrived > 0;
                let message = &mut world.messages[number];
                message.arrived += 1;
                world.out_of_order |= is_late && !message.passed;
            };
            self.add("it arrives", number, |world| {
                ends(world, Answer::Accepted);
                arrives(world);
            });
            self.add("it arrives and the answer is lost", number, |world| {
                ends(world, Answer::Unknown);
                arrives(world);
            });
            let refused = |world: &mut World| ends(world, Answer::Refused);
            self.add("it is refused", number, refused);
            let lost = |world: &mut World| ends(world, Answer::Unknown);
            self.add("it is lost on the wire", number, lost);
        }
    }

    /// A person looks whether the message has arrived, and says so. Who says that it was not sent looks when it can't
    /// arrive any more, unless they override that.
    fn person(&mut self, number: usize) {
        let message = self.at.messages[number];
        let found = match message.arrived {
            1.. => Event::FoundAccepted,
            0 if message.erased => Event::FoundNotSentErased,
            0 => Event::FoundNotSent,
        };
        let is_true = found == Event::FoundAccepted || self.at.can_not_arrive(number);
        if is_true || self.setup.fault == Some(Fault::NoWait) {
            self.act("a person finds out", number, found, false);
        } else if self.setup.overrides {
            self.act("a person doesn't wait", number, found, true);
        }
        self.act("a person takes it back", number, Event::Undo, false);
        self.act("a person cancels it", number, Event::Cancel, false);
        if !message.erased {
            let what = "a person sends it again";
            self.act(what, number, Event::SendAgain, false);
        }
        if self.setup.ends {
            let what = "another message replaces it";
            self.act(what, number, Event::Replace, false);
        }
    }

    fn act(&mut self, what: &'static str, number: usize, event: Event, overrides: bool) {
        self.event(what, number, event, |world| {
            world.acts += 1;
            let went_on = world.messages[1].claims > 0;
            let message: &mut Message = &mut world.messages[number];
            message.overridden |= overrides;
            message.passed |= number == 0 && went_on;
        });
    }
}
