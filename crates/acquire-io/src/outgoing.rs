//! A message on its way: what the channels share, and sending.

use std::fmt;
use std::time::{Duration, Instant};

use acquire_io_api::PreparedRequest;
use bytes::Bytes;
use serde_json::Value;
use tracing::Instrument as _;

use crate::attempt::{self, Outcome};
use crate::channel::{Channel, collect_texts};
use crate::client::Client;
use crate::delivery::Delivery;
use crate::error::{Cause, Error, InputError};
use crate::retry::{Decision, Retry};
use crate::sent::Sent;
use crate::trace;

/// A message that is not sent yet. Made by [`Client::chat`], [`Client::mail`] and [`Client::sms`]; sent by
/// [`send`](Self::send).
///
/// `Debug` prints no content.
#[derive(Clone)]
#[must_use = "nothing is sent until `send` is called and awaited"]
pub struct Outgoing<C> {
    client: Client,
    pub(crate) message: C,
    additions: Vec<(String, Value)>,
    timeout: Option<Duration>,
    retry: Option<Retry>,
}

impl<C> Outgoing<C> {
    pub(crate) fn new(client: Client, message: C) -> Self {
        Self {
            client,
            message,
            additions: Vec::new(),
            timeout: None,
            retry: None,
        }
    }

    /// Adds a value to the request's JSON that this crate doesn't know, at a JSON pointer (RFC 6901), for
    /// example `/message/priority` or `/data/replyTo`. It replaces a value that stands there.
    pub fn json(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        self.additions.push((pointer.into(), value.into()));
        self
    }

    /// Bounds this call in place of [`ClientBuilder::timeout`](crate::ClientBuilder::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Retries this call in place of [`ClientBuilder::retry`](crate::ClientBuilder::retry).
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }
}

impl<C: Channel> Outgoing<C> {
    /// Sends the message.
    ///
    /// It is `Ok` when Acquire accepted the message, even when the answer can't be read: see
    /// [`Sent::typed`].
    ///
    /// Dropping the future before it is ready leaves the fate of the message unknown, as
    /// `tokio::time::timeout` around it does: bound the call with [`timeout`](Self::timeout) instead, which
    /// gives a verdict.
    ///
    /// # Errors
    /// When the message was not sent, was refused, or may or may not have been sent.
    /// [`Error::delivery`] tells which.
    pub async fn send(self) -> Result<Sent<C::Answer>, Error> {
        let (span, start) = (trace::call(C::OPERATION), Instant::now());
        let result = self.run().instrument(span.clone()).await;
        trace::elapsed(&span, start);
        match &result {
            Ok(sent) => trace::accepted(&span, sent.attempts()),
            Err(error) => trace::failed(&span, error),
        }
        result
    }

    /// Checks the message and makes its request, as [`send`](Self::send) does, but sends nothing.
    ///
    /// For a look at what would be sent, and to check many messages before the first is sent. The request holds the
    /// message, and the API key in its header `authorization`, which is marked as sensitive so that `Debug` doesn't
    /// print it. On the wire the HTTP stack adds `host` and `content-length`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use acquire_io::{CaseId, Client};
    /// let acquire = Client::builder().account_id("acme").api_key("secret").build()?;
    /// let request = acquire.chat(CaseId(28)).text("Hey").to_http_request()?;
    /// assert_eq!(request.uri().path(), "/api/v1/crm/messenger/chat/add-message");
    /// assert_eq!(request.body(), r#"{"caseId":28,"message":{"message":"Hey","type":"message"}}"#);
    ///
    /// let error = acquire.chat(CaseId(28)).to_http_request().unwrap_err();
    /// assert_eq!(error.field(), Some("text"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the message would be rejected before the wire.
    pub fn to_http_request(&self) -> Result<http::Request<Bytes>, Error> {
        let request = self.prepare(self.client.timeout());
        let request = request.and_then(|request| {
            let http = request.into_http();
            http.map_err(|error| InputError::new("json", error.to_string()))
        });
        request.map_err(|error| self.failed(0, Cause::Input(error), Delivery::NotSent))
    }

    fn prepare(&self, timeout: Duration) -> Result<PreparedRequest, InputError> {
        let request = self.message.request()?;
        attempt::prepare::<C>(&self.client, request, &self.additions, timeout)
    }

    fn failed(&self, attempts: u32, cause: Cause, delivery: Delivery) -> Error {
        let mut private = self.message.private();
        private.extend(self.client.api_key().map(str::to_owned));
        for (_, value) in &self.additions {
            collect_texts(value, &mut private);
        }
        Error::new(C::OPERATION, attempts, cause, delivery, &private)
    }

    async fn run(&self) -> Result<Sent<C::Answer>, Error> {
        let timeout = self.timeout.unwrap_or_else(|| self.client.timeout());
        let clock = attempt::Clock::start(timeout);
        let retry = self.retry.as_ref().unwrap_or_else(|| self.client.retry());
        let mut attempts = 0;
        // Over all attempts: once one is of unknown fate, no later one takes that back.
        let mut delivery = Delivery::NotSent;
        loop {
            let request = self
                .prepare(clock.remaining())
                .map_err(|error| self.failed(attempts, Cause::Input(error), delivery))?;
            attempts += 1;
            let span = trace::attempt(&self.client, C::METHOD_AND_PATH, attempts);
            let start = Instant::now();
            let outcome = attempt::send::<C>(&self.client, request)
                .instrument(span.clone())
                .await;
            trace::elapsed(&span, start);
            trace::outcome(&span, &outcome);
            let cause = match outcome {
                Outcome::Accepted(answer, typed) => return Ok(Sent::new(answer, typed, attempts)),
                Outcome::Failed(cause) => cause,
            };
            if delivery != Delivery::Unknown {
                delivery = cause.delivery();
            }
            let delay = retry.delay(attempts);
            match retry.decide(cause.facts(), attempts, delay, clock.remaining()) {
                Decision::Stop => return Err(self.failed(attempts, cause, delivery)),
                Decision::TryAgainAfter(delay) => tokio::time::sleep(delay).await,
            }
        }
    }
}

impl<C> fmt::Debug for Outgoing<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
