//! Reading a message's JSON field by field. Errors name the fields and show no values.

use acquire_io_api::{Members, RawJson};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::channel::Channel;
use crate::message::json::{Additions, Free};
use crate::problem::{InvalidMessage, Problems};

const TEXT: &str = "is not a text";
const NUMBER: &str = "is not a whole number of 64 bits";

/// The fields of a message that are not read yet, and the problems so far.
pub(crate) struct Fields<'a> {
    members: Vec<(String, &'a RawValue)>,
    problems: Problems,
}

impl<'a> Fields<'a> {
    /// Reads the fields, and the channel among them.
    ///
    /// # Errors
    /// When it isn't a JSON object, or names no channel.
    pub(crate) fn read(json: &'a str) -> Result<(Channel, Self), InvalidMessage> {
        let mut fields = Self::members(json)?;
        let channel = fields
            .take("channel")
            .ok_or("is required: chat, mail or sms");
        let channel =
            channel.and_then(|channel| name(channel).ok_or("is neither chat, mail nor sms"));
        match channel {
            Ok(channel) => Ok((channel, fields)),
            Err(problem) => Err(Problems::one("channel", problem)),
        }
    }

    /// As [`read`](Self::read), but only for a message of this channel.
    pub(crate) fn read_as(channel: Channel, json: &'a str) -> Result<Self, InvalidMessage> {
        match Self::read(json)? {
            (found, fields) if found == channel => Ok(fields),
            _ => Err(Problems::one("channel", format!("is not {channel}"))),
        }
    }

    fn members(json: &'a str) -> Result<Self, InvalidMessage> {
        match serde_json::from_str::<Members<&RawValue>>(json) {
            Ok(members) => {
                let mut problems = Problems::default();
                for name in members.repeated() {
                    problems.add(shown(name), "is there twice");
                }
                Ok(Self {
                    members: members.0,
                    problems,
                })
            }
            Err(error) if error.is_data() => Err(Problems::one("message", "is not a JSON object")),
            Err(error) => {
                let what = match error.is_eof() {
                    true => "ends too early",
                    false => "is not JSON",
                };
                let (line, column) = (error.line(), error.column());
                let problem = format!("{what}, line {line} column {column}");
                Err(Problems::one("message", problem))
            }
        }
    }

    /// A field's value. Null counts as not given.
    fn take(&mut self, field: &str) -> Option<&'a RawValue> {
        let (_, value) = self.members.iter().find(|(name, _)| name == field)?;
        let value = (value.get() != "null").then_some(*value);
        self.members.retain(|(name, _)| name != field);
        value
    }

    fn parse<T: DeserializeOwned>(&mut self, field: &str, problem: &str) -> Option<T> {
        let value = self.take(field)?;
        self.noted(field, problem, serde_json::from_str(value.get()).ok())
    }

    /// Adds the problem if there is no value.
    fn noted<T>(&mut self, field: &str, problem: &str, parsed: Option<T>) -> Option<T> {
        if parsed.is_none() {
            self.problems.add(field, problem);
        }
        parsed
    }

    pub(crate) fn text(&mut self, field: &str) -> Option<String> {
        self.parse(field, TEXT)
    }

    pub(crate) fn number(&mut self, field: &str) -> Option<i64> {
        self.parse(field, NUMBER)
    }

    pub(crate) fn flag(&mut self, field: &str) -> Option<bool> {
        self.parse(field, "is neither true nor false")
    }

    /// One of a few words.
    pub(crate) fn word<T: DeserializeOwned>(&mut self, field: &str, words: &str) -> Option<T> {
        let value = self.take(field)?;
        self.noted(field, &format!("is not {words}"), name(value))
    }

    /// An ID that a message must have. Returns 0 after adding the problem if there is none.
    pub(crate) fn required_number(&mut self, field: &str) -> i64 {
        let Some(value) = self.take(field) else {
            self.problems.missing(field);
            return 0;
        };
        let number = serde_json::from_str(value.get()).ok();
        self.noted(field, NUMBER, number).unwrap_or_default()
    }

    /// One text, or a list of texts.
    pub(crate) fn texts(&mut self, field: &str) -> Vec<String> {
        let Some(value) = self.take(field) else {
            return Vec::new();
        };
        let texts = match value.get().starts_with('[') {
            true => serde_json::from_str(value.get()).ok(),
            false => serde_json::from_str(value.get())
                .ok()
                .map(|text| vec![text]),
        };
        texts.unwrap_or_else(|| {
            self.problems
                .add(field, "is neither a text nor a list of texts");
            Vec::new()
        })
    }

    pub(crate) fn free(&mut self, field: &str) -> Option<Free> {
        let value = self.take_free(field)?;
        self.problems.check_free(field, &value);
        Some(value)
    }

    /// Free JSON that is an object.
    pub(crate) fn object(&mut self, field: &str) -> Option<Free> {
        let value = self.take_free(field)?;
        self.problems.check_object(field, &value);
        Some(value)
    }

    fn take_free(&mut self, field: &str) -> Option<Free> {
        let value = self.take(field)?;
        Some(Free::Json(RawJson::from(value.to_owned())))
    }

    pub(crate) fn additions(&mut self, field: &str) -> Additions {
        let Some(value) = self.free(field) else {
            return Additions::default();
        };
        let members = value.json().and_then(|json| {
            let Members(members) = serde_json::from_str(json.get()).ok()?;
            let members = members.into_iter();
            let free = |value: &RawValue| Free::Json(RawJson::from(value.to_owned()));
            Some(members.map(|(name, value)| (name, free(value))).collect())
        });
        if members.is_none() {
            let problem = "is not an object whose keys are JSON pointers";
            self.problems.add(field, problem);
        }
        members.map(Additions).unwrap_or_default()
    }

    /// # Errors
    /// When there was a problem, or an unknown field is left. Then the message is checked too, so that all problems are
    /// reported at once.
    pub(crate) fn finish<T>(
        mut self,
        channel: Channel,
        message: T,
        check: fn(&T, &mut Problems),
    ) -> Result<T, InvalidMessage> {
        for (name, _) in &self.members {
            self.problems.unknown_field(shown(name), channel);
        }
        if !self.problems.is_empty() {
            let mut found = Problems::default();
            check(&message, &mut found);
            self.problems.add_of_other_fields(found);
        }
        self.problems.into_result().map(|()| message)
    }
}

/// The name of an unknown field: short, and safe to print on a terminal.
fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    if name.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

/// A value named by a string. serde alone would also accept `{"chat": null}` for `"chat"`.
fn name<T: DeserializeOwned>(value: &RawValue) -> Option<T> {
    let is_text = value.get().starts_with('"');
    serde_json::from_str(value.get()).ok().filter(|_| is_text)
}

/// Types for the JSON Schema of messages, for fields whose JSON differs from their type.
#[cfg(feature = "schemars")]
pub(crate) mod schema {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;

    /// One, or a list.
    #[derive(JsonSchema)]
    #[schemars(inline, untagged)]
    #[allow(dead_code, reason = "only describes JSON")]
    pub(crate) enum OneOrMany<T> {
        One(T),
        Many(Vec<T>),
    }

    /// An object of free form.
    pub(crate) type Object = BTreeMap<String, serde_json::Value>;
}
