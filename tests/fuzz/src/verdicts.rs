//! The verdict on an answer of any status and body, and what the error says of it.

use acquire_io::types::ChatMessageResponse;
use acquire_io::{Delivery, Error, Retry, Sent};
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

fn accepted(sent: &Sent<ChatMessageResponse>, status: u16, body: &[u8]) {
    assert!((200..300).contains(&status), "{status} was accepted");
    assert_ne!(is_refusal(body), Some(true));
    assert_eq!(sent.status(), status);
    assert_eq!(sent.body(), body);
    let typed = serde_json::from_slice::<ChatMessageResponse>(body);
    assert_eq!(sent.typed().is_ok(), typed.is_ok());
    let id = typed.ok().and_then(|answer| answer.data?.id);
    assert_eq!(sent.message_id(), id);
}

fn failed(error: &Error, status: u16, body: &[u8]) {
    assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
    assert_eq!(error.body().map(AsRef::as_ref), Some(body));
    assert!(error.body_is_complete());
    let verdict = match status {
        200..300 | 400..500 => Delivery::Refused,
        _ => Delivery::Unknown,
    };
    assert_eq!(error.delivery(), verdict, "{status}");
    if status < 300 {
        assert_ne!(is_refusal(body), Some(false));
    }
    let line = error.to_string();
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert!(line.chars().count() < 500, "{line:?}");
    assert!(!line.contains(TEXT) && !line.contains(KEY), "{line:?}");
}

/// By the rule in `docs/delivery.md`. None where the body is such that parsers disagree.
fn is_refusal(body: &[u8]) -> Option<bool> {
    let body = without_surrogates(&String::from_utf8_lossy(body));
    let body: Value = serde_json::from_str(&body).ok()?;
    let says_something = match &body["error"] {
        Value::String(text) => !text.is_empty(),
        Value::Object(error) => ["code", "message"]
            .iter()
            .any(|key| error.get(*key).is_some_and(|value| !value.is_null())),
        _ => false,
    };
    Some(says_something && body["data"].is_null())
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
