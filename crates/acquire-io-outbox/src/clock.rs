//! A store's clock, which tests can set.

#[cfg(test)]
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicI64, Ordering};

use crate::time::Time;

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
