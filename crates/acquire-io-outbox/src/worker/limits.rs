//! When an account's run ends early because of what the server answers. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::report::StopReason;
use crate::record::Standing;
use crate::store::Turned;
use crate::transition::State;
use crate::verdict::{Kind, Verdict};

/// The time within which unknown outcomes are counted.
const UNKNOWN_WITHIN: Duration = Duration::from_secs(60 * 60);

/// What the run of an account has learned about the server.
#[derive(Debug)]
pub(super) struct Limits {
    /// How many unknown outcomes within an hour end the run.
    unknown: Option<u32>,
    unknown_at: VecDeque<Instant>,
    /// How many equal refusals in a row end the run.
    refusals: Option<u32>,
    refusal: Option<(u16, Option<String>)>,
    in_a_row: u32,
}

impl Limits {
    pub(super) fn new(unknown: Option<u32>, refusals: Option<u32>) -> Self {
        Self {
            unknown,
            unknown_at: VecDeque::new(),
            refusals,
            refusal: None,
            in_a_row: 0,
        }
    }

    /// Takes a verdict into account. Returns why the run must end, if it must.
    pub(super) fn learn(&mut self, verdict: &Verdict, now: Instant) -> Option<StopReason> {
        match verdict.kind {
            Kind::Unauthorized => Some(StopReason::Unauthorized),
            Kind::Unknown => self.unknown(now),
            Kind::Refused => self.refused(verdict),
            Kind::Accepted => {
                self.refusal = None;
                self.in_a_row = 0;
                None
            }
            // They say nothing of what is counted.
            Kind::Throttled | Kind::Invalid | Kind::NotSent => None,
        }
    }

    fn unknown(&mut self, now: Instant) -> Option<StopReason> {
        let limit = self.unknown?;
        self.unknown_at.push_back(now);
        while let Some(oldest) = self.unknown_at.front()
            && now.saturating_duration_since(*oldest) > UNKNOWN_WITHIN
        {
            self.unknown_at.pop_front();
        }
        let count = u32::try_from(self.unknown_at.len()).unwrap_or(u32::MAX);
        (count >= limit).then_some(StopReason::TooManyUnknown { count })
    }

    fn refused(&mut self, verdict: &Verdict) -> Option<StopReason> {
        let limit = self.refusals?;
        let status = verdict
            .status
            .filter(|status| matches!(status, 403 | 404))?;
        let refusal = Some((status, verdict.code.clone()));
        self.in_a_row = match self.refusal == refusal {
            true => self.in_a_row.saturating_add(1),
            false => 1,
        };
        self.refusal = refusal;
        (self.in_a_row >= limit).then_some(StopReason::Refused {
            status,
            in_a_row: self.in_a_row,
        })
    }
}

/// Why a worker that is to stop when all is settled can stop, if it can. For an account of which it sends nothing.
pub(super) fn outlook(standing: &Standing, turned: &Turned) -> Option<StopReason> {
    let (queued, sending) = (
        standing.count(State::Queued),
        standing.count(State::Sending),
    );
    match (queued, sending) {
        (0, 0) => Some(StopReason::Settled),
        // Another worker's: they may come back.
        (_, 1..) => None,
        (_, 0) if queued == standing.too_new => Some(StopReason::TooNew { queued }),
        (_, 0) if turned.next.is_none() && turned.paused.is_none() => {
            Some(StopReason::Blocked { queued })
        }
        (_, 0) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> Verdict {
        Verdict {
            status: Some(status),
            code: Some(code.to_owned()),
            ..Verdict::new(Kind::Refused)
        }
    }

    #[test]
    fn a_401_ends_the_run_at_once() {
        let mut limits = Limits::new(None, None);
        let verdict = Verdict::new(Kind::Unauthorized);
        let stop = limits.learn(&verdict, Instant::now());
        assert_eq!(stop, Some(StopReason::Unauthorized));
    }

    #[test]
    fn equal_refusals_in_a_row_end_the_run() {
        let now = Instant::now();
        let mut limits = Limits::new(None, Some(3));
        let mut learn = |verdict: Verdict| limits.learn(&verdict, now);
        for _ in 0..5 {
            assert_eq!(learn(refused(404, "NO_CASE")), None);
            assert_eq!(learn(refused(404, "NO_CASE")), None);
            assert_eq!(learn(refused(404, "NO_CONTACT")), None);
            assert_eq!(learn(refused(403, "NO_CONTACT")), None);
        }
        assert_eq!(learn(refused(403, "NO_CONTACT")), None);
        assert_eq!(learn(Verdict::new(Kind::Accepted)), None);
        for _ in 0..5 {
            assert_eq!(learn(refused(400, "NO_TEXT")), None);
        }
        assert_eq!(learn(refused(403, "NO_CONTACT")), None);
        assert_eq!(learn(refused(403, "NO_CONTACT")), None);
        let stop = learn(refused(403, "NO_CONTACT"));
        let (status, in_a_row) = (403, 3);
        assert_eq!(stop, Some(StopReason::Refused { status, in_a_row }));
    }

    #[test]
    fn unknown_outcomes_within_an_hour_end_the_run() {
        let start = Instant::now();
        let mut limits = Limits::new(Some(3), None);
        let unknown = Verdict::new(Kind::Unknown);
        let mut at =
            |minutes: u64| limits.learn(&unknown, start + Duration::from_secs(60 * minutes));
        assert_eq!(at(0), None);
        assert_eq!(at(50), None);
        assert_eq!(at(70), None);
        let stop = at(80);
        assert_eq!(stop, Some(StopReason::TooManyUnknown { count: 3 }));
    }

    #[test]
    fn without_limits_nothing_but_a_401_ends_the_run() {
        let now = Instant::now();
        let mut limits = Limits::new(None, None);
        for _ in 0..10_000 {
            assert_eq!(limits.learn(&Verdict::new(Kind::Unknown), now), None);
            assert_eq!(limits.learn(&refused(403, ""), now), None);
        }
    }
}
