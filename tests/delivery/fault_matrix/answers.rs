//! Answers that break off, that are no HTTP, or that come before the message was read.

use super::faults::*;

pub(super) fn broken() -> Vec<Row> {
    let json = r#"{"data""#;
    let chunk = format!("{:x}\r\n{DOCUMENTED}\r\n", DOCUMENTED.len());
    let chunked = |body: String| {
        let answer = Answer::json(200, body).without_length();
        whole(answer.header("transfer-encoding", "chunked"))
    };
    let raw = |bytes: &[u8]| Bytes(bytes.to_vec());
    let endless = "x".repeat(1 << 20);
    let endless_head = format!("HTTP/1.1 200 OK\r\nx: {endless}\r\n\r\n");
    let without_length = || accepted().without_length();
    faults! {
        "FIN within an answer's head", ALL, [Message, half_head(accepted()), Fin] => UNKNOWN;
        "RST within an answer's head", ALL, [Message, half_head(accepted()), Abort] => UNKNOWN;
        "FIN within an answer's body", ALL, [Message, half_body(accepted()), Fin] => NOT_TYPED;
        "FIN within a refusal's body", ALL, [Message, half_body(refusal(400)), Fin] => REFUSED;

        "Content-Length too long, then FIN", HTTP1, [Message, whole(accepted().wrong_length(10)), Fin] => NOT_TYPED;
        "Content-Length too long", HTTP2, [Message, whole(accepted().wrong_length(10))] => NOT_TYPED;
        "Content-Length too short", ALL, [Message, whole(accepted().wrong_length(-10))] => NOT_TYPED;
        "two Content-Lengths", HTTP1, [Message, whole(accepted().header("content-length", "3"))] => UNKNOWN;
        "Content-Length is no number", HTTP1, [Message, whole(without_length().header("content-length", "many"))]
            => UNKNOWN;
        "no length: the body ends with the connection", HTTP1, [Message, whole(without_length()), Fin] => TYPED;
        "no length, and FIN without TLS's farewell", HTTP1_TLS, [Message, whole(without_length()), BareFin] => NOT_TYPED;

        "chunked", HTTP1, [Message, chunked(format!("{chunk}0\r\n\r\n")), Fin] => TYPED;
        "chunked, the last chunk is missing", HTTP1, [Message, chunked(chunk.clone()), Fin] => NOT_TYPED;
        "chunked, a size is no number", HTTP1, [Message, chunked(format!("{chunk}zz\r\n\r\n")), Fin] => NOT_TYPED;
        "chunked, a size is beyond all bounds", HTTP1, [Message, chunked("f".repeat(17) + "\r\n"), Fin] => NOT_TYPED;
        "chunked, a chunk is longer than its size", HTTP1, [Message, chunked(format!("3\r\n{json}\r\n")), Fin]
            => NOT_TYPED;

        "garbage", ALL, [Message, raw(b"\0\x01\x02\xff garbage \r\n\r\n garbage \r\n\r\n"), Fin] => UNKNOWN;
        "HTTP/2 to an HTTP/1.1 client", HTTP1, [Message, raw(b"\0\0\0\x04\0\0\0\0\0"), Fin] => UNKNOWN;
        "HTTP/1.1 to an HTTP/2 client", HTTP2, [Message, raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Fin] => UNKNOWN;
        "HTTP/9.9", HTTP1, [Message, raw(b"HTTP/9.9 200 OK\r\n\r\n"), Fin] => UNKNOWN;
        "a status of two digits", HTTP1, [Message, raw(b"HTTP/1.1 20 OK\r\n\r\n"), Fin] => UNKNOWN;
        "a header without a name", HTTP1, [Message, raw(b"HTTP/1.1 200 OK\r\n: nothing\r\n\r\n"), Fin] => UNKNOWN;
        "a head of 1 MiB", HTTP1, [Message, raw(endless_head.as_bytes()), Fin] => UNKNOWN;
        "a head of 1 MiB", HTTP2, [Message, whole(accepted().header("x", &endless))] => UNKNOWN;
        "a status that is no number", HTTP2, [Message, whole(accepted().status("ok"))] => UNKNOWN;
    }
}

pub(super) fn early() -> Vec<Row> {
    let rows = faults! {
        "200 before a large message was read", ALL, [Head, accept(), Hang] => TYPED;
        "413 before a large message was read", ALL, [Head, whole(refusal(413)), Hang] => REFUSED;
        "413 before a large message was read, then FIN", ALL, [Head, whole(refusal(413)), Fin] => REFUSED;
        "413 before a large message was read, then NO_ERROR", HTTP2,
            [Head, whole(refusal(413)), ResetStream(Reason::NO_ERROR)] => REFUSED;
        "503 before a large message was read", ALL, [Head, whole(Answer::new(503)), Hang] => UNKNOWN;
    };
    let large = rows.into_iter().map(|row| row.large().partly_read());
    large.collect()
}
