//! The error envelope of an answer, `{"error": {"code": …, "message": …}}`, also of one that is damaged or cut.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The server's code and message.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

impl Envelope {
    /// Reads what there is. Accepts a bare `{"code": …, "message": …}`, and an `error` that is a string or a list. A body
    /// that is itself a string or a list is not an envelope.
    pub(crate) fn read(body: &[u8]) -> Self {
        let body = decoded(body);
        match serde_json::from_str::<&RawValue>(&body) {
            Ok(document) if document.get().starts_with('{') => {
                Self::of(member(document, "error").unwrap_or(document))
            }
            _ => Self::default(),
        }
    }

    fn of(error: &RawValue) -> Self {
        let error = first_item(error);
        Self {
            code: member(error, "code").and_then(text),
            message: member(error, "message")
                .and_then(text)
                .or_else(|| text(error)),
        }
    }

    /// The code, if it looks like one and repeats no content. Otherwise only `Error::code` returns it.
    pub(crate) fn code_to_show(&self, private: &[String]) -> Option<String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let code = self.code.as_deref()?;
        // A shorter text may be a word that codes use too.
        let repeats = |text: &String| text.len() >= 8 && code.contains(text.as_str());
        let is_code = code.len() <= 64 && code.chars().all(allowed) && !private.iter().any(repeats);
        is_code.then(|| code.to_owned())
    }
}

/// What the body of a 2xx says about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// There is no `error`, or there is data as well.
    NoError,
    /// An `error` with a code or a message, and no data.
    Refusal,
    /// An `error` of another form, or in a body that is cut.
    Unclear,
}

/// The first character after a byte order mark and white space.
pub(crate) fn first(body: &[u8]) -> Option<u8> {
    without_mark(body).trim_ascii_start().first().copied()
}

/// Looks for an `error` in the body of a 2xx. Doesn't parse a body that can't have one.
pub(crate) fn says(body: &[u8]) -> Says {
    // The key may be written with escapes.
    if memchr::memmem::find(body, b"\"error\"").is_none()
        && memchr::memmem::find(body, br"\u00").is_none()
    {
        return Says::NoError;
    }
    let body = decoded(body);
    let mut seen = Seen::default();
    let is_whole = seen.deserialize(&mut serde_json::Deserializer::from_str(&body));
    let is_whole = is_whole.is_ok();
    if !seen.names_error || seen.data.is_some_and(is_something) {
        return Says::NoError;
    }
    match seen.error {
        Some(error) if error.get() == "null" => Says::NoError,
        Some(error) if is_whole && has_reason(error) => Says::Refusal,
        _ => Says::Unclear,
    }
}

/// The members `error` and `data`, read up to the first syntax error.
#[derive(Default)]
struct Seen<'a> {
    names_error: bool,
    error: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
}

impl<'de> DeserializeSeed<'de> for &mut Seen<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Seen<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        // As bytes: a lone surrogate is not a valid string.
        while let Some(name) = members.next_key::<Bytes>()? {
            self.names_error |= name == "error";
            let value = members.next_value()?;
            match &*name {
                b"error" => self.error = Some(value),
                b"data" => self.data = Some(value),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether there is data: null, false, 0 and what is empty count as none.
fn is_something(data: &RawValue) -> bool {
    let compact: String = data.get().split_ascii_whitespace().collect();
    !matches!(
        compact.as_str(),
        "null" | "false" | "0" | "\"\"" | "{}" | "[]"
    )
}

fn has_reason(error: &RawValue) -> bool {
    let error = first_item(error);
    let has = |name| member(error, name).is_some_and(|value| value.get() != "null");
    has("code") || has("message") || text(error).is_some_and(|text| !text.is_empty())
}

/// The first item of a list, or the value itself.
fn first_item(value: &RawValue) -> &RawValue {
    let items: Option<Vec<&RawValue>> = match value.get().starts_with('[') {
        true => serde_json::from_str(value.get()).ok(),
        false => None,
    };
    items
        .and_then(|items| items.first().copied())
        .unwrap_or(value)
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

fn decoded(body: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(without_mark(body))
}

/// A member of an object. The others are not parsed: they may have numbers out of range, or any depth.
fn member<'a>(value: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    if !value.get().starts_with('{') {
        return None;
    }
    let mut members: std::collections::HashMap<Bytes, &RawValue> =
        serde_json::from_str(value.get()).ok()?;
    members.remove(name.as_bytes())
}

/// A string. Read as bytes: a server that cuts a text may leave a lone surrogate, which is not a valid string.
fn text(value: &RawValue) -> Option<String> {
    let is_text = value.get().starts_with('"');
    let text: Bytes = serde_json::from_str(value.get()).ok().filter(|_| is_text)?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// The error codes that Acquire's general pages name, to compare with [`Error::code`](crate::Error::code). The list is not
/// complete.
pub mod error_code {
    /// A value of the request is invalid. With status 400.
    pub const INVALID_INPUT: &str = "ERROR_INVALID_INPUT";
    /// There is no such record. With status 400.
    pub const RECORD_NOT_FOUND: &str = "ERROR_RECORD_NOT_FOUND";
    /// The record exists already. With status 400.
    pub const DUPLICATE_RECORD_FOUND: &str = "ERROR_DUPLICATE_RECORD_FOUND";
    /// The key is missing or wrong. With status 401.
    pub const UNAUTHORIZED: &str = "ERROR_UNAUTHORIZED";
    /// The key lacks the permission. With status 403.
    pub const UNAUTHORIZED_ACCESS: &str = "ERROR_UNAUTHORIZED_ACCESS";
    /// The server failed. With status 500.
    pub const SERVER_ERROR: &str = "ERROR_SERVER_ERROR";
    /// The sender takes part in the chat already. Seen with status 200.
    pub const CHAT_ALREADY_JOINED: &str = "CHAT_ALREADY_JOINED";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_found_beside_invalid_strings_numbers_and_depth() {
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
            assert_eq!(says(&body), Says::Refusal, "{shown}");
            let code = Envelope::read(&body).code;
            assert_eq!(code.as_deref(), Some("CODE"), "{shown}");
        }
    }

    #[test]
    fn only_a_string_is_a_code_or_a_message() {
        for body in [
            r#"{"error":{"code":[67],"message":{"a":1}}}"#,
            r#""CODE""#,
            r#"["CODE"]"#,
            r#"[{"code":"CODE","message":"no"}]"#,
        ] {
            let envelope = Envelope::read(body.as_bytes());
            assert_eq!((envelope.code, envelope.message), (None, None), "{body}");
        }
    }

    #[test]
    fn a_code_is_shown_if_it_looks_like_one_and_repeats_no_content() {
        let shown = |code: &str, private: &[&str]| {
            let envelope = Envelope {
                code: Some(code.to_owned()),
                message: None,
            };
            let private: Vec<_> = private.iter().map(|text| text.to_string()).collect();
            envelope.code_to_show(&private)
        };
        let long = "C".repeat(64);
        for code in ["CODE", "case_closed", "E-1.2", "4001", &long] {
            assert_eq!(shown(code, &["hi", "another text"]).as_deref(), Some(code));
        }
        let too_long = "C".repeat(65);
        for code in ["two words", "caf\u{e9}", "a\u{1b}[31m", "a:b", &too_long] {
            assert_eq!(shown(code, &[]), None, "{code}");
        }
        // It repeats content, except for a short word.
        assert_eq!(shown("order-4711-of-ann", &["order-4711"]), None);
        assert_eq!(shown("closed", &["closed"]).as_deref(), Some("closed"));
        assert_eq!(shown("12345678", &["12345678"]), None);
        assert_eq!(Envelope::default().code_to_show(&[]), None);
    }

    #[test]
    fn the_first_error_of_a_list_is_read() {
        let envelope = Envelope::read(br#"{"error":[{"code":"CODE"},{"code":"OTHER"}]}"#);
        assert_eq!(envelope.code.as_deref(), Some("CODE"));
    }
}
