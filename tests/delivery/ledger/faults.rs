//! What a server does to thousands of requests, drawn from a seed: as scripts.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use acquire_io_tests::fault::{Answer, Last, Part, Script, Step, Transport};
use fastrand::Rng;
use h2::Reason;

/// What an answer says about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A 2xx with an object, or with nothing.
    Accepts,
    /// A 4xx, or a 2xx with an error in place of data.
    Refuses,
    /// Anything else.
    Nothing,
}

const ACCEPTS: &[(u16, &str)] = &[(200, r#"{"data":{}}"#), (202, ""), (201, "{}")];

const REFUSES: &[(u16, &str)] = &[
    (
        400,
        r#"{"error":{"code":"ERROR_INVALID_INPUT","message":"no"}}"#,
    ),
    (404, "<title>Not Found</title>"),
    (429, ""),
    (
        200,
        r#"{"error":{"code":"CHAT_ALREADY_JOINED","message":"no","data":null}}"#,
    ),
];

/// The redirects lead back here, so that following one shows in what was received.
const MEANS_NOTHING: &[(u16, &str)] = &[
    (200, "<html>"),
    (200, r#"{"error":true}"#),
    (302, ""),
    (307, ""),
    (408, ""),
    (500, "{}"),
    (503, "down"),
];

/// What an answer of this server means.
pub(crate) fn meaning(answer: &Answer) -> Meaning {
    let is_one_of = |answers: &[(u16, &str)]| {
        answers.iter().any(|(status, body)| {
            answer.final_status() == Some(*status) && answer.body == body.as_bytes()
        })
    };
    if is_one_of(ACCEPTS) {
        Meaning::Accepts
    } else if is_one_of(REFUSES) {
        Meaning::Refuses
    } else {
        Meaning::Nothing
    }
}

fn one_of(rng: &mut Rng, answers: &[(u16, &str)]) -> Answer {
    let (status, body) = answers[rng.usize(..answers.len())];
    let answer = Answer::new(status).body(body);
    match status {
        302 | 307 => answer.header("location", "/again?contactId=0"),
        _ => answer,
    }
}

/// What the server does with one request.
enum Fault {
    /// None: it reads the message and answers.
    Answer(Answer),
    /// Answers, and ends the exchange within the answer.
    Cut(Answer),
    /// Over HTTP/2 only: refuses the stream without reading the body.
    RefuseStream,
    /// Reads a part of the message, then closes or resets.
    ReadPart,
    /// Reads the message, then closes or resets without an answer.
    Silent,
    /// Reads the message, then does nothing for longer than the client waits.
    Hang,
}

impl Fault {
    fn pick(rng: &mut Rng) -> Self {
        match rng.u8(..100) {
            0..50 => Self::Answer(one_of(rng, ACCEPTS)),
            50..60 => Self::Answer(one_of(rng, REFUSES)),
            60..68 => Self::Answer(one_of(rng, MEANS_NOTHING)),
            68..72 => Self::Cut(one_of(rng, ACCEPTS)),
            72..74 => Self::Cut(one_of(rng, REFUSES)),
            74..80 => Self::RefuseStream,
            80..88 => Self::ReadPart,
            88..99 => Self::Silent,
            _ => Self::Hang,
        }
    }

    fn over_http1(self, rng: &mut Rng) -> Vec<Step> {
        match self {
            Self::Answer(answer) => vec![Step::Message, Step::Send(Part::Whole, answer)],
            Self::Cut(answer) => {
                let parts = [Part::HalfHead, Part::Head, Part::HalfBody];
                let cut = Step::Send(parts[rng.usize(..parts.len())], answer);
                vec![Step::Message, cut, Step::Close]
            }
            // No message is that short.
            Self::ReadPart => vec![Step::Body(rng.usize(1..60)), end(rng)],
            Self::RefuseStream | Self::Silent => vec![Step::Message, end(rng)],
            Self::Hang => vec![Step::Message, Step::Hang],
        }
    }

    fn over_http2(self, rng: &mut Rng) -> Vec<Step> {
        let reset = Step::ResetStream(Reason::INTERNAL_ERROR);
        match self {
            Self::Answer(answer) => vec![Step::Message, Step::Send(Part::Whole, answer)],
            Self::Cut(answer) => {
                let part = if rng.bool() {
                    Part::Head
                } else {
                    Part::HalfBody
                };
                vec![Step::Message, Step::Send(part, answer), reset]
            }
            Self::RefuseStream => vec![Step::ResetStream(Reason::REFUSED_STREAM)],
            Self::ReadPart => vec![reset],
            Self::Silent => vec![Step::Message, reset],
            // The other streams go on.
            Self::Hang => vec![Step::Message],
        }
    }
}

/// An orderly end, or a reset half of the time.
fn end(rng: &mut Rng) -> Step {
    if rng.bool() { Step::Abort } else { Step::Close }
}

/// A script for each connection.
pub(crate) fn scripts(transport: Transport, seed: u64) -> impl FnMut(usize) -> Script + Send {
    let mut rng = Rng::with_seed(seed);
    move |_| {
        let script = match rng.u8(..100) {
            // Closes before reading anything.
            0..10 => Script::bare([end(&mut rng)]),
            _ if transport.is_http2() => http2(rng.fork()),
            _ => http1(rng.fork()),
        };
        if rng.u8(..100) < 4 {
            script.then_away(Duration::from_millis(rng.u64(2..20)))
        } else {
            script
        }
    }
}

fn http1(mut rng: Rng) -> Script {
    // Closes idle connections soon, so that the client often takes one that is about to end.
    let idle = Duration::from_micros(rng.u64(..5_000));
    let idle = rng.bool().then_some(Step::ArrivalWithin(idle));
    let rng = Mutex::new(rng);
    let fault = Step::choose(move |_| {
        let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner);
        Fault::pick(&mut rng).over_http1(&mut rng)
    });
    let steps: Vec<_> = idle.into_iter().chain([Step::Head, fault]).collect();
    Script::new(steps).repeated()
}

fn http2(mut rng: Rng) -> Script {
    let streams = rng.u32(1..300);
    let state = Mutex::new((rng, streams));
    let fault = Step::choose(move |_| {
        let (rng, streams_left) = &mut *state.lock().unwrap_or_else(PoisonError::into_inner);
        *streams_left = streams_left.saturating_sub(1);
        let shutdown = if *streams_left == 0 {
            *streams_left = u32::MAX;
            shutdown(rng)
        } else {
            Vec::new()
        };
        [shutdown, Fault::pick(rng).over_http2(rng)].concat()
    });
    Script::new([Step::Head, fault]).repeated()
}

fn shutdown(rng: &mut Rng) -> Vec<Step> {
    let abrupt = |reason| vec![Step::GoAway(Last::This, reason), Step::Close];
    match rng.u8(..4) {
        // The streams under way end with it.
        0 => vec![Step::Close],
        1 => abrupt(Reason::INTERNAL_ERROR),
        2 => abrupt(Reason::NO_ERROR),
        // The streams under way are answered.
        _ => vec![Step::GoAway(Last::Highest, Reason::NO_ERROR)],
    }
}
