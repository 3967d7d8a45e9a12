//! Sending one message: the loop over its attempts.

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
use crate::cause::Cause;
use crate::config;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::key::{self, Key};
use crate::message::Message;
use crate::problem::Problems;
use crate::retry::{Decision, Retry};
use crate::sent::Sent;
use crate::settings::Settings;
use crate::trace;
use crate::verdict;
use crate::wire::{self, Deadline, Gate, Stop, Witness};

/// A call that sends a message when it is awaited. Made by [`Client::send`](crate::Client::send).
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
/// Its future is `'static`, so that a task can run it: `tokio::spawn(acquire.send(chat).into_future())`.
///
/// A future that is dropped before it is ready returns no verdict. Don't put `tokio::time::timeout` around it: use
/// [`timeout`](Self::timeout) instead. For a dropped call only its span records the outcome: not sent or unknown.
///
/// `Debug` prints no content.
#[must_use = "nothing is sent until it is awaited"]
pub struct Outgoing {
    settings: Arc<Settings>,
    message: Message,
    timeout: Duration,
    retry: Option<Retry>,
    gate: Option<Gate>,
    /// In a mutex only to make this type `Sync`.
    stop: Option<Mutex<Stop>>,
    /// The key of the last attempt, if it is read for each.
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

    /// The time limit of this call, instead of [`ClientBuilder::timeout`](crate::ClientBuilder::timeout). With zero nothing
    /// is sent: the call ends as [`NotSent`](Delivery::NotSent).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// When to try this call again, instead of [`ClientBuilder::retry`](crate::ClientBuilder::retry).
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Hands the message to the HTTP stack before this moment or not at all: then the call ends as
    /// [`NotSent`](Delivery::NotSent), and [`Error::is_too_late`] is true. The answer may arrive later.
    ///
    /// For a worker that holds a lease on the message: after the lease another worker may take it over. The moment is
    /// checked by the monotonic clock and by the wall clock, since the monotonic clock stops while a machine sleeps.
    pub fn begin_before(mut self, latest: Instant) -> Self {
        self.gate = Some(Gate::new(latest));
        self
    }

    /// Ends the call when `stop` is ready, for example at Ctrl-C. The verdict is [`NotSent`](Delivery::NotSent) if the HTTP
    /// stack has taken no part of the message, and then it never will; otherwise it is [`Unknown`](Delivery::Unknown).
    /// [`Error::is_stopped`] is true. A call that is waiting before another attempt ends with the verdict of the last
    /// attempt. An answer that is being read is kept as far as it was received.
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
                    // Boxed, to keep the future small: most clients have a fixed key.
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

    /// One request, sent when it is awaited. None for a body that can't be cloned, which no message has.
    // Not an `async fn`, whose future would hold the request too.
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

    /// The fixed key, or the one that was read last.
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
        delivery => Err(Cause::answer(answer, delivery)),
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
