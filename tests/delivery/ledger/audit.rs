//! What the client says, held against what the server received.
//!
//! A request names its call twice: `contactId` in the URL, which is in the head, and the text, which is in the body.
//! Over HTTP/2 heads aren't decoded. There they are counted in total.

use std::collections::HashMap;
use std::fmt;

use acquire_io::Delivery;
use acquire_io_tests::fault::{Answer, Received, Request};
use bytes::Bytes;
use serde_json::Value;

use crate::ledger::faults::{Meaning, meaning};

/// What the client said of one call.
pub(crate) struct Call {
    pub(crate) number: i64,
    pub(crate) delivery: Delivery,
    pub(crate) status: Option<u16>,
    pub(crate) attempts: usize,
    /// Of the answer, as far as the client has it.
    pub(crate) body: Bytes,
}

/// The text of a call's message.
pub(crate) fn text(seed: u64, call: i64) -> String {
    format!("message {call} of seed {seed}")
}

/// The call of a message with this text.
fn call_of_text(seed: u64, body: &[u8]) -> Option<i64> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let found = body.pointer("/message/message")?.as_str()?;
    let call = found.strip_prefix("message ")?.split(' ').next()?;
    call.parse().ok().filter(|call| found == text(seed, *call))
}

/// The call of a head. None over HTTP/2.
fn call_of_head(request: &Request) -> Option<i64> {
    let target = request.head.split_ascii_whitespace().nth(1)?;
    target.split_once("contactId=")?.1.parse().ok()
}

/// What the client says, held against the server's ledger.
#[derive(Default)]
pub(crate) struct Audit {
    seed: u64,
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    pub(crate) not_sent: usize,
    pub(crate) unknown: usize,
    pub(crate) unknown_not_received: usize,
    pub(crate) retried: usize,
    attempts: usize,
    messages: usize,
    pub(crate) incomplete: usize,
    never_seen: usize,
    pub(crate) duplicates: Vec<i64>,
    pub(crate) violations: Vec<String>,
}

impl Audit {
    pub(crate) fn new(seed: u64, calls: &[Call], received: &Received) -> Self {
        let mut audit = Self {
            seed,
            ..Self::default()
        };
        let (mut heads, mut parts) = (HashMap::<_, usize>::new(), HashMap::<_, usize>::new());
        for request in &received.requests {
            if let Some(call) = call_of_head(request) {
                *heads.entry(call).or_default() += 1;
                if !request.whole && !request.body.is_empty() {
                    *parts.entry(call).or_default() += 1;
                }
            }
        }
        let mut messages = HashMap::<_, Vec<_>>::new();
        for request in received.whole() {
            let (head, text) = (call_of_head(request), call_of_text(seed, &request.body));
            match text.filter(|call| head.is_none_or(|head| head == *call)) {
                Some(call) => messages.entry(call).or_default().push(request),
                None => audit.violation(head.unwrap_or(0), "arrived with another text"),
            }
        }
        for call in calls {
            let received = messages.remove(&call.number).unwrap_or_default();
            let of = |counts: &HashMap<i64, usize>| counts.get(&call.number).copied();
            let parts = of(&parts).unwrap_or_default();
            let heads = of(&heads).unwrap_or_default();
            audit.call(call, &received, parts, heads);
        }
        for call in messages.keys() {
            audit.violation(*call, "arrived without a call");
        }
        if heads.contains_key(&0) {
            audit.violation(0, "follows a redirect");
        }
        let heads = received.requests.len();
        if heads > audit.attempts {
            audit.violation(0, "was requested, and no call counts that");
        }
        audit.incomplete = heads - audit.messages;
        audit.never_seen = audit.attempts.saturating_sub(heads);
        audit
    }

    fn call(&mut self, call: &Call, received: &[&Request], parts: usize, heads: usize) {
        let number = call.number;
        match call.delivery {
            Delivery::Accepted => self.accepted += 1,
            Delivery::Refused => self.refused += 1,
            Delivery::NotSent => self.not_sent += 1,
            Delivery::Unknown => self.unknown += 1,
        }
        match call.delivery {
            Delivery::Accepted | Delivery::Refused if received.is_empty() => {
                self.violation(number, "is answered and was never received");
            }
            // The body was never taken, so not even a part can be there.
            Delivery::NotSent if !received.is_empty() || parts > 0 => {
                self.violation(number, "is not sent and was received");
            }
            Delivery::Unknown if received.is_empty() => self.unknown_not_received += 1,
            _ => {}
        }
        if received.len() > 1 {
            self.duplicates.push(number);
        }
        if heads > call.attempts {
            self.violation(number, "made more requests than it says");
        }
        // The verdict is the one that the server's answer to this very message means.
        let expected = match call.delivery {
            Delivery::Accepted => Some(Meaning::Accepts),
            Delivery::Refused => Some(Meaning::Refuses),
            Delivery::Unknown if call.status.is_some() => Some(Meaning::Nothing),
            Delivery::Unknown | Delivery::NotSent => None,
        };
        let fits = |answer: &Answer| {
            // What a 2xx says is not known when its body is cut. Then it is no refusal.
            let is_cut = call.body.len() < answer.body.len();
            let unclear = is_cut
                && call.delivery != Delivery::Refused
                && call.status.is_some_and(|status| status < 300);
            // The verdict may be that of an attempt before the one with this answer.
            let earlier = call.delivery == Delivery::Unknown && call.attempts > 1;
            answer.final_status() == call.status
                && answer.body.starts_with(&call.body)
                && (unclear || earlier || Some(meaning(answer)) == expected)
        };
        let mut answers = received
            .iter()
            .filter_map(|request| request.answered.as_ref());
        if expected.is_some() && !answers.any(fits) {
            self.violation(number, "has another verdict or answer than the server gave");
        }
        if call.attempts > 1 {
            self.retried += 1;
        }
        self.attempts += call.attempts;
        self.messages += received.len();
    }

    fn violation(&mut self, call: i64, what: &str) {
        self.violations.push(format!("message {call} {what}"));
    }

    /// What must hold under any policy but `at_least_once`.
    pub(crate) fn assert_kept(&self) {
        assert_eq!(self.violations, [""; 0], "{self}");
        assert_eq!(self.duplicates, [0; 0], "{self}");
        // Every request that the client counts was seen whole, was seen in part, or can't have been seen.
        assert_eq!(
            self.attempts,
            self.messages + self.incomplete + self.never_seen,
            "{self}"
        );
        // Every whole message belongs to a call whose verdict allows for it.
        assert_eq!(
            self.messages,
            self.accepted + self.refused + self.unknown - self.unknown_not_received,
            "{self}"
        );
        // Every other attempt is one that the client calls not sent, or the last of an unknown call.
        let calls = self.accepted + self.refused + self.not_sent + self.unknown;
        let not_sent_attempts = self.attempts - calls + self.not_sent;
        assert_eq!(
            self.incomplete + self.never_seen,
            not_sent_attempts + self.unknown_not_received,
            "{self}"
        );
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(
            f,
            "calls: {} accepted, {} refused, {} not sent, {} unknown; {} tried more than once",
            self.accepted, self.refused, self.not_sent, self.unknown, self.retried
        )?;
        writeln!(
            f,
            "of the unknown, {} ({:.0} %) were in fact not received",
            self.unknown_not_received,
            100.0 * self.unknown_not_received as f64 / self.unknown.max(1) as f64
        )?;
        write!(
            f,
            "requests: {} counted by the client; {} received whole, {} in part, {} never seen; {} messages \
             received twice",
            self.attempts,
            self.messages,
            self.incomplete,
            self.never_seen,
            self.duplicates.len()
        )
    }
}
