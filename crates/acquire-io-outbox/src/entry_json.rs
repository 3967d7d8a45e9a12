//! The JSON of an entry: a message's, with the entry's own fields beside.

use std::fmt;

use acquire_io::{Message, RawJson};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::entry::{Entry, Lane, Priority, Source};
use crate::problem::{InvalidEntry, Problems};
use crate::time::{self, Time};

/// The members of an object, in their order. A name may be there twice.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
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

pub(crate) fn read(json: &str) -> Result<Entry, InvalidEntry> {
    let Ok(Members(members)) = serde_json::from_str(json) else {
        // The message's own error has the place.
        let mut problems = Problems::default();
        match Message::from_json(json) {
            Err(invalid) => problems.of_message(&invalid),
            Ok(_) => problems.add("message", "is not a JSON object"),
        }
        return Err(problems.into_error());
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
    let mut problems = own.problems;
    match Message::from_json(&object(&rest)) {
        Ok(message) => {
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
            problems.into_result()?;
            let mut problems = Problems::default();
            entry.collect_problems(&mut problems);
            problems.into_result().map(|()| entry)
        }
        Err(invalid) => {
            problems.of_message(&invalid);
            Err(problems.into_error())
        }
    }
}

/// The members as an object. Keeps the text of their values.
fn object(members: &[(String, &RawValue)]) -> String {
    let mut json = String::from("{");
    for (number, (name, value)) in members.iter().enumerate() {
        if number > 0 {
            json.push(',');
        }
        json.push_str(&serde_json::Value::from(name.as_str()).to_string());
        json.push(':');
        json.push_str(value.get());
    }
    json.push('}');
    json
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
