//! One attempt on the wire: sending a request within a time limit, and reading the answer.

mod encoding;
mod witness;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Body, Request, Response};
use tokio::time::{Instant, sleep, timeout_at};

pub(crate) use witness::{Gate, Witness};

use crate::attempt::{Answer, End, Failure, Reason};
use witness::{Withdrawal, WitnessBody};

/// A timer that fires this late means that the process was stopped or the machine was busy.
const LATE: Duration = Duration::from_millis(50);

/// How long a call continues after a late timer, for an answer that has already arrived.
const GRACE: Duration = Duration::from_millis(250);

/// In place of an unlimited duration, which would overflow: 34 years.
const FAR: Duration = Duration::from_secs(1 << 30);

/// Ready when the call should stop.
pub(crate) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time limit of a call over all its attempts, and the future that may stop it earlier.
pub(crate) struct Deadline {
    at: Instant,
    had_grace: bool,
    /// None after it was ready, too.
    stop: Option<Stop>,
    is_stopped: bool,
}

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self {
            at: Instant::now() + limit.min(FAR),
            had_grace: false,
            stop: None,
            is_stopped: false,
        }
    }

    /// Also ends the call when `stop` is ready.
    pub(crate) fn or(mut self, stop: Option<Stop>) -> Self {
        self.stop = stop;
        self
    }

    /// Waits before another attempt. Returns whether the attempt may begin.
    pub(crate) async fn sleep(&mut self, delay: Duration) -> bool {
        !self.is_stopped && self.limit(sleep(delay), || false).await.is_some()
    }

    /// Waits for a future before a request.
    ///
    /// # Errors
    /// When time ran out or the call was stopped.
    pub(crate) async fn bound<F: Future>(&mut self, future: F) -> Result<F::Output, Reason> {
        match self.limit(future, || false).await {
            Some(output) => Ok(output),
            None if self.is_stopped => Err(Reason::Stopped),
            None => Err(Reason::TimedOut),
        }
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Waits for a future until time runs out or the call is stopped. If the timer was late and `may_go_on` agrees, the
    /// future gets some more time, once per call: after a process was stopped, the answer may be waiting in the socket.
    /// Polling once more would not be enough, since hyper reads in another task.
    async fn limit<F: Future>(
        &mut self,
        future: F,
        may_go_on: impl Fn() -> bool,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        loop {
            let stop = &mut self.stop;
            let output_or_stop = poll_fn(|cx| match future.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending => match stop.as_mut() {
                    Some(stop) => stop.as_mut().poll(cx).map(|()| None),
                    None => Poll::Pending,
                },
            });
            match timeout_at(self.at, output_or_stop).await {
                Ok(Some(output)) => return Some(output),
                Ok(None) => {
                    self.stop = None;
                    self.is_stopped = true;
                    may_go_on();
                    return None;
                }
                Err(_) => {}
            }
            let is_late = Instant::now() > self.at + LATE;
            if !may_go_on() || !is_late || self.had_grace {
                return None;
            }
            self.had_grace = true;
            self.at = Instant::now() + GRACE;
        }
    }
}

/// Lets a witness record whether the body of a request is taken. Once the gate is closed, the body is not handed out.
pub(crate) fn watch(request: &mut Request, witness: &Arc<Witness>, gate: Option<Gate>) {
    let body = request.body_mut().take().unwrap_or_default();
    *request.body_mut() = Some(Body::wrap(WitnessBody {
        body,
        witness: Arc::clone(witness),
        gate,
    }));
}

/// Waits for the answer to a watched request, and reads up to `limit` bytes of its body.
///
/// # Errors
/// When no answer came.
pub(crate) async fn answer(
    answer: impl Future<Output = reqwest::Result<Response>> + Send,
    witness: Arc<Witness>,
    deadline: &mut Deadline,
    gate: Option<Gate>,
    limit: usize,
) -> Result<Answer, Failure> {
    let withdrawal = Withdrawal(&witness);
    if gate.is_some_and(|gate| gate.is_closed()) {
        return Err(Failure {
            reason: Reason::TooLate,
            body_was_taken: false,
        });
    }
    let may_go_on = || {
        // First: a slow connection must not send after the deadline.
        witness.withdraw();
        witness.is_taken()
    };
    let reason = match deadline.limit(answer, may_go_on).await {
        Some(Ok(response)) => {
            // The server may answer before the whole body is sent: the rest may still be sent.
            std::mem::forget(withdrawal);
            // Boxed, to keep the future small: most calls of a busy process are waiting for a head.
            return Ok(Box::pin(read(response, deadline, limit)).await);
        }
        _ if witness.is_too_late() => Reason::TooLate,
        Some(Err(error)) => Reason::Http(error.into()),
        None if deadline.is_stopped => Reason::Stopped,
        None => Reason::TimedOut,
    };
    drop(withdrawal);
    Err(Failure {
        reason,
        body_was_taken: witness.is_taken(),
    })
}

async fn read(mut response: Response, deadline: &mut Deadline, limit: usize) -> Answer {
    let mut parts = Parts::default();
    let end = loop {
        match deadline.limit(response.chunk(), || true).await {
            Some(Ok(Some(part))) => {
                let room = limit - parts.length;
                let is_over = part.len() > room;
                parts.push(part.slice(..part.len().min(room)));
                if is_over {
                    break End::TooLarge(limit);
                }
            }
            Some(Ok(None)) => break End::Complete,
            // The URL has the contact's ID.
            Some(Err(error)) => break End::Failed(Arc::new(error.without_url())),
            None => break End::TimedOut,
        }
    };
    let headers = std::mem::take(response.headers_mut());
    let (body, end) = encoding::decode(&headers, parts.joined(), end, limit);
    Answer {
        status: response.status(),
        headers,
        body,
        end,
    }
}

/// The parts of a body. The first ones are joined at the end, so that there is no second copy while the body is read, and no
/// buffer of the connection is kept alive afterwards. Further parts are copied at once: a server may send a body byte by
/// byte.
#[derive(Default)]
struct Parts {
    first: Vec<Bytes>,
    rest: BytesMut,
    length: usize,
}

impl Parts {
    const FIRST: usize = 64;

    fn push(&mut self, part: Bytes) {
        self.length += part.len();
        if self.first.len() < Self::FIRST {
            self.first.push(part);
        } else {
            self.rest.extend_from_slice(&part);
        }
    }

    fn joined(self) -> Bytes {
        let mut body = Vec::with_capacity(self.length);
        self.first
            .iter()
            .for_each(|part| body.extend_from_slice(part));
        body.extend_from_slice(&self.rest);
        body.into()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;

    use tokio::time::{advance, sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    /// Runs a call whose timer fires `late` after the limit, and whose answer arrives `after` that. Returns whether the
    /// answer was found, and how often `may_go_on` was called.
    async fn late_timer(
        deadline: &mut Deadline,
        late: Duration,
        after: Duration,
        may_go_on: bool,
    ) -> (bool, u32) {
        let asked = Cell::new(0);
        let start = Instant::now();
        let answer = async {
            // As if the process was stopped: time passes and nothing runs.
            advance(LIMIT + late).await;
            sleep((LIMIT + late + after).saturating_sub(start.elapsed())).await;
        };
        let found = deadline.limit(answer, || {
            asked.set(asked.get() + 1);
            may_go_on
        });
        (found.await.is_some(), asked.get())
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_in_time_ends_the_call_at_once() {
        let start = Instant::now();
        let mut deadline = Deadline::after(LIMIT);
        let found = deadline.limit(pending::<()>(), || true).await;
        assert_eq!(found, None);
        assert!(start.elapsed() < LIMIT + LATE, "{:?}", start.elapsed());

        let mut deadline = Deadline::after(LIMIT);
        assert_eq!(deadline.limit(async { 7 }, || false).await, Some(7));
        assert_eq!(deadline.remaining(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_timer_gives_the_answer_some_more_time() {
        let ms = Duration::from_millis;
        for (late, after, may_go_on, expected) in [
            (ms(300), ms(100), true, (true, 1)),
            (ms(300), ms(240), true, (true, 1)),
            // After the grace.
            (ms(300), ms(400), true, (false, 2)),
            // The body was not taken: nothing may be sent any more.
            (ms(300), ms(100), false, (false, 1)),
            // Not late enough.
            (ms(20), ms(100), true, (false, 1)),
        ] {
            let mut deadline = Deadline::after(LIMIT);
            let found = late_timer(&mut deadline, late, after, may_go_on).await;
            assert_eq!(found, expected, "{late:?} {after:?} {may_go_on}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_gets_more_time_once() {
        let mut deadline = Deadline::after(LIMIT);
        let (late, soon) = (Duration::from_millis(300), Duration::from_millis(100));
        assert!(late_timer(&mut deadline, late, soon, true).await.0);
        advance(LIMIT).await;
        assert_eq!(deadline.limit(pending::<()>(), || true).await, None);
        assert_eq!(deadline.remaining(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_call_before_its_time() {
        let start = Instant::now();
        let asked = Cell::new(0);
        let mut deadline = Deadline::after(LIMIT).or(Some(Box::pin(sleep(LIMIT / 2))));
        let found = deadline.limit(pending::<()>(), || {
            asked.set(asked.get() + 1);
            true
        });
        assert_eq!(found.await, None);
        assert!(deadline.is_stopped && start.elapsed() < LIMIT);
        // The body is withdrawn.
        assert_eq!(asked.get(), 1);
        assert!(!deadline.sleep(Duration::ZERO).await);

        // A stop while the call waits for another attempt.
        let mut deadline = Deadline::after(LIMIT).or(Some(Box::pin(sleep(LIMIT / 2))));
        assert!(deadline.sleep(LIMIT / 4).await);
        assert!(!deadline.sleep(LIMIT / 2).await);

        // If both are ready, the future wins.
        let mut deadline = Deadline::after(LIMIT).or(Some(Box::pin(async {})));
        assert_eq!(deadline.limit(async { 7 }, || false).await, Some(7));
    }

    #[test]
    fn the_longest_limit_does_not_overflow() {
        assert!(Deadline::after(Duration::MAX).remaining() > LIMIT);
    }

    #[test]
    fn the_parts_of_a_body_are_joined_in_order() {
        for count in [0, 1, 63, 64, 65, 300] {
            let mut parts = Parts::default();
            let mut whole = Vec::new();
            for number in 0..count {
                let part = format!("{number};");
                whole.extend_from_slice(part.as_bytes());
                parts.push(part.into());
            }
            assert_eq!(parts.length, whole.len());
            assert_eq!(parts.joined(), whole, "{count}");
        }
    }
}
