//! Any bytes as the journal of a batch: every record that was written whole is read, or the journal is refused.

use acquire_io_cli::probe;
use serde_json::Value;

const STATES: [&str; 5] = ["sending", "accepted", "refused", "not_sent", "unknown"];

/// Reads the bytes as a journal.
pub fn run(data: &[u8]) {
    let whole = data
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let lines: Vec<_> = data[..whole]
        .split_inclusive(|byte| *byte == b'\n')
        .collect();
    match probe::recover(data) {
        Ok((records, length)) => {
            assert_eq!(length, whole as u64);
            assert_eq!(records.len(), lines.len().saturating_sub(1));
            for (record, line) in records.iter().zip(&lines[1.min(lines.len())..]) {
                check(record, line);
            }
        }
        Err(error) => {
            let error = error.to_string();
            assert!(
                error.starts_with("it") && error.lines().count() == 1,
                "{error:?}"
            );
            // What this program writes is never refused, wherever it was cut.
            assert!(!is_ours(&lines, &data[whole..]), "{error}");
        }
    }
}

/// What decides on sending again is read as it stands there.
fn check(record: &Value, line: &[u8]) {
    // `Value` is stricter about what an unknown field may hold.
    let Ok(written) = serde_json::from_slice::<Value>(line) else {
        return;
    };
    // In an array the fields have no names.
    if written.is_object() {
        for name in ["line", "key", "state", "status", "id"] {
            assert_eq!(record[name], written[name], "{name}");
        }
    }
}

/// Whether it looks like what this program writes: strictly less than what it reads.
fn is_ours(lines: &[&[u8]], torn: &[u8]) -> bool {
    let start = br#"{"acquire_journal":1,"input":""#;
    let Some((header, records)) = lines.split_first() else {
        return start.starts_with(torn);
    };
    let Ok(parsed) = serde_json::from_slice::<Value>(header) else {
        return false;
    };
    let is_header = header.starts_with(start)
        && header.matches_once(b"\"input\"")
        && parsed["target"].is_string()
        && header.matches_once(b"\"target\"")
        && parsed["rows"].is_u64()
        && header.matches_once(b"\"rows\"");
    is_header && records.iter().all(|record| is_record(record))
}

fn is_record(line: &[u8]) -> bool {
    let Ok(Value::Object(record)) = serde_json::from_slice(line) else {
        return false;
    };
    let state = record.get("state").and_then(Value::as_str);
    record.len() == 3
        && record
            .keys()
            .all(|key| line.matches_once(format!("\"{key}\"").as_bytes()))
        && record.get("line").is_some_and(Value::is_u64)
        && state.is_some_and(|state| STATES.contains(&state))
        && record.get("time").is_some_and(Value::is_string)
}

trait MatchesOnce {
    /// A name that stands there twice is refused.
    fn matches_once(&self, name: &[u8]) -> bool;
}

impl MatchesOnce for [u8] {
    fn matches_once(&self, name: &[u8]) -> bool {
        self.windows(name.len())
            .filter(|window| *window == name)
            .count()
            == 1
    }
}
