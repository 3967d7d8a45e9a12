//! Faults before a request: the client looks for the server, comes by a proxy, or shakes hands.

use super::faults::*;

pub(super) fn connecting() -> Vec<Row> {
    let no = || Answer::html(403, "<title>No</title>");
    let who = || Answer::html(407, "<title>Who?</title>");
    let bad_gateway = || Answer::html(502, "<title>Bad Gateway</title>");
    let tunnel = || head(Answer::new(200).without_length());
    let not_http = || Bytes(b"\x15\x03\x03\0\x02\x02\x28\r\n\r\n".to_vec());
    let mut rows = faults! {
        "nothing listens", ALL, [] => NOT_SENT, path(Path::Nobody);
        "nothing listens, with retries", ALL, [] => NOT_SENT, path(Path::Nobody), retry(Retry::not_sent(), 3);
        "the host's name is unknown", HTTP1_TLS, [] => NOT_SENT, path(Path::NoName);
    };
    let by_proxy = faults! {
        "the proxy refuses: 403", HTTP1_TLS, bare [Head, whole(no()), Fin] => NOT_SENT;
        "the proxy wants a password: 407", HTTP1_TLS, bare [Head, whole(who()), Fin] => NOT_SENT;
        "the proxy finds no host: 502", HTTP1_TLS, bare [Head, whole(bad_gateway()), Fin]
            => NOT_SENT, retry(Retry::not_sent(), 3);
        "the proxy closes", HTTP1_TLS, bare [Head, Fin] => NOT_SENT;
        "the proxy resets", HTTP1_TLS, bare [Head, Abort] => NOT_SENT;
        "the proxy speaks no HTTP", HTTP1_TLS, bare [Head, not_http(), Fin] => NOT_SENT;
        "the proxy closes the tunnel in the handshake", HTTP1_TLS, bare [Head, tunnel(), Arrival, Close] => NOT_SENT;
        "the proxy never answers", HTTP1_TLS, bare [] => NOT_SENT, connect_timeout(SHORT);
        "a proxy that works", HTTP1_TLS, bare [Head, tunnel(), Tls(Identity::Right), Message, accept()] => TYPED;
    };
    rows.extend(by_proxy.into_iter().map(|row| row.path(Path::Proxy)));
    rows
}

pub(super) fn handshakes() -> Vec<Row> {
    let http = || Bytes(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec());
    let alert = || Bytes(b"\x15\x03\x03\0\x02\x02\x28".to_vec());
    let untrusted = || Tls(Identity::Untrusted);
    faults! {
        "untrusted certificate", TLS, bare [untrusted()] => NOT_SENT;
        "untrusted certificate, with retries", TLS, bare [untrusted()] => NOT_SENT, retry(Retry::not_sent(), 3);
        "certificate of another host", TLS, bare [Tls(Identity::OtherHost)] => NOT_SENT;
        "plain HTTP behind https", TLS, bare [Arrival, http(), Fin, Hang] => NOT_SENT;
        "TLS alert in the handshake", TLS, bare [Arrival, alert(), Fin, Hang] => NOT_SENT;
        "FIN in the handshake", TLS, bare [Arrival, Fin, Hang] => NOT_SENT;
        "RST in the handshake", TLS, bare [Arrival, Abort] => NOT_SENT;
        "the handshake is never answered", TLS, bare [Hang] => NOT_SENT, connect_timeout(SHORT);
        "the handshake is not answered within the whole time", TLS, bare [Hang] => NOT_SENT, timeout(SHORT);
        "no TLS record in place of an answer", TLS, [Message, BelowTls(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())] => UNKNOWN;
    }
}
