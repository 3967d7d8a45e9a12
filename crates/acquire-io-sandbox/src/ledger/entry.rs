//! One request, and its outcome.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use super::summary::Summary;
use crate::check::Operation;

/// What an entry and each of its headers take besides their texts, in bytes, roughly.
const OVERHEAD: usize = 512;
const HEADER_OVERHEAD: usize = 128;

/// One request as it was received, and its outcome.
///
/// `Debug` prints neither headers nor bodies: they hold the key and the message. As JSON, the header
/// `authorization` is masked.
#[derive(Clone)]
#[non_exhaustive]
pub struct Received {
    /// The number in order of arrival, from 1. A reset of the ledger doesn't restart it.
    pub number: u64,
    /// When the head of the request arrived.
    pub time: SystemTime,
    /// How long it took until the verdict, including the delays before it.
    pub took: Duration,
    /// The operation, if the path is that of one.
    pub operation: Option<Operation>,
    /// The method.
    pub method: Method,
    /// The path and the query.
    pub uri: Uri,
    /// The version of HTTP.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte, as far as it was read.
    pub body: Bytes,
    /// Whether the whole body was received.
    pub is_whole: bool,
    /// What became of the message.
    pub verdict: Verdict,
    /// Why it was refused, in the words of the answer.
    pub reason: Option<String>,
    /// The name of the fault rule that was applied to it.
    pub fault: Option<String>,
    /// The status of the answer. None if there was no answer.
    pub status: Option<StatusCode>,
    /// The whole body of the answer, even if a fault cut it.
    pub answer: Bytes,
    pub(crate) summary: Summary,
}

/// What became of a message, whatever the answer said. A fault can make an answer untrue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// It was accepted: a live account would have sent it.
    Accepted,
    /// It was refused: the answer says why.
    Refused,
    /// It was not checked: the request was incomplete, or a fault came first.
    Unread,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unread => "unread",
        })
    }
}

impl Received {
    /// What it is about, as far as the request says so.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Copies what points into the connection's read buffer, which would otherwise stay in memory.
    pub(super) fn compact(&mut self) {
        if let Ok(uri) = self.uri.to_string().parse() {
            self.uri = uri;
        }
        for value in self.headers.values_mut() {
            if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
                *value = copy;
            }
        }
    }

    /// How much it takes of the ledger, in bytes, roughly.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers =
            headers.map(|(name, value)| name.as_str().len() + value.len() + HEADER_OVERHEAD);
        let uri = self.uri.path_and_query().map_or(0, |it| it.as_str().len());
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        OVERHEAD
            + uri
            + text(&self.reason)
            + text(&self.fault)
            + self.summary.size()
            + self.body.len()
            + self.answer.len()
            + headers.sum::<usize>()
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("number", &self.number)
            .field("method", &self.method)
            .field("path", &self.uri.path())
            .field("verdict", &self.verdict)
            .field("fault", &self.fault)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Serialize for Received {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut headers = BTreeMap::<&str, String>::new();
        for (name, value) in &self.headers {
            let value = match *name == AUTHORIZATION {
                true => "***".into(),
                false => String::from_utf8_lossy(value.as_bytes()),
            };
            let joined = headers.entry(name.as_str()).or_default();
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(&value);
        }
        let mut entry = serializer.serialize_struct("Received", 16)?;
        entry.serialize_field("number", &self.number)?;
        entry.serialize_field("time", &timestamp(self.time))?;
        entry.serialize_field("ms", &(self.took.as_micros() as f64 / 1_000.0))?;
        entry.serialize_field("operation", &self.operation)?;
        entry.serialize_field("method", self.method.as_str())?;
        entry.serialize_field("path", self.uri.path())?;
        entry.serialize_field("query", &self.uri.query())?;
        entry.serialize_field("version", &format_args!("{:?}", self.version))?;
        entry.serialize_field("headers", &headers)?;
        entry.serialize_field("body", &String::from_utf8_lossy(&self.body))?;
        entry.serialize_field("whole", &self.is_whole)?;
        entry.serialize_field("verdict", &self.verdict)?;
        entry.serialize_field("reason", &self.reason)?;
        entry.serialize_field("fault", &self.fault)?;
        entry.serialize_field("status", &self.status.map(|status| status.as_u16()))?;
        entry.serialize_field("answer", &String::from_utf8_lossy(&self.answer))?;
        entry.end()
    }
}

/// A time in the format of the pages. One before 1970 or after 9999 becomes 1970.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let max = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let time = match time {
        time if (SystemTime::UNIX_EPOCH..=max).contains(&time) => time,
        _ => SystemTime::UNIX_EPOCH,
    };
    humantime::format_rfc3339_millis(time).to_string()
}
