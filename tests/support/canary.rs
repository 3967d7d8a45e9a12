//! Finding private values where they must not be: in printed text, and in everything that the crates of a
//! process trace or log.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::Result;

/// The canaries that a text holds: as they are, in another case, or as the numbers of their bytes, in
/// decimal or in hexadecimal. Line breaks and spaces are ignored.
pub fn leaks<'a>(text: &str, canaries: &[&'a str]) -> Vec<&'a str> {
    let squeezed = |text: &str| {
        let text: String = text.split_whitespace().collect();
        text.to_lowercase()
    };
    let text = squeezed(text);
    let holds = |canary: &&&str| {
        let bytes = || canary.bytes();
        let decimal: Vec<_> = bytes().map(|byte| byte.to_string()).collect();
        let hexadecimal: String = bytes().map(|byte| format!("{byte:02x}")).collect();
        [squeezed(canary), decimal.join(","), hexadecimal]
            .iter()
            .any(|form| text.contains(form))
    };
    canaries.iter().filter(holds).copied().collect()
}

/// A span, an event or a log record, with everything that it says.
#[derive(Clone)]
pub struct Record {
    /// The module that it comes from.
    pub target: String,
    /// Its name, message and fields.
    pub text: String,
}

/// Keeps what the whole process traces and logs, at every level.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Record>>>);

impl Recorder {
    /// The recorder of this process. Records from the first call on.
    ///
    /// # Errors
    /// When something else has been installed before.
    pub fn of_process() -> Result<&'static Self> {
        static RECORDER: OnceLock<std::result::Result<Recorder, String>> = OnceLock::new();
        let install = || Self::install().map_err(|error| error.to_string());
        RECORDER
            .get_or_init(install)
            .as_ref()
            .map_err(|error| error.as_str().into())
    }

    fn install() -> Result<Self> {
        let recorder = Self::default();
        let subscriber = tracing_subscriber::registry().with(recorder.clone());
        tracing::subscriber::set_global_default(subscriber)?;
        log::set_boxed_logger(Box::new(recorder.clone()))?;
        log::set_max_level(log::LevelFilter::Trace);
        Ok(recorder)
    }

    /// What was recorded so far.
    pub fn records(&self) -> Vec<Record> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn push(&self, target: &str, text: String) {
        let target = target.to_owned();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Record { target, text });
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        let mut fields = Fields(metadata.name().to_owned());
        attributes.record(&mut fields);
        self.push(metadata.target(), fields.0);
    }

    fn on_record(&self, _: &Id, values: &tracing::span::Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields(String::new());
        values.record(&mut fields);
        self.push("", fields.0);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields(metadata.name().to_owned());
        event.record(&mut fields);
        self.push(metadata.target(), fields.0);
    }
}

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.push(record.target(), record.args().to_string());
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_canary_is_found() {
        let find = |text: &str| leaks(text, &["canary", "other"]);
        assert_eq!(find("a canary!"), ["canary"]);
        assert_eq!(find("CANARY"), ["canary"]);
        assert_eq!(find(&format!("{:?}", b"canary")), ["canary"]);
        assert_eq!(find(&format!("{:#?}", b"a canary")), ["canary"]);
        assert_eq!(find("0x63616e617279"), ["canary"]);
        assert_eq!(find("can\nary"), ["canary"]);
        assert_eq!(find("can"), [""; 0]);
    }
}
