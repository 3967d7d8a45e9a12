//! What the runs of a worker's accounts share.

use std::sync::Arc;
use std::time::Duration;

use acquire_io::Message;

use super::event::Event;
use crate::record::RowId;

pub(super) type Observer = Arc<dyn Fn(&str, &Event) + Send + Sync>;
pub(super) type MessageObserver = Arc<dyn Fn(&str, RowId, &Message) + Send + Sync>;

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
    pub(super) message_observer: Option<MessageObserver>,
}

impl Settings {
    pub(super) fn tell(&self, account: &str, event: &Event) {
        if let Some(observer) = &self.observer {
            observer(account, event);
        }
    }

    pub(super) fn show(&self, account: &str, id: RowId, message: &Message) {
        if let Some(observer) = &self.message_observer {
            observer(account, id, message);
        }
    }
}
