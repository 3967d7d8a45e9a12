//! An accepted message, and decoding its answer on demand.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attempt::{Answer, End};
use crate::channel::Channel;
use crate::delivery::Delivery;
use crate::error;
use crate::ids;
use crate::types::{ChatMessageResponse, MailMessageResponse, SmsResponse};
use crate::{CaseId, MessageId, RawJson, TimelineId};

/// A message that Acquire accepted. Don't send it again.
///
/// Cheap to clone. The answer is kept as received and decoded on demand: [`receipt`](Self::receipt) finds its IDs,
/// [`chat`](Self::chat), [`mail`](Self::mail) and [`sms`](Self::sms) decode all of it.
///
/// `Debug` prints neither headers nor content.
#[derive(Clone)]
pub struct Sent(Arc<Inner>);

struct Inner {
    channel: Channel,
    answer: Answer,
    attempts: u32,
}

/// What to keep about an accepted message: no content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The channel.
    pub channel: Channel,
    /// The outcome: accepted.
    pub delivery: Delivery,
    /// The ID of the message in its case, if the answer has it.
    pub message_id: Option<MessageId>,
    /// The case, if the answer has it.
    pub case: Option<CaseId>,
    /// The timeline, if the answer has it, as the answer to an SMS does.
    pub timeline: Option<TimelineId>,
    /// The answer's status, any 2xx.
    pub status: u16,
    /// How many attempts were made, including the accepted one.
    pub attempts: u32,
    /// The request ID that the server or a proxy added to the answer, if any.
    pub request_id: Option<String>,
}

impl Sent {
    pub(crate) fn new(channel: Channel, answer: Answer, attempts: u32) -> Self {
        Self(Arc::new(Inner {
            channel,
            answer,
            attempts,
        }))
    }

    /// What to keep: the IDs, the status, the number of attempts.
    ///
    /// Finds the IDs without decoding the rest of the answer. An ID that is missing or of another type is `None`.
    pub fn receipt(&self) -> Receipt {
        let Inner {
            channel,
            answer,
            attempts,
        } = &*self.0;
        let ids = ids::find(*channel, &answer.body);
        Receipt {
            channel: *channel,
            delivery: Delivery::Accepted,
            message_id: ids.message.map(MessageId),
            case: ids.case.map(CaseId),
            timeline: ids.timeline.map(TimelineId),
            status: answer.status.as_u16(),
            attempts: *attempts,
            request_id: self.request_id().map(str::to_owned),
        }
    }

    /// The ID of the message in its case, if the answer has it.
    pub fn message_id(&self) -> Option<MessageId> {
        ids::find(self.0.channel, &self.0.answer.body)
            .message
            .map(MessageId)
    }

    /// The channel of the message.
    pub fn channel(&self) -> Channel {
        self.0.channel
    }

    /// The status, any 2xx.
    pub fn status(&self) -> StatusCode {
        self.0.answer.status
    }

    /// The answer's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.answer.headers
    }

    /// The request ID that the server or a proxy added to the answer, if any.
    pub fn request_id(&self) -> Option<&str> {
        error::request_id(self.headers())
    }

    /// How many attempts were made, including the accepted one.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The answer's body, byte for byte after decompression. It is cut if it was longer than the limit or the connection
    /// broke: then decoding it is an error that says so.
    pub fn body(&self) -> &Bytes {
        &self.0.answer.body
    }

    /// The answer to a chat message, decoded.
    ///
    /// # Errors
    /// When the message is of another channel, or the answer is cut or is not of the documented form. The message was
    /// accepted anyway.
    pub fn chat(&self) -> Result<ChatMessageResponse, DecodeError> {
        self.decode(Channel::Chat)
    }

    /// The answer to an e-mail, decoded.
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    pub fn mail(&self) -> Result<MailMessageResponse, DecodeError> {
        self.decode(Channel::Mail)
    }

    /// The answer to an SMS, decoded.
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    pub fn sms(&self) -> Result<SmsResponse, DecodeError> {
        self.decode(Channel::Sms)
    }

    /// The answer's body as JSON.
    ///
    /// # Errors
    /// When the answer is cut or isn't JSON.
    pub fn json(&self) -> Result<RawJson, DecodeError> {
        decode(&self.0.answer)
    }

    fn decode<T: DeserializeOwned>(&self, channel: Channel) -> Result<T, DecodeError> {
        if self.0.channel != channel {
            let own = self.0.channel;
            let reason = format!("it is the answer to a {own} message, not to a {channel} message");
            return Err(DecodeError {
                is_other_channel: true,
                ..DecodeError::new(reason)
            });
        }
        decode(&self.0.answer)
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent")
            .field("channel", &self.0.channel)
            .field("answer", &self.0.answer)
            .field("attempts", &self.0.attempts)
            .finish()
    }
}

/// The answer to an accepted message can't be decoded.
///
/// Shows no content of the answer, only the place of the error, as a JSON path.
#[derive(Clone, Debug)]
pub struct DecodeError {
    path: String,
    reason: String,
    is_other_channel: bool,
    is_timeout: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl DecodeError {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            reason: reason.into(),
            is_other_channel: false,
            is_timeout: false,
            source: None,
        }
    }

    /// The place in the JSON, for example `data.case.users[0].id`. Empty, `.` or `?` for the whole answer.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the message is of another channel than the type to decode.
    pub fn is_other_channel(&self) -> bool {
        self.is_other_channel
    }

    /// Whether the answer is cut because time ran out.
    pub fn is_timeout(&self) -> bool {
        self.is_timeout
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message was accepted, but its answer can't be read as its type")?;
        if !matches!(self.path.as_str(), "" | "." | "?") {
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

fn decode<T: DeserializeOwned>(answer: &Answer) -> Result<T, DecodeError> {
    let length = answer.body.len();
    match &answer.end {
        End::Complete => {}
        End::TooLarge(limit) => {
            let reason = format!("it is larger than the limit of {limit} bytes");
            return Err(DecodeError::new(reason));
        }
        End::TimedOut => {
            return Err(DecodeError {
                is_timeout: true,
                ..DecodeError::new(format!("time ran out after {length} bytes"))
            });
        }
        End::Failed(error) => {
            return Err(DecodeError {
                source: Some(Arc::clone(error)),
                ..DecodeError::new(format!("reading it failed after {length} bytes"))
            });
        }
    }
    // Checking the whole body for UTF-8 costs less than checking each string. If this fails, the second try ignores
    // invalid UTF-8 in values that are not read, and finds the place of an error, which costs as much as decoding.
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf");
    let body = body.unwrap_or(&answer.body);
    if let Ok(text) = std::str::from_utf8(body)
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| DecodeError {
        path: error.path().to_string(),
        ..DecodeError::new(reason_of(error.inner()))
    })?;
    json.end()
        .map_err(|error| DecodeError::new(reason_of(&error)))?;
    Ok(value)
}

/// Without serde's text, which may quote a value of the answer.
fn reason_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a value of another type than documented",
        serde_json::error::Category::Eof => "the JSON ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON",
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}
