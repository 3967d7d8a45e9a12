//! What the generated client lacks: headers and a time limit for one call, and a record of its exchange.

mod hooks;
mod prepared;
mod witness;

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

pub use prepared::{PreparedRequest, SendError};

use witness::Witness;

/// The settings of one call, and the record of what happened on the wire.
///
/// The generated [`Client`](crate::Client) carries it as its inner value. Make one for each call: a
/// second call with the same `Exchange` overwrites the record of the first. Clones share the record.
///
/// The record holds what the generated code loses: the status and the body of an answer that doesn't
/// decode, and whether the request's body ever left our hands.
///
/// ```no_run
/// use acquire_io_api::{Client, Exchange, types};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let exchange = Exchange::new().with_api_key("secret")?;
/// let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
/// let client = Client::new_with_client("https://your-account.acquire.io", http, exchange.clone());
///
/// let message = types::NewChatMessage::builder()
///     .type_(types::ChatMessageType::Message)
///     .message("Hey added from the api");
/// let request = types::ChatMessageRequest::builder().case_id(types::CaseId(2069)).message(message);
/// let result = client.send_chat_message().body(request).send().await;
///
/// if result.is_err() && !exchange.body_was_polled() {
///     println!("Nothing was sent.");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Exchange {
    /// Shared, for a call to cost no copy of them.
    headers: Arc<HeaderMap>,
    timeout: Option<Duration>,
    response_limit: usize,
    additions: Vec<(String, Value)>,
    is_prepared_only: bool,
    record: Arc<Record>,
}

#[derive(Default)]
struct Record {
    /// None before the first call.
    witness: Mutex<Option<Arc<Witness>>>,
    prepared: Mutex<Option<PreparedRequest>>,
    answer: Mutex<Option<Answer>>,
}

impl Exchange {
    /// The default of [`with_response_limit`](Self::with_response_limit): 8 MiB, a thousand times the
    /// largest documented answer.
    pub const DEFAULT_RESPONSE_LIMIT: usize = 8 * 1024 * 1024;

    /// An exchange without headers of its own, without a time limit, and with the default response limit.
    pub fn new() -> Self {
        Self {
            headers: Arc::default(),
            timeout: None,
            response_limit: Self::DEFAULT_RESPONSE_LIMIT,
            additions: Vec::new(),
            is_prepared_only: false,
            record: Arc::default(),
        }
    }

    /// An exchange with the same settings, and a record of its own.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            record: Arc::default(),
            ..self.clone()
        }
    }

    /// Sends `Authorization: Bearer <api_key>`, marked as sensitive so that it isn't printed.
    ///
    /// # Errors
    /// When the key is empty or has characters that a header can't hold, for example a newline.
    pub fn with_api_key(self, api_key: &str) -> Result<Self, InvalidApiKey> {
        if api_key.is_empty() || !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidApiKey(()));
        }
        let mut value =
            HeaderValue::from_str(&format!("Bearer {api_key}")).map_err(|_| InvalidApiKey(()))?;
        value.set_sensitive(true);
        Ok(self.with_header(AUTHORIZATION, value))
    }

    /// Sends a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        Arc::make_mut(&mut self.headers).insert(name, value);
        self
    }

    /// Bounds the whole exchange, from connecting to the last byte of the answer. Without it the
    /// `reqwest::Client`'s own bound holds.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Bounds the answer's body, in bytes after decompression.
    #[must_use]
    pub fn with_response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Adds a value to the request's body that the generated types don't know, at a JSON pointer
    /// (RFC 6901) such as `/message/priority`. The object that holds it must be in the body.
    #[must_use]
    pub fn with_addition(mut self, pointer: impl Into<String>, value: Value) -> Self {
        self.additions.push((pointer.into(), value));
        self
    }

    /// Sends nothing: the call makes its request, leaves it for [`take_prepared`](Self::take_prepared), and ends as
    /// `Error::InvalidRequest`, without waiting for anything.
    #[must_use]
    pub fn with_prepare_only(mut self) -> Self {
        self.is_prepared_only = true;
        self
    }

    /// The request of a call that only prepared it, taken out. See [`with_prepare_only`](Self::with_prepare_only).
    pub fn take_prepared(&self) -> Option<PreparedRequest> {
        lock(&self.record.prepared).take()
    }

    /// Whether the HTTP stack took anything of the request's body. When it is false after the call has failed
    /// or was dropped, nothing of the message reached a server, or will: the body was withdrawn. When it is
    /// true, any part of it may have.
    pub fn body_was_polled(&self) -> bool {
        let witness = lock(&self.record.witness);
        witness.as_ref().is_some_and(|witness| witness.is_taken())
    }

    fn witness(&self) -> Arc<Witness> {
        let mut witness = lock(&self.record.witness);
        Arc::clone(witness.get_or_insert_default())
    }

    /// Begins a call: with a witness of its own, so that what is left of an earlier call can't touch it.
    fn begin(&self) -> Arc<Witness> {
        *lock(&self.record.answer) = None;
        let witness = Arc::<Witness>::default();
        *lock(&self.record.witness) = Some(Arc::clone(&witness));
        witness
    }

    /// The answer, as far as it was received. None until its head has arrived.
    pub fn answer(&self) -> Option<Answer> {
        lock(&self.record.answer).clone()
    }

    /// As [`answer`](Self::answer), taken out of the record.
    pub fn take_answer(&self) -> Option<Answer> {
        lock(&self.record.answer).take()
    }
}

/// What is behind these locks is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Exchange {
    fn default() -> Self {
        Self::new()
    }
}

/// Prints neither header values nor content.
impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("timeout", &self.timeout)
            .field("response_limit", &self.response_limit)
            .field("body_was_polled", &self.body_was_polled())
            .field("status", &self.answer().map(|answer| answer.status))
            .finish_non_exhaustive()
    }
}

/// What was received of an answer.
///
/// `Debug` prints the body's length only.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it was received: decompressed, otherwise byte for byte.
    pub body: Bytes,
    /// How the body ended.
    pub end: AnswerEnd,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// How an answer's body ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnswerEnd {
    /// The body is whole.
    Complete,
    /// Only the head has arrived so far. It stays so when the call is dropped while reading the body.
    Head,
    /// The body is longer than the limit, in bytes. It holds what fits.
    TooLarge(usize),
    /// Reading failed, for example because the connection was cut or time ran out.
    Failed(Arc<dyn StdError + Send + Sync>),
}

/// An API key is empty or has characters that a header can't hold. The key itself is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidApiKey(());

impl fmt::Display for InvalidApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an API key is visible ASCII characters only: no spaces, no line breaks, not empty",
        )
    }
}

impl StdError for InvalidApiKey {}
