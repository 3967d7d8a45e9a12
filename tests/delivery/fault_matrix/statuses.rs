//! Whole answers: what their status means, with a body of any kind.

use http::StatusCode;

use super::faults::*;

pub(super) fn statuses() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [100, 102, 103] {
        let interim = head(Answer::interim(status));
        rows.extend(faults! {
            format!("{status}, then 200"), ALL, [Message, interim, accept()] => TYPED;
        });
    }
    let upgrade = Answer::interim(101).header("upgrade", "other");
    rows.extend(faults! {
        "100, then nothing", ALL, [Message, head(Answer::interim(100))] => UNKNOWN, timeout(SHORT);
        "101", ALL, [Message, head(upgrade), Fin] => UNKNOWN;
        "204", ALL, [Message, whole(Answer::new(204).without_length())] => NOT_TYPED;
        "205", ALL, [Message, whole(Answer::new(205))] => NOT_TYPED;
    });
    for status in [201, 202, 203, 206, 226, 299] {
        rows.extend(faults! {
            status.to_string(), ALL, [Message, whole(Answer::json(status, DOCUMENTED))] => TYPED;
        });
    }
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let answer = match status {
            304 => Answer::new(status).without_length(),
            _ => Answer::html(status, "<title>Elsewhere</title>"),
        };
        let elsewhere = answer.clone().header("location", "/elsewhere");
        rows.extend(faults! {
            format!("{status} without Location"), ALL, [Message, whole(answer)] => UNKNOWN;
            // On the same server: a second request would be on its record.
            format!("{status} with Location"), ALL, [Message, whole(elsewhere), Message, accept()] => UNKNOWN;
        });
    }
    for status in [
        400, 401, 402, 403, 404, 405, 407, 409, 410, 413, 415, 418, 422, 425, 429, 431, 451, 498,
    ] {
        rows.extend(faults! {
            format!("{status} with JSON"), ALL, [Message, whole(refusal(status))] => REFUSED;
        });
    }
    // Proxies answer the first three after they passed the whole request on.
    for status in [
        408, 460, 499, 500, 501, 502, 503, 504, 507, 520, 524, 599, 600, 999,
    ] {
        rows.extend(faults! {
            format!("{status} with JSON"), ALL, [Message, whole(refusal(status))] => UNKNOWN;
        });
    }
    for (status, verdict) in [
        (400, REFUSED),
        (401, REFUSED),
        (429, REFUSED),
        (500, UNKNOWN),
        (502, UNKNOWN),
        (503, UNKNOWN),
    ] {
        for (body, answer) in bodies(status) {
            rows.extend(faults! {
                format!("{status} with {body}"), ALL, [Message, whole(answer)] => verdict, response_limit(10_000);
            });
        }
    }
    rows
}

/// Bodies that change nothing about a status.
fn bodies(status: u16) -> [(&'static str, Answer); 8] {
    let html = |body: &str| Answer::html(status, body);
    let json = |body: &[u8]| Answer::json(status, body);
    [
        (
            "HTML",
            html("<html><head><title>No\nway</title></head></html>"),
        ),
        ("an empty body", Answer::new(status)),
        ("a huge body", html(&"<p>".repeat(50_000))),
        ("invalid UTF-8", json(b"\xff\xfe{\"error\"")),
        ("JSON of another shape", json(br#"[{"a":1}]"#)),
        ("a text as the error", json(br#"{"error":"no"}"#)),
        ("the documented answer", json(DOCUMENTED.as_bytes())),
        (
            "a body that is not gzip",
            refusal(status).header("content-encoding", "gzip"),
        ),
    ]
}

/// Every status there can be, but 204 and 304, which have no body. Each on a connection of its own: when a kept
/// one is free again is a matter of timing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_status_has_its_verdict() -> Result {
    let statuses = || (200..=999).filter(|status| !matches!(status, 204 | 304));
    let scripts: Vec<_> = statuses()
        .map(|status| Answer::json(status, "{}").header("connection", "close"))
        .map(|answer| Script::new([Message, whole(answer)]))
        .collect();
    let server = Server::start(Transport::Http1, scripts)?;
    let client = server.client()?.build()?;
    for status in statuses() {
        let outcome = client.send(message("a message")).await;
        let verdict = outcome.as_ref().map(Sent::status).map_err(Error::delivery);
        let expected = match status {
            200..=299 => Ok(StatusCode::from_u16(status)?),
            408 | 460 | 499 => Err(Delivery::Unknown),
            400..=499 => Err(Delivery::Refused),
            _ => Err(Delivery::Unknown),
        };
        assert_eq!(verdict, expected, "{status}");
    }
    assert_eq!(server.received().whole().count(), statuses().count());
    Ok(())
}
