//! Reading JSON without losing what a lenient parser loses, or refusing what a request may hold.

use acquire_io_api::Members;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// How deep a body may be, as in serde_json.
const DEEPEST: usize = 128;

const NO_UNICODE: &str = "a text that is not Unicode: half of a surrogate pair";

/// Reads JSON. An object that has a key twice is an error: which of the two counts differs between parsers. A number
/// beyond those of an `f64` becomes the greatest, or the least: data of free form may hold any.
pub(super) fn parse(text: &[u8]) -> Result<Value, String> {
    let json: &RawValue = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    value(json.get(), 1)
}

/// The value of a text that is JSON.
fn value(json: &str, depth: usize) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err(format!("nested too deep: {DEEPEST} levels at most"));
    }
    match json.as_bytes().first() {
        Some(b'{') => {
            let members: Members<&RawValue> = serde_json::from_str(json).map_err(|_| NO_UNICODE)?;
            let mut object = Map::new();
            for (key, member) in members.0 {
                if object.contains_key(&key) {
                    return Err(format!("an object with the key {key:?} twice"));
                }
                object.insert(key, value(member.get(), depth + 1)?);
            }
            Ok(object.into())
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            let items = items.into_iter();
            items.map(|item| value(item.get(), depth + 1)).collect()
        }
        Some(b'"') => serde_json::from_str(json).map_err(|_| NO_UNICODE.to_owned()),
        Some(b'-') => Ok(serde_json::from_str(json).unwrap_or_else(|_| f64::MIN.into())),
        _ => Ok(serde_json::from_str(json).unwrap_or_else(|_| f64::MAX.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_serde_json_reads() {
        let text = br#" {"a": [null, true, -1, 18446744073709551615, 1.5, "\u00e9"], "b": {}} "#;
        let expected: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn a_number_can_have_any_size() {
        let numbers = parse(b"[1e999, -1e999, 18446744073709551616, 1e-999]").unwrap();
        assert_eq!(
            numbers,
            serde_json::json!([f64::MAX, f64::MIN, 18446744073709551616.0, 0.0])
        );
    }

    #[test]
    fn what_is_no_json_or_is_ambiguous_is_refused() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let table = [
            (
                r#"{"a": {"b": 1, "\u0062": 1}}"#,
                r#"an object with the key "b" twice"#,
            ),
            (r#"{"a": ["\ud800"]}"#, NO_UNICODE),
            (r#"{"\ud800": 1}"#, NO_UNICODE),
            (&deep, "nested too deep: 128 levels at most"),
            ("{} {}", "trailing characters at line 1 column 4"),
            ("01", "invalid number at line 1 column 2"),
            ("", "EOF while parsing a value at line 1 column 0"),
        ];
        for (text, problem) in table {
            assert_eq!(parse(text.as_bytes()), Err(problem.to_owned()), "{text}");
        }
    }
}
