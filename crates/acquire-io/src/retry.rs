//! Whether and when to try a call again.

use std::time::{Duration, SystemTime};

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use crate::delivery::Delivery;

/// When to send a message again automatically.
///
/// The default, [`Retry::not_sent`], makes up to three attempts, and only while no part of the message can have reached the
/// server. Only [`Retry::at_least_once`] and [`Retry::when_unavailable`] can send a message twice.
///
/// Delays between attempts grow exponentially from 200 milliseconds to 5 seconds, with jitter. All attempts and delays
/// together stay within the time limit of the call.
///
/// ```
/// use std::time::Duration;
/// use acquire_io::{Client, Retry};
///
/// let acquire = Client::builder()
///     .account_id("acme")
///     .api_key("secret")
///     .retry(Retry::not_sent().attempts(5).when_too_many_requests())
///     .build()?;
/// # Ok::<(), acquire_io::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    attempts: u32,
    first_delay: Duration,
    max_delay: Duration,
    max_retry_after: Duration,
    when_too_many_requests: bool,
    when_unavailable: bool,
    when_unknown: bool,
}

impl Retry {
    /// Never tries again.
    pub fn never() -> Self {
        Self::not_sent().attempts(1)
    }

    /// Tries again when no part of the message can have reached the server. Up to three attempts in all.
    pub fn not_sent() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(5),
            max_retry_after: Duration::from_secs(30),
            when_too_many_requests: false,
            when_unavailable: false,
            when_unknown: false,
        }
    }

    /// Tries again even when the message may have been sent: after a timeout, a reset, a 5xx. **The contact may get the
    /// message more than once.**
    pub fn at_least_once() -> Self {
        Self {
            when_unknown: true,
            ..Self::not_sent()
        }
    }

    /// The number of attempts, including the first. Zero counts as one. Default: 3.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The delay before the second attempt, and the longest delay. Defaults: 200 milliseconds, 5 seconds.
    pub fn delays(mut self, first: Duration, longest: Duration) -> Self {
        self.first_delay = first;
        self.max_delay = longest;
        self
    }

    /// Also tries again after a 429, which refuses the message. Waits as long as `Retry-After` says.
    pub fn when_too_many_requests(mut self) -> Self {
        self.when_too_many_requests = true;
        self
    }

    /// Also tries again after a 503, "down for maintenance" on Acquire's pages. Waits as long as `Retry-After` says. **The
    /// contact gets the message twice** if the server, or a proxy before it, answers 503 after it took the message.
    pub fn when_unavailable(mut self) -> Self {
        self.when_unavailable = true;
        self
    }

    /// The longest `Retry-After` to wait for. A longer one ends the call with its error.
    /// Default: 30 seconds.
    pub fn max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    pub(crate) fn too_many_requests(mut self, again: bool) -> Self {
        self.when_too_many_requests = again;
        self
    }

    /// The delay after this number of attempts. It doubles each time, and half of it is random, so that clients that failed
    /// at the same time don't try again at the same time.
    pub(crate) fn delay(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        let longest = self.first_delay.saturating_mul(1 << doublings);
        let half = longest.min(self.max_delay) / 2;
        half.saturating_add(half.mul_f64(fastrand::f64()))
    }

    /// Decides after a failed attempt. `attempt` counts from 1, `backoff` is the delay before the next attempt, `remaining`
    /// is what is left of the call's time limit.
    pub(crate) fn decide(
        &self,
        facts: Facts,
        attempt: u32,
        backoff: Duration,
        remaining: Duration,
    ) -> Decision {
        let again = match (facts.delivery, facts.status) {
            (Delivery::NotSent, _) => true,
            (_, Some(StatusCode::TOO_MANY_REQUESTS)) => self.when_too_many_requests,
            (_, Some(StatusCode::SERVICE_UNAVAILABLE)) => {
                self.when_unavailable || self.when_unknown
            }
            (Delivery::Refused | Delivery::Accepted, _) => false,
            (Delivery::Unknown, _) => self.when_unknown,
        };
        let delay = facts.retry_after.map_or(backoff, |wait| wait.max(backoff));
        let too_long = facts
            .retry_after
            .is_some_and(|wait| wait > self.max_retry_after);
        if again && !too_long && attempt < self.attempts && delay < remaining {
            Decision::TryAgainAfter(delay)
        } else {
            Decision::Stop
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::not_sent()
    }
}

/// The facts about a failed attempt that decide about another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) delivery: Delivery,
    pub(crate) status: Option<StatusCode>,
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Stop,
    TryAgainAfter(Duration),
}

/// How long to wait if `Retry-After` can't be parsed: longer than a plain delay.
const UNREADABLE: Duration = Duration::from_secs(10);

/// How long to wait after a 429 without `Retry-After`.
pub(crate) const WITHOUT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Parses `Retry-After`: seconds, also with decimals, or an HTTP date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?;
    let text = value.to_str().unwrap_or_default().trim();
    let read = seconds(text).or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        // A date in the past means at once.
        Some(date.duration_since(now).unwrap_or_default())
    });
    Some(read.unwrap_or(UNREADABLE))
}

/// Digits, with or without decimals. Rounded up: too early would be refused again.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    // A number that is too large means never.
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX);
    let rounded_up = u64::from(decimals.bytes().any(|digit| digit != b'0'));
    Some(Duration::from_secs(whole.saturating_add(rounded_up)))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn each_policy_decides_by_verdict_status_and_time() {
        use Decision::{Stop, TryAgainAfter};
        use Delivery::{NotSent, Refused, Unknown};

        const BACKOFF: Duration = Duration::from_millis(200);
        const LONG: Duration = Duration::from_secs(60);
        let after = |seconds| Some(Duration::from_secs(seconds));
        let wait = |seconds| TryAgainAfter(Duration::from_secs(seconds));
        let soon = TryAgainAfter(BACKOFF);

        let never = Retry::never();
        let default = Retry::default();
        let busy = Retry::not_sent().when_too_many_requests();
        let down = Retry::not_sent().when_unavailable();
        let least = Retry::at_least_once();

        // policy, verdict, status, Retry-After, attempt, remaining, decision
        #[rustfmt::skip]
        let table = [
            (&never,   NotSent, None,      None,       1, LONG,     Stop),
            (&default, NotSent, None,      None,       1, LONG,     soon),
            (&default, NotSent, None,      None,       2, LONG,     soon),
            (&default, NotSent, None,      None,       3, LONG,     Stop),
            (&default, NotSent, None,      None,       1, BACKOFF,  Stop),
            (&default, NotSent, None,      None,       1, Duration::ZERO, Stop),
            (&default, Refused, Some(400), None,       1, LONG,     Stop),
            (&default, Refused, Some(200), None,       1, LONG,     Stop),
            (&default, Refused, Some(429), after(1),   1, LONG,     Stop),
            (&default, Unknown, Some(503), after(1),   1, LONG,     Stop),
            (&default, Unknown, Some(500), None,       1, LONG,     Stop),
            (&default, Unknown, Some(302), None,       1, LONG,     Stop),
            (&default, Unknown, None,      None,       1, LONG,     Stop),
            (&busy,    Refused, Some(429), None,       1, LONG,     soon),
            (&busy,    Refused, Some(429), after(2),   1, LONG,     wait(2)),
            (&busy,    Refused, Some(429), after(0),   1, LONG,     soon),
            (&busy,    Refused, Some(429), after(30),  1, LONG,     wait(30)),
            (&busy,    Refused, Some(429), after(31),  1, LONG,     Stop),
            (&busy,    Refused, Some(429), after(2),   3, LONG,     Stop),
            (&busy,    Refused, Some(429), after(2),   1, Duration::from_secs(2), Stop),
            (&busy,    Unknown, Some(503), after(1),   1, LONG,     Stop),
            (&busy,    Refused, Some(400), None,       1, LONG,     Stop),
            (&down,    Unknown, Some(503), after(2),   1, LONG,     wait(2)),
            (&down,    Unknown, Some(500), None,       1, LONG,     Stop),
            (&down,    Refused, Some(429), after(2),   1, LONG,     Stop),
            (&down,    Unknown, None,      None,       1, LONG,     Stop),
            (&least,   Unknown, None,      None,       1, LONG,     soon),
            (&least,   Unknown, Some(500), None,       2, LONG,     soon),
            (&least,   Unknown, Some(503), after(2),   1, LONG,     wait(2)),
            (&least,   Unknown, Some(500), None,       3, LONG,     Stop),
            (&least,   Refused, Some(400), None,       1, LONG,     Stop),
            (&least,   Refused, Some(429), None,       1, LONG,     Stop),
        ];
        for (row, (policy, delivery, status, retry_after, attempt, remaining, expected)) in
            table.into_iter().enumerate()
        {
            let status = status.map(|status| StatusCode::from_u16(status).unwrap());
            let facts = Facts {
                delivery,
                status,
                retry_after,
            };
            assert_eq!(
                policy.decide(facts, attempt, BACKOFF, remaining),
                expected,
                "row {row}"
            );
        }
    }

    #[test]
    fn delays_grow_within_their_bounds() {
        let policy = Retry::not_sent()
            .attempts(40)
            .delays(Duration::from_millis(100), Duration::from_secs(2));
        let delays: Vec<_> = (1..40).map(|attempts| policy.delay(attempts)).collect();
        assert!(delays[0] >= Duration::from_millis(50) && delays[0] <= Duration::from_millis(100));
        assert!(delays.iter().all(|delay| *delay <= Duration::from_secs(2)));
        assert!(delays[38] >= Duration::from_secs(1));
    }

    #[test]
    fn retry_after_in_each_form() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let read = |value: &str| {
            let value = http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
            retry_after(&headers, now)
        };
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            read("Sun, 09 Sep 2001 01:47:10 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(read("Sun, 09 Sep 2001 01:46:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("1.5"), Some(Duration::from_secs(2)));
        assert_eq!(read("0.2"), Some(Duration::from_secs(1)));
        assert_eq!(read("60.000"), Some(Duration::from_secs(60)));
        assert_eq!(
            read("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
        for unreadable in [
            "-1",
            "+1",
            "soon",
            "",
            "1e3",
            "1.",
            ".5",
            "1.5.0",
            "2 s",
            "inf",
            "caf\u{e9}",
        ] {
            assert_eq!(read(unreadable), Some(UNREADABLE), "{unreadable:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
