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

    /// The code where it looks like one. What doesn't is for the caller of `Error::code` alone: it may be anything.
    pub(crate) fn code_to_show(&self) -> Option<&str> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let code = self.code.as_deref()?;
        (code.len() <= 64 && code.chars().all(allowed)).then_some(code)
    }

    /// Whether a body has `error` and no `data`, which makes a 2xx a refusal.
    pub(crate) fn is_refusal(body: &[u8]) -> bool {
        let present =
            |document: &Value, key| document.get(key).is_some_and(|value| !value.is_null());
        serde_json::from_slice::<Value>(body)
            .is_ok_and(|document| present(&document, "error") && !present(&document, "data"))
    }
}
