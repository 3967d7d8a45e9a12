//! What the runs of a worker's accounts share.

use std::sync::Arc;
use std::time::Duration;

use super::event::Event;

pub(super) type Observer = Arc<dyn Fn(&str, &Event) + Send + Sync>;

/// How a worker works.
#[derive(Clone)]
pub(super) struct Settings {
    /// For each account.
    pub(super) in_flight: u32,
    pub(super) lease: Duration,
    pub(super) stop_after_unknown: Option<u32>,
    pub(super) stop_after_refusals: Option<u32>,
    pub(super) give_up_after: Option<Duration>,
    pub(super) stop_when_settled: bool,
    pub(super) observer: Option<Observer>,
}

impl Settings {
    pub(super) fn tell(&self, account: &str, event: &Event) {
        if let Some(observer) = &self.observer {
            observer(account, event);
        }
    }
}
