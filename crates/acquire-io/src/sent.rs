//! The receipt of an accepted message.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use acquire_io_api::{Answer, AnswerEnd};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::types::{ChatMessageResponse, MailMessageResponse, SmsResponse};
use crate::{MessageId, RawJson, error};

/// A message that Acquire accepted. Don't send it again.
///
/// The typed answer is there when it decodes; the bytes are there in any case.
///
/// `Debug` prints neither headers nor content.
pub struct Sent<T> {
    answer: Answer,
    typed: Result<T, DecodeError>,
    attempts: u32,
}

impl<T> Sent<T> {
    pub(crate) fn new(answer: Answer, typed: Result<T, DecodeError>, attempts: u32) -> Self {
        Self {
            answer,
            typed,
            attempts,
        }
    }

    /// The status, any 2xx.
    pub fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// The ID that the server, or a proxy before it, gave the request, where it tells one.
    pub fn request_id(&self) -> Option<&str> {
        error::request_id(self.headers())
    }

    /// How many requests were tried, the accepted one included.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The answer's body, byte for byte (after decompression). Cut when it was longer than the limit or the
    /// connection broke: then [`typed`](Self::typed) is an error that says so.
    pub fn body(&self) -> &Bytes {
        &self.answer.body
    }

    /// The answer as a type.
    ///
    /// # Errors
    /// When the answer is cut, or is not what the document says. The message was accepted all the same.
    pub fn typed(&self) -> Result<&T, &DecodeError> {
        self.typed.as_ref()
    }

    /// The answer as a type, taken out. See [`typed`](Self::typed).
    ///
    /// # Errors
    /// As [`typed`](Self::typed).
    pub fn into_typed(self) -> Result<T, DecodeError> {
        self.typed
    }

    /// The answer's body as JSON.
    ///
    /// # Errors
    /// When the body isn't JSON.
    pub fn json(&self) -> serde_json::Result<RawJson> {
        serde_json::from_slice(self.body())
    }
}

impl Sent<ChatMessageResponse> {
    /// The ID of the message in its case, where the answer tells it.
    pub fn message_id(&self) -> Option<MessageId> {
        self.typed.as_ref().ok()?.data.as_ref()?.id
    }
}

impl Sent<MailMessageResponse> {
    /// The ID of the message in its case, where the answer tells it.
    pub fn message_id(&self) -> Option<MessageId> {
        let message = self.typed.as_ref().ok()?.data.as_ref()?;
        message.case_message_id.or(message.id)
    }
}

impl Sent<SmsResponse> {
    /// The ID of the message in its case, where the answer tells it.
    pub fn message_id(&self) -> Option<MessageId> {
        self.typed
            .as_ref()
            .ok()?
            .data
            .as_ref()?
            .data
            .as_ref()?
            .case_message_id
    }
}

impl<T> fmt::Debug for Sent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent")
            .field("answer", &self.answer)
            .field("typed", &self.typed.as_ref().map(|_| ..))
            .field("attempts", &self.attempts)
            .finish()
    }
}

/// Why the answer to an accepted message can't be read as its type.
///
/// Holds no content of the answer, only the place: a JSON path.
#[derive(Clone, Debug)]
pub struct DecodeError {
    path: String,
    reason: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl DecodeError {
    /// The place in the JSON, for example `data.case.users[0].id`. Empty or `.` for the whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the answer is cut because time ran out.
    pub fn is_timeout(&self) -> bool {
        let source = self.source.as_deref();
        source
            .and_then(|error| error.downcast_ref::<reqwest::Error>())
            .is_some_and(reqwest::Error::is_timeout)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message was accepted, but its answer can't be read as its type")?;
        if !matches!(self.path.as_str(), "" | ".") {
            write!(f, ", at {}", self.path)?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl StdError for DecodeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

pub(crate) fn decode<T: DeserializeOwned>(answer: &Answer) -> Result<T, DecodeError> {
    let failed = |path, reason| DecodeError {
        path,
        reason,
        source: None,
    };
    let length = answer.body.len();
    match &answer.end {
        AnswerEnd::Complete => {}
        AnswerEnd::TooLarge(limit) => {
            let reason = format!("it is larger than the limit of {limit} bytes");
            return Err(failed(String::new(), reason));
        }
        AnswerEnd::Failed(error) => {
            return Err(DecodeError {
                path: String::new(),
                reason: format!("reading it failed after {length} bytes"),
                source: Some(Arc::clone(error)),
            });
        }
        _ => return Err(failed(String::new(), "its body was not read".to_owned())),
    }
    // Checked for UTF-8 as a whole, which costs less than each text on its own. A value that nobody reads may hold
    // anything, and to find the place of an error costs as much as decoding: both only where the first try fails.
    if let Ok(text) = std::str::from_utf8(&answer.body)
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    let mut json = serde_json::Deserializer::from_slice(&answer.body);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| failed(error.path().to_string(), reason_of(error.inner())))?;
    json.end()
        .map_err(|error| failed(String::new(), reason_of(&error)))?;
    Ok(value)
}

/// serde's own text may quote a value of the answer.
fn reason_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a value of another type than documented",
        serde_json::error::Category::Eof => "the JSON ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON",
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}
