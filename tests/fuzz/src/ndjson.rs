//! Rows of a batch as NDJSON: each line that isn't blank is one row, under its own line.

use std::io::{BufReader, Cursor};
use std::sync::LazyLock;

use acquire_io::Client;
use acquire_io_cli::probe;
use serde_json::Value;

use crate::private::assert_hides;

pub(crate) static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let client = Client::builder().account_id("acme").api_key("key").build();
    client.expect("the settings are right")
});

/// Reads the bytes as rows.
pub fn run(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').zip(1_u64..);
    let mut lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    // A small buffer, for lines to come in parts.
    let input = BufReader::with_capacity(16, Cursor::new(data.to_vec()));
    for row in probe::ndjson(input, &CLIENT) {
        let (line, number) = lines.next().expect("a row without a line");
        assert_eq!(row.line, number);
        let read = serde_json::from_slice::<Value>(line.trim_ascii_end());
        match row.body {
            Ok(body) => {
                let fields = read.expect("a row that is no JSON");
                assert_eq!(
                    row.key.as_deref(),
                    fields.get("key").and_then(Value::as_str)
                );
                check_body(&fields, &body);
            }
            Err(problem) => {
                assert!(!problem.contains(char::is_control), "{problem:?}");
                // What is no JSON has no names that are known.
                let public =
                    read.map_or_else(|_| String::from_utf8_lossy(line).into(), |row| keys(&row));
                assert_hides(&problem, &public);
            }
        }
    }
    assert!(lines.next().is_none(), "a line without a row");
}

/// What the row says is what its request says.
fn check_body(fields: &Value, body: &Value) {
    // It may replace any of it.
    if fields.get("json").is_some() {
        return;
    }
    let (case, text) = match fields["channel"].as_str() {
        Some("chat") => (&body["caseId"], &body["message"]["message"]),
        Some("mail") => (&body["data"]["caseId"], &body["data"]["htmlBody"]),
        Some("sms") => (&body["threadId"], &body["Body"]),
        channel => unreachable!("{channel:?}"),
    };
    assert_eq!(fields["case"], *case);
    let given = ["text", "html", "note", "event"]
        .iter()
        .find_map(|name| fields.get(*name).filter(|value| !value.is_null()));
    assert_eq!(given, Some(text));
}

/// An error may show the names of fields, so that their author finds them.
fn keys(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(key, value)| format!("{key}\n{}", keys(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(keys).collect(),
        _ => String::new(),
    }
}
