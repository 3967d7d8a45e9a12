//! The JSON Schema of an entry: the message's, with the entry's own fields in each channel.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use acquire_io::{Chat, Mail, Sms};

use crate::entry::{Entry, Priority};

impl JsonSchema for Entry {
    fn schema_name() -> Cow<'static, str> {
        "Entry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema(generator)
    }
}

/// A channel's schema forbids other fields, so the entry's own are added to each channel's rather than beside them.
fn schema(generator: &mut SchemaGenerator) -> Schema {
    let mut own = Map::new();
    let mut add = |name: &str, schema: Value| drop(own.insert(name.to_owned(), schema));
    add(
        "key",
        name("A name for the message, unique within its account."),
    );
    add("lane", lane());
    add(
        "strict",
        json!({
            "type": ["boolean", "null"],
            "description": "Holds the lane until a person has decided, when the outcome is unknown."
        }),
    );
    let priority = generator.subschema_for::<Priority>();
    add(
        "priority",
        json!({ "anyOf": [priority, { "type": "null" }] }),
    );
    add(
        "not_before",
        time("Sends it at this time or later, in UTC."),
    );
    add(
        "not_after",
        time("Sends it before this time, in UTC, or not at all."),
    );
    add(
        "source",
        json!({ "description": "Where it came from, for people. Up to 16 KiB." }),
    );
    let channels = [
        Chat::json_schema(generator),
        Mail::json_schema(generator),
        Sms::json_schema(generator),
    ];
    let channels = channels.map(|mut channel| {
        let object = channel.ensure_object();
        let properties = object.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.extend(own.clone());
        }
        channel
    });
    json_schema!({
        "description": "A message of any channel, with what an outbox needs to know about it.",
        "anyOf": channels
    })
}

fn name(description: &str) -> Value {
    json!({ "type": ["string", "null"], "minLength": 1, "maxLength": 200, "description": description })
}

fn lane() -> Value {
    json!({
        "description": "Messages of one lane are sent one at a time, in order. By default that of the case; false for none.",
        "anyOf": [
            { "type": "string", "minLength": 1, "maxLength": 200 },
            { "const": false },
            { "type": "null" }
        ]
    })
}

fn time(description: &str) -> Value {
    json!({ "type": ["string", "null"], "format": "date-time", "pattern": "Z$", "description": description })
}
