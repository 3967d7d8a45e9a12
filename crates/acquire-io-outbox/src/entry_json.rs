//! The JSON of an entry: a message's, with the entry's own fields beside.

use acquire_io::{InvalidMessage, Message, Problems, RawJson};
use acquire_io_api::Members;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::value::RawValue;

use crate::entry::{Entry, Lane, Priority, Source};
use crate::time::{self, Time};

impl Entry {
    /// Reads an entry's JSON.
    ///
    /// # Errors
    /// When it is not one JSON object, or its fields are not those of an entry and of its message: every problem at once.
    /// Whether it can be sent is for [`check`](Self::check).
    pub fn from_json(json: &str) -> Result<Self, InvalidMessage> {
        read(json)
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_string(&self.message).map_err(S::Error::custom)?;
        let members: Members<&RawValue> = serde_json::from_str(&json).map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &members.0 {
            map.serialize_entry(name, value)?;
        }
        if let Some(key) = &self.key {
            map.serialize_entry("key", key)?;
        }
        match &self.lane {
            Lane::Case => {}
            Lane::Named(lane) => map.serialize_entry("lane", lane)?,
            Lane::None => map.serialize_entry("lane", &false)?,
        }
        if self.strict {
            map.serialize_entry("strict", &true)?;
        }
        if self.priority != Priority::Normal {
            map.serialize_entry("priority", &self.priority)?;
        }
        for (name, time) in [
            ("not_before", self.not_before),
            ("not_after", self.not_after),
        ] {
            if let Some(time) = time {
                map.serialize_entry(name, &time::to_text(time))?;
            }
        }
        match &self.source {
            Source::None => {}
            Source::Json(json) => map.serialize_entry("source", json)?,
            Source::NotJson => return Err(S::Error::custom("`source` can't be written as JSON")),
        }
        map.end()
    }
}

/// Reads JSON only, from serde_json: see [`Entry::from_json`]. An error names fields and quotes no value.
impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_json(json.get()).map_err(D::Error::custom)
    }
}

const FIELDS: [&str; 7] = [
    "key",
    "lane",
    "strict",
    "priority",
    "not_before",
    "not_after",
    "source",
];

fn read(json: &str) -> Result<Entry, InvalidMessage> {
    let Members(members) = match serde_json::from_str(json) {
        Ok(members) => members,
        // The message's own error has the place.
        Err(_) => return Message::from_json(json).map(Entry::new),
    };
    let is_own = |name: &str| FIELDS.contains(&name);
    let (own, rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|(name, _)| is_own(name));
    let mut own = Own {
        members: own,
        problems: Problems::default(),
    };
    let key = own.text("key");
    let lane = own.lane();
    let strict = own
        .value("strict", "is neither true nor false")
        .unwrap_or_default();
    let priority = own.value::<Priority>("priority", "is none of urgent, normal and bulk");
    let not_before = own.time("not_before");
    let not_after = own.time("not_after");
    let source = own.take("source");
    let source = source.map_or(Source::None, |value| {
        Source::Json(RawJson::from(value.to_owned()))
    });
    // Names and values that were read are written again: this can't fail.
    let message = serde_json::to_string(&Members(rest)).unwrap_or_default();
    let message = match Message::from_json(&message) {
        Ok(message) => message,
        Err(invalid) => return Err(own.problems.followed_by(invalid)),
    };
    own.problems.into_result()?;
    let entry = Entry {
        message,
        key,
        lane,
        strict,
        priority: priority.unwrap_or_default(),
        not_before,
        not_after,
        source,
    };
    let mut problems = Problems::default();
    entry.collect_problems(&mut problems);
    problems.into_result().map(|()| entry)
}

/// The entry's own fields while they are read.
struct Own<'a> {
    members: Vec<(String, &'a RawValue)>,
    problems: Problems,
}

impl<'a> Own<'a> {
    /// One that is null is not given.
    fn take(&mut self, field: &'static str) -> Option<&'a RawValue> {
        let mut values = self.members.iter().filter(|(name, _)| name == field);
        let (_, value) = values.next()?;
        if values.next().is_some() {
            self.problems.add(field, "is there twice");
        }
        (value.get() != "null").then_some(*value)
    }

    fn value<T: serde::de::DeserializeOwned>(
        &mut self,
        field: &'static str,
        problem: &str,
    ) -> Option<T> {
        let value = self.take(field)?;
        let read = serde_json::from_str(value.get()).ok();
        if read.is_none() {
            self.problems.add(field, problem);
        }
        read
    }

    fn text(&mut self, field: &'static str) -> Option<String> {
        self.value(field, "is not a text")
    }

    fn lane(&mut self) -> Lane {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Given {
            Named(String),
            Switch(bool),
        }

        let problem = "is neither a text nor false";
        match self.value("lane", problem) {
            Some(Given::Named(lane)) => Lane::Named(lane),
            Some(Given::Switch(false)) => Lane::None,
            Some(Given::Switch(true)) => {
                self.problems.add("lane", problem);
                Lane::Case
            }
            None => Lane::Case,
        }
    }

    fn time(&mut self, field: &'static str) -> Option<Time> {
        let problem = "is not a time in UTC such as 2026-07-01T09:00:00Z";
        let text: String = self.value(field, problem)?;
        let time = time::from_text(&text);
        if time.is_none() {
            self.problems.add(field, problem);
        }
        time
    }
}
