//! The documented form of an error answer, read as far as a body has it.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use serde_json::value::RawValue;

/// The code and the message of `{"error": {"code": …, "message": …}}`.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

impl Envelope {
    /// Reads what there is. Accepts a bare `{"code": …, "message": …}` and a text in place of the object.
    pub(crate) fn read(body: &[u8]) -> Self {
        let body = decoded(body);
        let Ok(document) = serde_json::from_str(&body) else {
            return Self::default();
        };
        let error = member(document, "error").unwrap_or(document);
        Self {
            code: member(error, "code").and_then(text),
            message: member(error, "message")
                .and_then(text)
                .or_else(|| text(error)),
        }
    }

    /// The code where it looks like one and is no content. What doesn't is for the caller of `Error::code` alone.
    pub(super) fn code_to_show(&self, private: &[String]) -> Option<String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let code = self.code.as_deref()?;
        // Shorter texts are words that a code may well have.
        let repeats = |text: &String| text.len() >= 8 && code.contains(text.as_str());
        let is_code = code.len() <= 64 && code.chars().all(allowed) && !private.iter().any(repeats);
        is_code.then(|| code.to_owned())
    }

    /// Whether a body is an error envelope without `data`, which makes a 2xx a refusal. An `error` that says nothing
    /// (false, an empty text or object) is none.
    pub(crate) fn is_refusal(body: &[u8]) -> bool {
        let body = decoded(body);
        let Ok(document) = serde_json::from_str(&body) else {
            return false;
        };
        let has = |value, name| member(value, name).is_some_and(|value| value.get() != "null");
        let says_something = member(document, "error").is_some_and(|error| match text(error) {
            Some(text) => !text.is_empty(),
            None => has(error, "code") || has(error, "message"),
        });
        says_something && !has(document, "data")
    }
}

fn decoded(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
}

/// The rest of the object is passed over unread: it may hold numbers out of range, or any depth.
fn member<'a>(value: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let mut members: HashMap<Bytes, &RawValue> = serde_json::from_str(value.get()).ok()?;
    members.remove(name.as_bytes())
}

/// Read as bytes: a server that cuts a text in two leaves half of a surrogate pair, which makes no text.
fn text(value: &RawValue) -> Option<String> {
    let is_text = value.get().starts_with('"');
    let text: Bytes = serde_json::from_str(value.get()).ok().filter(|_| is_text)?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_text_can_hold_hides_no_refusal() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for body in [
            br#"{"error":{"code":"CODE","message":"cut \ud83d"}}"#.to_vec(),
            b"{\"error\":{\"code\":\"CODE\",\"message\":\"gr\xfc\xdfe\"}}".to_vec(),
            b"\xef\xbb\xbf{\"error\":{\"code\":\"CODE\"}}".to_vec(),
            br#"{"error":{"code":"CODE"},"number":1e999}"#.to_vec(),
            br#"{"error":{"code":"CODE"},"\ud83d":"\ud83d"}"#.to_vec(),
            format!(r#"{{"error":{{"code":"CODE"}},"deep":{deep}}}"#).into(),
        ] {
            let shown = String::from_utf8_lossy(&body);
            assert!(Envelope::is_refusal(&body), "{shown}");
            assert_eq!(
                Envelope::read(&body).code.as_deref(),
                Some("CODE"),
                "{shown}"
            );
        }
    }

    #[test]
    fn what_is_no_text_is_no_code_and_no_message() {
        let envelope = Envelope::read(br#"{"error":{"code":[67],"message":{"a":1}}}"#);
        assert_eq!((envelope.code, envelope.message), (None, None));
        assert!(!Envelope::is_refusal(br#"{"error":[67]}"#));
    }
}
