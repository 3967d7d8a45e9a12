//! Sending: the path of one message, over all its attempts.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderValue;
use reqwest::Request;
use tracing::Instrument as _;

use crate::attempt::{Answer, Failure, Reason};
use crate::call::Call;
use crate::config;
use crate::delivery::Delivery;
use crate::envelope::Envelope;
use crate::error::{Cause, Error};
use crate::key::{self, Key};
use crate::message::Message;
use crate::problem::Problems;
use crate::retry::{Decision, Retry};
use crate::sent::Sent;
use crate::settings::Settings;
use crate::trace;
use crate::verdict;
use crate::wire::{self, Deadline, Gate, Stop, Witness};

/// A message that is about to be sent. Made by [`Client::send`](crate::Client::send), and sent when it is awaited.
///
/// ```no_run
/// # use acquire_io::{CaseId, Chat, Client, Retry};
/// # use std::time::Duration;
/// # async fn run(acquire: Client) -> Result<(), acquire_io::Error> {
/// let chat = Chat::new(CaseId(2069)).text("Hey");
/// let sent = acquire.send(chat).timeout(Duration::from_secs(5)).retry(Retry::never()).await?;
/// # Ok(())
/// # }
/// ```
///
/// Its future owns what it needs: `tokio::spawn(acquire.send(chat).into_future())`.
///
/// Dropping the future before it is ready gives no verdict, as `tokio::time::timeout` around it does: bound the call
/// with [`timeout`](Self::timeout) instead. Only the call's span then says what is known: not sent or unknown.
///
/// `Debug` prints no content.
#[must_use = "nothing is sent until it is awaited"]
pub struct Outgoing {
    settings: Arc<Settings>,
    message: Message,
    timeout: Duration,
    retry: Option<Retry>,
    gate: Option<Gate>,
    /// In a mutex, so that this type is `Sync`. Nothing locks it.
    stop: Option<Mutex<Stop>>,
    /// Of the last attempt, where it is read for each.
    read_key: Option<HeaderValue>,
    call: Call,
}

impl Outgoing {
    pub(crate) fn new(settings: Arc<Settings>, message: Message) -> Self {
        Self {
            timeout: settings.timeout,
            settings,
            call: Call::new(&message),
            message,
            retry: None,
            gate: None,
            stop: None,
            read_key: None,
        }
    }

    /// Bounds this call in place of [`ClientBuilder::timeout`](crate::ClientBuilder::timeout). With zero nothing is
    /// sent: the call ends as [`NotSent`](Delivery::NotSent).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Retries this call in place of [`ClientBuilder::retry`](crate::ClientBuilder::retry).
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Hands the message to the HTTP stack before this moment or not at all. Later it ends as
    /// [`NotSent`](Delivery::NotSent), and [`Error::is_too_late`] is true.
    ///
    /// For a worker that holds a lease on the message: once the lease is over another one may decide about it. The
    /// moment counts by the monotonic clock and by the wall clock, since the first stops while a machine sleeps. An
    /// answer may still arrive later.
    pub fn begin_before(mut self, latest: Instant) -> Self {
        self.gate = Some(Gate::new(latest));
        self
    }

    /// Ends the call with a verdict when `stop` is ready, for example at Ctrl-C: [`NotSent`](Delivery::NotSent) if the HTTP
    /// stack took nothing of the message, which it then never does, else [`Unknown`](Delivery::Unknown).
    /// [`Error::is_stopped`] is true. A call that waits before another attempt ends with the verdict of the last one. An
    /// answer that is being read is kept as far as it came.
    ///
    /// ```no_run
    /// # use acquire_io::{CaseId, Chat, Client};
    /// # async fn run(acquire: Client, interrupt: tokio::sync::oneshot::Receiver<()>) {
    /// let chat = Chat::new(CaseId(2069)).text("Hey");
    /// let stop = async move { drop(interrupt.await) };
    /// if let Err(error) = acquire.send(chat).stop_when(stop).await {
    ///     println!("{}: {error}", error.delivery());
    /// }
    /// # }
    /// ```
    pub fn stop_when(mut self, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        self.stop = Some(Mutex::new(Box::pin(stop)));
        self
    }

    async fn attempts(&mut self, stop: Option<Stop>) -> Result<Sent, Error> {
        let settings = &*self.settings;
        if self.timeout.is_zero() {
            let invalid = Problems::one("timeout", config::ZERO);
            return Err(self.failed(Cause::Input(invalid)));
        }
        let mut deadline = Deadline::after(self.timeout).or(stop);
        let request = settings
            .request(&self.message)
            .map_err(|invalid| self.failed(Cause::Input(invalid)))?;
        let retry = self.retry.as_ref().unwrap_or(&settings.retry);
        loop {
            let witness = Arc::default();
            let span = trace::attempt(&settings.server, &request, self.call.attempts() + 1);
            self.call.start_attempt(&span, Arc::clone(&witness));
            let no_key = match &settings.key {
                Key::Given(_) => None,
                Key::Read(read) => {
                    // Boxed: most clients have no use for it.
                    let reading = Box::pin(key::read(&**read));
                    match deadline.bound(reading).await {
                        Ok(Ok(key)) => {
                            self.read_key = Some(key);
                            None
                        }
                        Ok(Err(error)) => Some(Reason::Key(error)),
                        Err(reason) => Some(reason),
                    }
                }
            };
            let outcome = match no_key {
                Some(reason) => Err(Failure {
                    reason,
                    body_was_taken: false,
                }),
                None => match self.attempt(&request, witness, &mut deadline) {
                    Some(attempt) => attempt.instrument(span).await,
                    None => {
                        let invalid =
                            Problems::one("message", "makes a request that can't be sent");
                        return Err(self.failed(Cause::Input(invalid)));
                    }
                },
            };
            let outcome = accepted(outcome);
            self.call.end_attempt(&outcome);
            let attempts = self.call.attempts();
            let cause = match outcome {
                Ok(answer) => return Ok(Sent::new(self.message.channel(), answer, attempts)),
                Err(cause) => cause,
            };
            let delay = retry.delay(attempts);
            let decision = retry.decide(cause.facts(), attempts, delay, deadline.remaining());
            let goes_on = match decision {
                Decision::TryAgainAfter(delay) if !cause.is_too_late() => {
                    deadline.sleep(delay).await
                }
                _ => false,
            };
            if !goes_on {
                return Err(self.failed(cause));
            }
        }
    }

    /// One request, on its way when it is awaited. None for a body that can't be cloned: that of a message can.
    // Not an `async fn`: its future would have room for the request as well.
    fn attempt<'a>(
        &self,
        request: &Request,
        witness: Arc<Witness>,
        deadline: &'a mut Deadline,
    ) -> Option<impl Future<Output = Result<Answer, Failure>> + Send + use<'a>> {
        let settings = &*self.settings;
        let mut attempt = request.try_clone()?;
        settings.add_headers(&mut attempt, self.key());
        wire::watch(&mut attempt, &witness, self.gate);
        let answer = settings.execute(attempt);
        let limit = settings.response_limit;
        Some(wire::answer(answer, witness, deadline, self.gate, limit))
    }

    /// The one that is given, or was read last.
    fn key(&self) -> Option<&HeaderValue> {
        self.settings.key.given().or(self.read_key.as_ref())
    }

    fn failed(&self, cause: Cause) -> Error {
        let mut private = Vec::new();
        if let Cause::Answer { .. } = cause {
            private = self.message.private();
            private.extend(self.key().and_then(key::of_header).map(str::to_owned));
        }
        let (attempts, delivery) = (self.call.attempts(), self.call.delivery());
        Error::new(self.message.channel(), attempts, cause, delivery, &private)
    }
}

/// The answer that accepts the message.
#[expect(
    clippy::result_large_err,
    reason = "made once for each attempt, and kept"
)]
fn accepted(outcome: Result<Answer, Failure>) -> Result<Answer, Cause> {
    let answer = outcome.map_err(Cause::no_answer)?;
    match verdict::of_answer(&answer) {
        Delivery::Accepted => Ok(answer),
        delivery => Err(Cause::Answer {
            envelope: Envelope::read(&answer.body),
            answer,
            delivery,
        }),
    }
}

impl IntoFuture for Outgoing {
    type Output = Result<Sent, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(mut self) -> Self::IntoFuture {
        self.call.join(&self.settings.calls);
        Box::pin(async move {
            let stop = self.stop.take().map(Mutex::into_inner);
            let stop = stop.map(|stop| stop.unwrap_or_else(PoisonError::into_inner));
            let span = self.call.start();
            let result = self.attempts(stop).instrument(span).await;
            self.call.end(&result);
            result
        })
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("client", &self.settings)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}
