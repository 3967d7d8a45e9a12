//! An accepted message, and reading its answer when it is asked for.

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
/// Cheap to clone. The answer is kept as it came, and decoded when it is asked for: [`receipt`](Self::receipt) finds
/// its IDs, [`chat`](Self::chat), [`mail`](Self::mail) and [`sms`](Self::sms) read all of it.
///
/// `Debug` prints neither headers nor content.
#[derive(Clone)]
pub struct Sent(Arc<Inner>);

struct Inner {
    channel: Channel,
    answer: Answer,
    attempts: u32,
}

/// What to keep of an accepted message. Holds no content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The channel.
    pub channel: Channel,
    /// What became of the message: accepted.
    pub delivery: Delivery,
    /// The ID of the message in its case, where the answer has it.
    pub message_id: Option<MessageId>,
    /// The case, where the answer has it.
    pub case: Option<CaseId>,
    /// The timeline, where the answer has it: that of an SMS does.
    pub timeline: Option<TimelineId>,
    /// The answer's status, any 2xx.
    pub status: u16,
    /// How many requests were tried, the accepted one included.
    pub attempts: u32,
    /// The ID that the server, or a proxy before it, gave the request, where there is one.
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

    /// What to keep: the IDs, the status, the attempts.
    ///
    /// The IDs are found without decoding the rest of the answer. One that is missing, or of another type, is `None`.
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

    /// The ID of the message in its case, where the answer has it.
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

    /// The ID that the server, or a proxy before it, gave the request, where there is one.
    pub fn request_id(&self) -> Option<&str> {
        error::request_id(self.headers())
    }

    /// How many requests were tried, the accepted one included.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The answer's body, byte for byte, decoded where it was encoded. It is cut when it was longer than the limit or the
    /// connection broke: then reading it as a type is an error that says so.
    pub fn body(&self) -> &Bytes {
        &self.0.answer.body
    }

    /// The answer to a chat message, decoded.
    ///
    /// # Errors
    /// When the message is of another channel, or the answer is cut or is not what the document says. The message was
    /// accepted all the same.
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
    /// When the answer is cut or is not JSON.
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

/// Why the answer to an accepted message can't be read as a type.
///
/// Holds no content of the answer, only the place: a JSON path.
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

    /// The place in the JSON, for example `data.case.users[0].id`. Empty, `.` or `?` for the whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the answer was asked for as that of another channel.
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
    // Checked for UTF-8 as a whole, which costs less than each text on its own. A value that nobody reads may hold
    // anything, and to find the place of an error costs as much as decoding: both only where the first try fails.
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

/// serde's own text may quote a value of the answer.
fn reason_of(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a value of another type than documented",
        serde_json::error::Category::Eof => "the JSON ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON",
    };
    format!("{what}, line {} column {}", error.line(), error.column())
}
