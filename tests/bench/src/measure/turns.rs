//! The turns of a worker with its store: each is a span.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt as _;

/// How long each turn took.
#[derive(Clone, Default)]
pub struct Turns(Arc<Mutex<Vec<Duration>>>);

impl Turns {
    /// Times the turns of all workers of this process from now on.
    ///
    /// # Errors
    /// When the process records spans already.
    pub fn of_this_process() -> anyhow::Result<Self> {
        let turns = Self::default();
        Registry::default().with(turns.clone()).try_init()?;
        Ok(turns)
    }

    /// Those since the last call.
    pub fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Turns {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.name() == "acquire.outbox.turn"
    }

    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Instant::now());
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let began = context
            .span(&id)
            .and_then(|span| span.extensions().get::<Instant>().copied());
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.extend(began.map(|began| began.elapsed()));
    }
}
