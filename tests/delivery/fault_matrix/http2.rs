//! What only HTTP/2 has: streams that are reset, GOAWAY, settings.

use super::faults::*;

pub(super) fn resets() -> Vec<Row> {
    let refused = || ResetStream(Reason::REFUSED_STREAM);
    let cancelled = || ResetStream(Reason::CANCEL);
    let mut rows = faults! {
        "REFUSED_STREAM", HTTP2, [Message, refused()] => NOT_SENT;
        "REFUSED_STREAM after the head of a large message", HTTP2, [Head, refused()] => NOT_SENT, large(), partly_read();
        "REFUSED_STREAM each time, with retries", HTTP2, [Message, refused(), Message, refused(), Message, refused()]
            => NOT_SENT, retry(Retry::not_sent(), 3);
        "REFUSED_STREAM once, with retries", HTTP2, [Message, refused(), Message, accept()]
            => TYPED, retry(Retry::not_sent(), 2);
        "REFUSED_STREAM after a 200", HTTP2, [Message, head(accepted()), refused()] => NOT_TYPED;
    };
    for reason in [
        Reason::NO_ERROR,
        Reason::PROTOCOL_ERROR,
        Reason::INTERNAL_ERROR,
        Reason::FLOW_CONTROL_ERROR,
        Reason::STREAM_CLOSED,
        Reason::CANCEL,
        Reason::ENHANCE_YOUR_CALM,
        Reason::HTTP_1_1_REQUIRED,
        Reason::from(0xbeef),
    ] {
        rows.extend(faults! {
            format!("RST_STREAM {reason:?} after the message"), HTTP2, [Message, ResetStream(reason)] => UNKNOWN;
        });
    }
    rows.extend(faults! {
        "RST_STREAM CANCEL after the head of a large message", HTTP2, [Head, cancelled()]
            => UNKNOWN, large(), partly_read(), raced();
        "RST_STREAM CANCEL after a 200", HTTP2, [Message, head(accepted()), cancelled()] => NOT_TYPED;
        "RST_STREAM CANCEL within an answer's body", HTTP2, [Message, half_body(accepted()), cancelled()] => NOT_TYPED;
        "RST_STREAM CANCEL after a 400", HTTP2, [Message, head(refusal(400)), cancelled()] => REFUSED;
        "RST_STREAM NO_ERROR after the whole answer", HTTP2,
            [Message, accept(), ResetStream(Reason::NO_ERROR)] => TYPED;
    });
    rows
}

pub(super) fn goaways() -> Vec<Row> {
    let mut rows = Vec::new();
    for reason in [
        Reason::NO_ERROR,
        Reason::ENHANCE_YOUR_CALM,
        Reason::INTERNAL_ERROR,
    ] {
        let name = |what: &str| format!("GOAWAY {reason:?} {what}");
        let below = || GoAway(Last::Before, reason);
        let at = || GoAway(Last::This, reason);
        let above = || GoAway(Last::Highest, reason);
        rows.extend(faults! {
            name("below the stream"), HTTP2, [Message, below()] => NOT_SENT;
            name("below the stream, then FIN"), HTTP2, [Message, below(), Fin] => NOT_SENT;
            name("at the stream, then FIN"), HTTP2, [Message, at(), Fin] => UNKNOWN;
            name("at the stream, then RST"), HTTP2, [Message, at(), Abort] => UNKNOWN;
            name("above the stream, then FIN"), HTTP2, [Message, above(), Fin] => UNKNOWN;
            name("at the stream, then the answer"), HTTP2, [Message, at(), accept()] => TYPED;
        });
    }
    let below = || GoAway(Last::Before, Reason::NO_ERROR);
    let at = || GoAway(Last::This, Reason::NO_ERROR);
    let above = || GoAway(Last::Highest, Reason::NO_ERROR);
    rows.extend(faults! {
        "GOAWAY at the stream, then below it", HTTP2, [Message, above(), below()] => NOT_SENT;
        "GOAWAY at the stream, then RST_STREAM CANCEL", HTTP2, [Message, at(), ResetStream(Reason::CANCEL)] => UNKNOWN;
        "GOAWAY at the stream, then nothing", HTTP2, [Message, at()] => UNKNOWN, timeout(SHORT);
        "GOAWAY at the stream, then FIN, with retries", HTTP2, [Message, at(), Fin]
            => UNKNOWN, retry(Retry::not_sent(), 1);
        "GOAWAY below a large message's stream", HTTP2, [Head, below()] => NOT_SENT, large(), partly_read();
        "GOAWAY below the stream once, with retries", HTTP2, [Message, below()] then [Message, accept()]
            => TYPED, retry(Retry::not_sent(), 2);
    });
    rows
}

pub(super) fn settings() -> Vec<Row> {
    let none = || Settings(Vec::new());
    // The second message meets settings that came before the first one's answer, so they are known by then. A client of
    // h2 keeps such a connection open even when nobody waits for an answer any more.
    let no_stream = Settings(vec![(setting::MAX_CONCURRENT_STREAMS, 0)]);
    let no_window = Settings(vec![(setting::INITIAL_WINDOW_SIZE, 0)]);
    faults! {
        "the window is never opened for a large message", HTTP2_PLAIN, bare [none(), Head]
            => UNKNOWN, large(), timeout(SHORT);
        "SETTINGS are never acknowledged", HTTP2_PLAIN, bare [none(), Message, accept()] => TYPED;
        "no SETTINGS", HTTP2_PLAIN, bare [Message] => UNKNOWN, timeout(SHORT);
        "no stream is allowed", HTTP2, [Message, no_stream, accept(), Mark, ReadUntilReleased]
            => NOT_SENT, after_an_accepted_one(), timeout(SHORT);
        "streams have no window", HTTP2, [Message, no_window, accept(), Mark, ReadUntilReleased]
            => UNKNOWN, after_an_accepted_one(), timeout(SHORT);
    }
}
