//! The messages that are being sent: a task for each.

use std::collections::HashMap;
use std::time::Instant;

use acquire_io::{Client, Retry};
use tokio::task::{Id, JoinSet};
use tracing::Instrument as _;

use super::trace;
use crate::store::{Claimed, Settled, Token};
use crate::verdict::{Kind, Verdict};

/// A message whose verdict no turn has committed.
pub(super) struct Ended {
    pub(super) id: i64,
    pub(super) key: Option<String>,
    token: Token,
    pub(super) verdict: Verdict,
}

impl Ended {
    pub(super) fn settled(&self) -> Settled {
        Settled {
            id: self.id,
            token: self.token,
            verdict: self.verdict.clone(),
        }
    }
}

struct Flight {
    id: i64,
    key: Option<String>,
    token: Token,
}

/// Dropping it gives up what is being sent.
#[derive(Default)]
pub(super) struct Flights {
    tasks: JoinSet<Verdict>,
    flights: HashMap<Id, Flight>,
}

impl Flights {
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Begins to send a message, unless `begin_before` has passed.
    pub(super) fn start(
        &mut self,
        account: &str,
        client: &Client,
        claimed: Claimed,
        begin_before: Instant,
    ) {
        let span = trace::message(account, &claimed);
        let Claimed {
            id,
            key,
            token,
            message,
            ..
        } = claimed;
        // Here rather than in the task: the deadline is held against both clocks from now on.
        let outgoing = span.in_scope(|| {
            client
                .send(message)
                .retry(Retry::never())
                .begin_before(begin_before)
        });
        let send = {
            let span = span.clone();
            async move {
                let verdict = Verdict::of(&outgoing.await);
                trace::outcome(&span, &verdict);
                verdict
            }
        };
        let task = self.tasks.spawn(send.instrument(span));
        self.flights.insert(task.id(), Flight { id, key, token });
    }

    /// The next message that ends. None when nothing is being sent. May be dropped without losing one.
    pub(super) async fn next(&mut self) -> Option<Ended> {
        loop {
            let joined = self.tasks.join_next_with_id().await?;
            let (task, verdict) = match joined {
                Ok(joined) => joined,
                // It may have been sent.
                Err(error) => (error.id(), panicked()),
            };
            if let Some(Flight { id, key, token }) = self.flights.remove(&task) {
                return Some(Ended {
                    id,
                    key,
                    token,
                    verdict,
                });
            }
        }
    }
}

fn panicked() -> Verdict {
    Verdict {
        code: Some("panic".to_owned()),
        cause: Some("the task that sent it ended abnormally: it may have been sent".to_owned()),
        ..Verdict::new(Kind::Unknown)
    }
}
