//! The verdict on an answer of any status and body, and what the error says of it.

use acquire_io::types::ChatMessageResponse;
use acquire_io::{Delivery, Error, NextStep, Retry, Sent};
use acquire_io_tests::fault::Answer;
use serde_json::Value;

use crate::loopback::{KEY, TEXT, send};

/// Answers a message with the status of the first two bytes, and the others as the body.
pub fn run(data: &[u8]) {
    let Some((status, body)) = data.split_first_chunk() else {
        return;
    };
    let status = 200 + u16::from_be_bytes(*status) % 800;
    // An answer with these has no body.
    if [204, 304].contains(&status) {
        return;
    }
    match send(Answer::new(status).body(body), Retry::never()) {
        Ok(sent) => accepted(&sent, status, body),
        Err(error) => failed(&error, status, body),
    }
}

fn accepted(sent: &Sent, status: u16, body: &[u8]) {
    assert!((200..300).contains(&status), "{status} was accepted");
    assert!(matches!(verdict_of(body), None | Some(Delivery::Accepted)));
    assert_eq!(sent.status(), status);
    assert_eq!(sent.body(), body);
    let typed = serde_json::from_slice::<ChatMessageResponse>(without_mark(body));
    assert_eq!(sent.chat().is_ok(), typed.is_ok());
    // One may be found where the rest can't be decoded.
    if let Ok(answer) = typed {
        let id = answer.data.and_then(|message| message.id);
        assert_eq!(sent.message_id(), id);
    }
}

fn failed(error: &Error, status: u16, body: &[u8]) {
    assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
    assert_eq!(error.body().map(AsRef::as_ref), Some(body));
    assert!(error.body_is_complete());
    let verdict = match status {
        200..300 => verdict_of(body).unwrap_or(error.delivery()),
        408 | 460 | 499 => Delivery::Unknown,
        400..500 => Delivery::Refused,
        _ => Delivery::Unknown,
    };
    assert_eq!(error.delivery(), verdict, "{status}");
    assert_ne!(error.delivery(), Delivery::NotSent);
    let looks_first = error.next_step() == NextStep::LookFirst;
    assert_eq!(looks_first, verdict == Delivery::Unknown);
    let line = error.to_string();
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert!(line.chars().count() < 500, "{line:?}");
    assert!(!line.contains(TEXT) && !line.contains(KEY), "{line:?}");
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The verdict on the body of a 2xx, by the rule in `docs/delivery.md`. None where the body is such that parsers disagree.
fn verdict_of(body: &[u8]) -> Option<Delivery> {
    let body = without_mark(body);
    match body.trim_ascii_start().first() {
        None => return Some(Delivery::Accepted),
        Some(b'{') => {}
        Some(_) => return Some(Delivery::Unknown),
    }
    let body = without_surrogates(&String::from_utf8_lossy(body));
    let body: Value = serde_json::from_str(&body).ok()?;
    let has_data = match &body["data"] {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) if text.is_empty() => false,
        // White space may be escaped.
        Value::String(text) if text.trim_ascii().is_empty() => return None,
        Value::String(_) => true,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    };
    let error = &body["error"];
    let says = match error {
        Value::Array(items) => items.first().unwrap_or(error),
        other => other,
    };
    let has_reason = match says {
        Value::String(text) => !text.is_empty(),
        Value::Object(error) => ["code", "message"]
            .iter()
            .any(|key| error.get(*key).is_some_and(|value| !value.is_null())),
        _ => false,
    };
    Some(match (error, has_data, has_reason) {
        (Value::Null, _, _) | (_, true, _) => Delivery::Accepted,
        (_, false, true) => Delivery::Refused,
        (_, false, false) => Delivery::Unknown,
    })
}

/// Puts question marks for the escapes of which a text can't hold one alone.
fn without_surrogates(body: &str) -> String {
    let mut parts = body.split("\\u");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_at_checked(4) {
            Some((code, rest)) if is_surrogate(code) => {
                whole.push_str("????");
                whole.push_str(rest);
            }
            _ => whole.extend(["\\u", part]),
        }
    }
    whole
}

fn is_surrogate(code: &str) -> bool {
    u16::from_str_radix(code, 16).is_ok_and(|code| (0xd800..0xe000).contains(&code))
}
