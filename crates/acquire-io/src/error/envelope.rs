//! The documented form of an error answer, read as far as a body has it.

use serde_json::Value;

/// The code and the message of `{"error": {"code": …, "message": …}}`.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

impl Envelope {
    /// Reads what there is. Accepts a bare `{"code": …, "message": …}` and a text in place of the object.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(document) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let error = document.get("error").unwrap_or(&document);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            code: error.get("code").and_then(text),
            message: error.get("message").and_then(text).or_else(|| text(error)),
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
        let Ok(document) = serde_json::from_slice::<Value>(body) else {
            return false;
        };
        let has = |value: &Value, key| value.get(key).is_some_and(|value| !value.is_null());
        let says_something = document.get("error").is_some_and(|error| match error {
            Value::String(text) => !text.is_empty(),
            Value::Object(_) => has(error, "code") || has(error, "message"),
            _ => false,
        });
        says_something && !has(&document, "data")
    }
}
