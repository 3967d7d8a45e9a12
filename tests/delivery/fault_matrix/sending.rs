//! Faults from the first byte of a request to the first of its answer: the connection ends, or nothing comes.

use super::faults::*;

pub(super) fn ending() -> Vec<Row> {
    let mut rows = Vec::new();
    for (how, end) in [("FIN", Fin), ("RST", Abort)] {
        rows.extend(faults! {
            format!("{how} before reading, once bytes have come"), HTTP1_PLAIN, [Arrival, end.clone(), Hang] => UNKNOWN;
            format!("{how} after the head"), ALL, [Head, end.clone(), Hang] => UNKNOWN, raced();
            format!("{how} after the message"), ALL, [Message, end.clone(), Hang] => UNKNOWN, raced();
            format!("{how} within a large message"), ALL, [Body(100_000), end, Hang] => UNKNOWN, large();
        });
    }
    rows.extend(faults! {
        "FIN after the message, without TLS's farewell", TLS, [Message, BareFin] => UNKNOWN;
        "RST after the message, with retries", ALL, [Message, Abort] => UNKNOWN, retry(Retry::not_sent(), 1);
    });
    rows
}

pub(super) fn waiting() -> Vec<Row> {
    let brief = Duration::from_millis(10);
    faults! {
        "never answers", ALL, [Message] => UNKNOWN, timeout(SHORT);
        "never answers, with retries", ALL, [Message] => UNKNOWN, timeout(SHORT), retry(Retry::not_sent(), 1);
        "never reads on after the head", ALL, [Head, Hang] => UNKNOWN, timeout(SHORT);
        "never reads on within a large message", ALL, [Body(100_000), Hang] => UNKNOWN, large(), timeout(SHORT);
        "a slow head", ALL, [Message, Slowly(Part::Head, accepted(), brief), Send(Part::Body, accepted())] => TYPED;
        "a slow head, beyond the timeout", ALL, [Message, Slowly(Part::HalfHead, accepted(), brief)]
            => UNKNOWN, timeout(SHORT);
        "a slow body", ALL, [Message, head(accepted()), Slowly(Part::Body, accepted(), brief)] => TYPED;
        "a slow body, beyond the timeout", ALL, [Message, half_body(accepted()), Hang] => NOT_TYPED, timeout(SHORT);
        "a slow refusal, beyond the timeout", ALL, [Message, half_body(refusal(400)), Hang] => REFUSED, timeout(SHORT);
    }
}
