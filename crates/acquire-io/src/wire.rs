//! One attempt: a request over the wire, and the answer as far as it comes.

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

/// A timer that fires this late says that the process was stopped, or the machine was busy.
const LATE: Duration = Duration::from_millis(50);

/// How long a call goes on after a late timer, for an answer that has arrived meanwhile.
const GRACE: Duration = Duration::from_millis(250);

/// Stands for no limit: 34 years.
const FAR: Duration = Duration::from_secs(1 << 30);

/// Is ready when a call is to end.
pub(crate) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time limit of a call, over all its attempts, and what may end it earlier.
pub(crate) struct Deadline {
    at: Instant,
    had_grace: bool,
    /// None also once it was ready.
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

    /// Ends the call when this is ready, too.
    pub(crate) fn or(mut self, stop: Option<Stop>) -> Self {
        self.stop = stop;
        self
    }

    /// Waits before another attempt. Returns whether it may begin.
    pub(crate) async fn sleep(&mut self, delay: Duration) -> bool {
        !self.is_stopped && self.limit(sleep(delay), || false).await.is_some()
    }

    /// Waits for what comes before a request. The reason says why it was not waited for any longer.
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

    /// Waits for a future as long as there is time, and until the call is stopped. When time is over, `may_go_on` is
    /// asked, and then a timer that was late gives the future some more, once per call: a process that was stopped finds
    /// the answer in its socket. hyper reads in a task of its own, so polling once would not be enough.
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

/// Lets a witness see whether the body of a request is taken. After the gate is closed none is handed out.
pub(crate) fn watch(request: &mut Request, witness: &Arc<Witness>, gate: Option<Gate>) {
    let body = request.body_mut().take().unwrap_or_default();
    *request.body_mut() = Some(Body::wrap(WitnessBody {
        body,
        witness: Arc::clone(witness),
        gate,
    }));
}

/// Waits for the answer to a request that is watched, and reads it up to `limit` bytes.
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
        // First of all: a slow connection must not send after the deadline.
        witness.withdraw();
        witness.is_taken()
    };
    let reason = match deadline.limit(answer, may_go_on).await {
        Some(Ok(response)) => {
            // What is left of the body may still go.
            std::mem::forget(withdrawal);
            // Boxed: most calls of a busy process wait for a head, and need no room for what follows it.
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
            // The URL names the contact.
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

/// A body as it comes. Its first parts are joined at the end, so that a call that is being read holds no second copy, and
/// one that is over keeps no buffer of the connection alive. Further parts are copied at once: a server may send a body
/// byte by byte.
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

    /// Runs a call whose timer fires `late` after the limit, and whose answer comes `after` that. Returns whether the
    /// answer was found, and how often the call was asked whether it may go on.
    async fn late_timer(
        deadline: &mut Deadline,
        late: Duration,
        after: Duration,
        may_go_on: bool,
    ) -> (bool, u32) {
        let asked = Cell::new(0);
        let start = Instant::now();
        let answer = async {
            // As when the process is stopped: time passes, and nothing runs.
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
            // Not taken: nothing may be sent any more.
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

        // While it waits for another attempt.
        let mut deadline = Deadline::after(LIMIT).or(Some(Box::pin(sleep(LIMIT / 2))));
        assert!(deadline.sleep(LIMIT / 4).await);
        assert!(!deadline.sleep(LIMIT / 2).await);

        // What is ready at the same time counts.
        let mut deadline = Deadline::after(LIMIT).or(Some(Box::pin(async {})));
        assert_eq!(deadline.limit(async { 7 }, || false).await, Some(7));
    }

    #[test]
    fn a_limit_can_be_as_long_as_it_likes() {
        assert!(Deadline::after(Duration::MAX).remaining() > LIMIT);
    }

    #[test]
    fn the_parts_of_a_body_are_joined_in_their_order() {
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
