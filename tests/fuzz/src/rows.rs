//! A list of messages, written as NDJSON and as CSV by libraries: both make the requests that their author meant.

use std::io::Cursor;

use acquire_io_cli::probe::{self, Row};
use serde_json::json;

use crate::ndjson::CLIENT;

/// Takes the bytes as texts with a zero byte between them, of which two make a message: its key and its text.
pub fn run(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else {
        return;
    };
    let texts: Vec<_> = data.split('\0').collect();
    // In CSV an empty cell is a field that isn't given.
    let messages = texts.as_chunks::<2>().0.iter();
    let messages: Vec<_> = messages
        .filter(|[_, text]| !text.trim().is_empty())
        .filter(|message| !message.iter().any(|text| probe::is_damaged(text)))
        .collect();

    let mut ndjson = String::new();
    let mut csv = ::csv::Writer::from_writer(Vec::new());
    csv.write_record(["channel", "key", "case", "text"])
        .expect("a header");
    let mut lines_of_csv = Vec::new();
    let mut line = 2;
    for [key, text] in &messages {
        let mut row = json!({"channel": "chat", "case": 28, "text": text});
        if !key.is_empty() {
            row["key"] = (*key).into();
        }
        ndjson += &format!("{row}\n");
        csv.write_record(["chat", key, "28", text])
            .expect("a record");
        lines_of_csv.push(line);
        line += 1 + line_breaks(key) + line_breaks(text);
    }
    let csv = csv.into_inner().expect("the bytes");

    let ndjson: Vec<_> = probe::ndjson(Cursor::new(ndjson), &CLIENT).collect();
    let csv: Vec<_> = probe::csv(Cursor::new(csv), &CLIENT).collect();
    assert_eq!(ndjson.len(), messages.len());
    assert_eq!(csv.len(), messages.len());
    for (message, row) in messages.iter().zip(&ndjson) {
        check(message, row);
    }
    for ((message, row), line) in messages.iter().zip(&csv).zip(lines_of_csv) {
        check(message, row);
        assert_eq!(row.line, line);
    }
}

fn check([key, text]: &[&str; 2], row: &Row) {
    assert_eq!(row.key.as_deref().unwrap_or_default(), *key);
    let message = json!({"caseId": 28, "message": {"type": "message", "message": text}});
    assert_eq!(row.body, Ok(message));
}

/// A line ends with a line feed, a carriage return, or both.
fn line_breaks(text: &str) -> u64 {
    let both = text.matches("\r\n").count();
    (text.matches(['\r', '\n']).count() - both) as u64
}
