//! What the model is made of: rows, workers, the wire, and what is true of them.

use crate::transition::{Position, State};

/// What to explore, and how far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    /// One message, or two of one lane.
    pub(super) messages: usize,
    /// Whether what is unknown holds its lane until a person decides.
    pub(super) strict: bool,
    /// How often each message is claimed at most.
    pub(super) claims: [u8; 2],
    /// Whether messages also expire, are invalid, replaced, erased and pruned.
    pub(super) ends: bool,
    /// How often people do something at most, except waiting.
    pub(super) acts: u8,
    /// Whether people may say that a message was not sent although it may still arrive.
    pub(super) overrides: bool,
    pub(super) fault: Option<Fault>,
}

/// What an outbox could do wrong. The real one does none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A lease that ends makes a row queued, as in a queue that delivers at least once.
    LeaseRequeues,
    /// A person need not wait until nothing can arrive any more.
    NoWait,
    /// A verdict counts without the token of its claim.
    NoFence,
    /// A worker may begin to send after its lease.
    NoGate,
    /// Whether the lane is free is looked up before the claim, not with it.
    LaneBeforeClaim,
    /// What is unknown doesn't hold its lane.
    UnknownFreesLane,
    /// What is tried again loses its place in the lane.
    RetryLosesPlace,
    /// A message can be cancelled while it is being sent.
    CancelSending,
    /// What a person wants to send again may be unknown.
    SendAgainUnknown,
}

/// A message: its row, and where it really is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Message {
    /// None: deleted.
    pub(super) row: Option<Position>,
    /// The row's claim: the number of its token.
    pub(super) claim: Option<u8>,
    /// How many claims there were.
    pub(super) claims: u8,
    /// The claims whose lease is over, and those that are on the wire. Bits.
    over: u8,
    wire: u8,
    pub(super) erased: bool,
    /// It was not sent, once: it is not tried a third time.
    pub(super) failed: bool,
    /// How often it has arrived.
    pub(super) arrived: u8,
    /// A person said that it was not sent although it could still arrive.
    pub(super) overridden: bool,
    /// Its lane went on without it because of what a person decided, or because it was unknown and not strict.
    pub(super) passed: bool,
}

impl Message {
    const NEW: Self = Self {
        row: Some(Position {
            state: State::Queued,
            decided: false,
            replaced: false,
        }),
        claim: None,
        claims: 0,
        over: 0,
        wire: 0,
        erased: false,
        failed: false,
        arrived: 0,
        overridden: false,
        passed: false,
    };
    /// One that there never was.
    const NONE: Self = Self {
        row: None,
        ..Self::NEW
    };

    pub(super) fn state(&self) -> Option<State> {
        self.row.map(|row| row.state)
    }

    pub(super) fn is_over(&self, claim: u8) -> bool {
        self.over & 1 << claim != 0
    }

    pub(super) fn end_lease(&mut self, claim: u8) {
        self.over |= 1 << claim;
    }

    pub(super) fn is_on_the_wire(&self, claim: u8) -> bool {
        self.wire & 1 << claim != 0
    }

    pub(super) fn put_on_the_wire(&mut self, claim: u8) {
        self.wire |= 1 << claim;
    }

    pub(super) fn take_off_the_wire(&mut self, claim: u8) {
        self.wire &= !(1 << claim);
    }
}

/// What a worker is doing. The number is the message's; the other that of its claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Worker {
    Idle,
    /// It has seen that the lane is free: with [`Fault::LaneBeforeClaim`] only.
    Found(usize),
    /// It has claimed it, and never learned so.
    Lost(usize, u8),
    Claimed(usize, u8),
    /// The HTTP stack has taken the body.
    Taken(usize, u8),
    /// For the answer.
    Waits(usize, u8),
    Knows(usize, u8, Answer),
}

/// What a worker knows about what it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Answer {
    Accepted,
    Refused,
    NotSent,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) messages: [Message; 2],
    pub(super) workers: [Worker; 2],
    /// How often people did something.
    pub(super) acts: u8,
    /// The second message of the lane has arrived before the first, and neither a person nor the wait for an unknown one
    /// is the reason.
    pub(super) out_of_order: bool,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let second = match setup.messages {
            1 => Message::NONE,
            _ => Message::NEW,
        };
        Self {
            messages: [Message::NEW, second],
            workers: [Worker::Idle; 2],
            acts: 0,
            out_of_order: false,
        }
    }

    /// The assumption about time: when the lease is over, the gate lets nothing more begin, so after a while nothing can
    /// arrive any more. Then this is true.
    pub(super) fn can_not_arrive(&self, number: usize) -> bool {
        let message = &self.messages[number];
        message.claim.is_none_or(|claim| {
            let is_taken = self.workers.contains(&Worker::Taken(number, claim));
            message.is_over(claim) && !message.is_on_the_wire(claim) && !is_taken
        })
    }

    /// Whether a message may be claimed as far as its lane is concerned, as the SQL of the claim has it.
    pub(super) fn is_lane_free(&self, number: usize, setup: &Setup) -> bool {
        let other = 1 - number;
        let busy = match self.messages[other].state() {
            Some(State::Sending) => true,
            Some(State::Unknown) if setup.fault == Some(Fault::UnknownFreesLane) => false,
            Some(State::Unknown) => setup.strict || !self.can_not_arrive(other),
            // The earlier one goes first.
            Some(State::Queued) if other < number => {
                setup.fault != Some(Fault::RetryLosesPlace) || !self.messages[other].failed
            }
            _ => false,
        };
        !busy
    }

    /// What is wrong, if something is.
    pub(super) fn problem(&self) -> Option<&'static str> {
        for message in &self.messages {
            let (arrived, state) = (message.arrived > 0, message.state());
            if state == Some(State::Accepted) && !arrived {
                return Some("accepted, but it has not arrived");
            }
            if message.overridden {
                continue;
            }
            if message.arrived > 1 {
                return Some("sent twice");
            }
            let denied = [
                State::Queued,
                State::Refused,
                State::NotSent,
                State::Cancelled,
            ];
            if arrived && state.is_some_and(|state| denied.contains(&state)) {
                return Some("not accepted, but it has arrived");
            }
        }
        let [first, second] = &self.messages;
        let is_overridden = first.overridden || second.overridden;
        if !is_overridden && first.wire != 0 && second.wire != 0 {
            return Some("two of one lane on the wire");
        }
        (!is_overridden && self.out_of_order).then_some("out of order")
    }
}
