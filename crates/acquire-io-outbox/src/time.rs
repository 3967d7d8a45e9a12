//! Points in time as the stores keep them: milliseconds since 1970, in UTC.

#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a message can still be delivered after its claim's lease is over: buffers, proxies, a slow server. A timing
/// assumption.
pub(crate) const WIRE_TIME: Duration = Duration::from_secs(15 * 60);

/// Milliseconds since 1970. Before 1970, and beyond what 64 bits hold, it is the nearest that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Time(pub(crate) i64);

impl Time {
    pub(crate) fn now() -> Self {
        SystemTime::now().into()
    }

    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    pub(crate) fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// From an earlier point to this one. Zero when it is the later one.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

/// Rounded up: too early would be too early.
pub(crate) fn millis(duration: Duration) -> i64 {
    let up = duration.saturating_add(Duration::from_nanos(999_999));
    i64::try_from(up.as_millis()).unwrap_or(i64::MAX)
}

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<Time> for SystemTime {
    fn from(time: Time) -> Self {
        let since = Duration::from_millis(u64::try_from(time.0).unwrap_or_default());
        UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
    }
}

/// A store's clock, which tests can set.
#[derive(Clone, Default)]
pub(crate) struct Clock {
    #[cfg(test)]
    pub(crate) set: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub(crate) fn now(&self) -> Time {
        #[cfg(test)]
        if let Some(set) = &self.set {
            return Time(set.load(Ordering::SeqCst));
        }
        Time::now()
    }
}

/// The end of the year 9999, the last that RFC 3339 can write.
const LAST: i64 = 253_402_300_799_999;

/// RFC 3339 in UTC, with milliseconds where there are some. What it can't write is the nearest that it can.
pub(crate) fn to_text(time: Time) -> String {
    let time = Time(time.0.clamp(0, LAST));
    let system = SystemTime::from(time);
    match time.0 % 1000 {
        0 => humantime::format_rfc3339_seconds(system).to_string(),
        _ => humantime::format_rfc3339_millis(system).to_string(),
    }
}

pub(crate) fn from_text(text: &str) -> Option<Time> {
    humantime::parse_rfc3339(text).ok().map(Time::from)
}

/// For serde: as text.
pub(crate) mod text {
    use std::time::SystemTime;

    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::to_text((*time).into()))
    }
}

/// For serde: as text, or null.
pub(crate) mod text_or_null {
    use std::time::SystemTime;

    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::text::serialize(time, to),
            None => to.serialize_none(),
        }
    }
}
